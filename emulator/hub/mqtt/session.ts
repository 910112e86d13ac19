import type { IPublishPacket, ISubscribePacket, IUnsubscribePacket, Packet } from 'mqtt-packet';
import { errorDetail, HubError } from '../errors';
import type { Hub } from '../hub';
import type { Device, DeviceLink } from '../hub-device';
import type { Json, JsonObject } from '../../world/json';
import { ForbiddenPacket, type MqttSession, type Wire } from '../../wire/mqtt-service';
import { answerOf, deviceTwinOf, jsonOf } from '../payloads';
import { isFullTier } from '../quotas';
import type { Limited } from '../throttle/limits';
import { ThrottledError } from '../throttle/throttle';
import { takeTelemetry, type DeviceMessage, type Proof } from '../device-message';
import { messageOf } from './bag';
import { Deliveries } from './deliveries';
import { FaultError } from '../routes/entrance';
import { Disturbance } from '../../wire/mqtt-disturbance';
import { RETAINED } from './will';
import { stampOf } from '../../world/time';
import {
  desiredTopic,
  methodTopic,
  publicationOf,
  subscriptionOf,
  twinAnswerTopic,
  type Publication,
  type Subscription,
} from './topics';

/** What of a session a fault may strike: telemetry, messages to the device, twin operations, methods and their answers. */
export const MQTT_OPERATIONS = ['mqtt.publish', 'mqtt.deliver', 'mqtt.twin', 'mqtt.method'] as const;
type MqttOperation = (typeof MQTT_OPERATIONS)[number];

/** Subscriptions that a device may hold at once (iot/iot-mqtt-connect-to-iot-hub.md). */
const MOST_SUBSCRIPTIONS = 5;

export interface SessionOptions {
  /** CleanSession 0: subscriptions outlive the connection, see {@link KeptSessions}. */
  readonly persistent: boolean;
  /** Sent when the connection ends without DISCONNECT. */
  readonly will: DeviceMessage | undefined;
  /** How the device proved who it is. */
  readonly proof: Proof;
}

/** An admitted device's or module's MQTT session, from CONNACK on. */
export class Session implements DeviceLink, MqttSession {
  readonly #subscribed: Map<Subscription, 0 | 1>;
  #deliveries: Deliveries | undefined;
  #hasSaidGoodbye = false;
  readonly #disturbance: Disturbance<MqttOperation>;

  constructor(
    private readonly hub: Hub,
    private readonly device: Device,
    private readonly wire: Wire,
    private readonly options: SessionOptions,
  ) {
    const { deviceId } = device.identity;
    this.#disturbance = new Disturbance(hub, { hub: hub.name, deviceId }, wire, () => hub.devices.has(device));
    this.#subscribed = new Map(options.persistent ? hub.sessions.of(device.identity) : []);
    if (!options.persistent) hub.sessions.forget(device.identity);
    device.connect(this, hub.clock.now());
    this.#deliver();
  }

  end(): void {
    this.#stopDeliveries();
    const { hub, device } = this;
    device.disconnect(this, hub.clock.now());
    const { will, proof } = this.options;
    if (will !== undefined && !this.#hasSaidGoodbye && hub.devices.has(device)) this.#takeWill(will, proof);
  }

  /** A will that the hub refuses is dropped: nobody is there to be told. */
  #takeWill(will: DeviceMessage, proof: Proof): void {
    try {
      takeTelemetry(this.hub, this.device, will, proof);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
    }
  }

  /** @throws ForbiddenPacket */
  receive(packet: Packet): void {
    if (this.#disturbance.isMute) return;
    this.device.lastActivityTime = stampOf(this.hub.clock.now());
    if (packet.cmd === 'publish') this.#publish(packet);
    else if (packet.cmd === 'subscribe') this.#subscribe(packet);
    else if (packet.cmd === 'unsubscribe') this.#unsubscribe(packet);
    else if (packet.cmd === 'pingreq') this.wire.send({ cmd: 'pingresp' });
    else if (packet.cmd === 'disconnect') this.#goodbye();
    else if (packet.cmd === 'puback') this.#deliveries?.acknowledge(packet.messageId ?? 0);
    else throw new ForbiddenPacket(`a device may not send ${packet.cmd} here`);
  }

  get takesMethods(): boolean {
    return this.#subscribed.has('methods');
  }

  sendMethod(requestId: string, name: string, payload: Json): void {
    this.#disturbance.pass('mqtt.method', () => this.#send(methodTopic(name, requestId), JSON.stringify(payload)));
  }

  sendDesired(patch: JsonObject, version: number): void {
    if (!this.#subscribed.has('desired')) return;
    this.#send(desiredTopic(version), JSON.stringify({ ...patch, $version: version }));
  }

  close(): void {
    this.#stopDeliveries(); // at once: a connection that takes this one's place shall have them
    this.wire.close();
  }

  #publish(packet: IPublishPacket): void {
    const publication = publicationOf(this.device.identity, packet.topic);
    if (publication === undefined) throw new ForbiddenPacket(`a device may not publish to ${packet.topic}`);
    if (packet.qos === 2) throw new ForbiddenPacket('QoS 2 is not supported');
    if (publication.kind !== 'telemetry') this.#requireFullTier();
    const [body, { qos, retain, messageId = 0 }] = [Buffer.from(packet.payload), packet];
    const refuse =
      publication.kind === 'twinGet' || publication.kind === 'twinReport'
        ? (status: number) =>
            this.#twinAnswer(publication.requestId, () => {
              throw new FaultError(status, undefined); // with the service's body: device SDKs tell errors by it
            })()
        : undefined;
    this.#disturbance.pass(
      OPERATIONS[publication.kind],
      () => this.#accept(publication, body, { qos, retain, messageId }),
      refuse,
    );
  }

  /** Takes a publication when its limit has a turn for it: until then its PUBACK is kept back. */
  #accept(publication: Publication, body: Buffer, { qos, retain, messageId }: Manner): void {
    const take = (): void => {
      const answer = this.#handle(publication, body, retain);
      if (qos === 1) this.wire.send({ cmd: 'puback', messageId });
      answer?.();
    };
    try {
      const limited = LIMITS[publication.kind];
      const inMs = limited === undefined ? 0 : this.hub.throttle.takeTurn(limited);
      if (inMs === 0) take();
      else this.#disturbance.later(inMs, take);
    } catch (error) {
      if (!(error instanceof ThrottledError)) throw error;
      if (!('requestId' in publication)) throw new ForbiddenPacket(error.message);
      this.#twinAnswer(publication.requestId, () => {
        throw error;
      })();
    }
  }

  #goodbye(): void {
    this.#hasSaidGoodbye = true;
    this.close();
  }

  /**
   * @returns sends the answer. The acknowledgement comes before it, as from a front end that asks somebody else for the answer.
   * The Java SDK, which asks with QoS 1, waited in vain for a twin now and then while it came behind; the cause is not proven.
   */
  #handle(publication: Publication, body: Buffer, retain: boolean): (() => void) | undefined {
    switch (publication.kind) {
      case 'telemetry':
        this.#take(publication.properties, body, retain);
        return undefined;
      case 'twinGet':
        return this.#twinAnswer(publication.requestId, () => this.#twin());
      case 'twinReport':
        return this.#twinAnswer(publication.requestId, () => this.#report(body, publication.version));
      case 'methodAnswer':
        this.device.answer(publication.requestId, { status: publication.status, payload: answerOf(body) });
        return undefined;
    }
  }

  /** @throws ForbiddenPacket for a message that is too large: MQTT 3.1.1 has no answer for it */
  #take(bag: string, body: Buffer, retain: boolean): void {
    const { system, properties } = messageOf(bag);
    const message = { system, properties: retain ? { ...properties, ...RETAINED } : properties, body };
    try {
      takeTelemetry(this.hub, this.device, message, this.options.proof);
    } catch (error) {
      throw error instanceof HubError ? new ForbiddenPacket(error.message) : error;
    }
  }

  /** Does the work. @returns sends what it gives, or its refusal, to those who have subscribed to answers */
  #twinAnswer(requestId: string, work: () => TwinAnswer): () => void {
    const { status, body, version } = this.#outcomeOf(work);
    return () => {
      if (this.#subscribed.has('twinAnswers')) this.#send(twinAnswerTopic(status, requestId, version), body);
    };
  }

  #outcomeOf(work: () => TwinAnswer): TwinAnswer {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      return { status: error.status, body: JSON.stringify(errorDetail(error, this.hub.clock.now())) };
    }
  }

  #twin(): TwinAnswer {
    return { status: 200, body: JSON.stringify(deviceTwinOf(this.device)) };
  }

  #report(body: Buffer, version: number | undefined): TwinAnswer {
    const { reported } = this.hub.devices.reportTwin(this.device, jsonOf(body), version);
    return { status: 204, body: '', version: reported.$version };
  }

  /**
   * Basic hubs take telemetry from devices and give them nothing (iot-hub-scaling.md); a device that asks for more is cut
   * off (eclipse-threadx/getting-started issue 67).
   *
   * @throws ForbiddenPacket
   */
  #requireFullTier(): void {
    if (!isFullTier(this.hub.settings.sku)) throw new ForbiddenPacket('not available in the tier of the hub');
  }

  #subscribe({ messageId, subscriptions }: ISubscribePacket): void {
    this.#requireFullTier();
    const wanted = subscriptions.map(({ topic }) => subscriptionOf(this.device.identity, topic));
    const granted = subscriptions.map(({ qos }) => (qos === 0 ? 0 : 1));
    for (const [i, subscription] of wanted.entries()) {
      if (subscription === undefined) throw new ForbiddenPacket(`no such topic: ${subscriptions[i]?.topic}`);
      this.#subscribed.set(subscription, granted[i] ?? 0);
    }
    if (this.#subscribed.size > MOST_SUBSCRIPTIONS) throw new ForbiddenPacket('too many subscriptions');
    this.#keep();
    this.wire.send({ cmd: 'suback', messageId, granted });
    if (wanted.includes('methods')) this.device.wake();
    if (wanted.includes('messages')) this.#deliver();
  }

  #unsubscribe({ messageId, unsubscriptions }: IUnsubscribePacket): void {
    for (const filter of unsubscriptions) {
      const subscription = subscriptionOf(this.device.identity, filter);
      if (subscription !== undefined) this.#subscribed.delete(subscription);
    }
    this.#keep();
    if (!this.#subscribed.has('messages')) this.#stopDeliveries();
    this.wire.send({ cmd: 'unsuback', messageId, granted: [] }); // granted is MQTT 5's
  }

  #keep(): void {
    if (this.options.persistent) this.hub.sessions.keep(this.device.identity, this.#subscribed);
  }

  /** Starts handing out messages, with the QoS that was granted last; anew, so that what is under way comes again. */
  #deliver(): void {
    const qos = this.#subscribed.get('messages');
    if (qos === undefined) return;
    this.#stopDeliveries();
    this.#deliveries = new Deliveries(this.device, qos, (packet) => this.#hand(packet));
    this.#deliveries.deliver();
  }

  #hand(packet: IPublishPacket): void {
    if (this.#disturbance.isMute) return;
    this.hub.counters.add('messages cloudToDevice');
    this.#disturbance.pass('mqtt.deliver', () => this.wire.send(packet));
  }

  #stopDeliveries(): void {
    this.#deliveries?.end();
    this.#deliveries = undefined;
  }

  #send(topic: string, payload: string): void {
    if (this.#disturbance.isMute) return;
    this.wire.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false });
  }
}

/** How a packet came. */
type Manner = Pick<IPublishPacket, 'qos' | 'retain'> & { readonly messageId: number };

const OPERATIONS = {
  telemetry: 'mqtt.publish',
  twinGet: 'mqtt.twin',
  twinReport: 'mqtt.twin',
  methodAnswer: 'mqtt.method',
} as const;

const LIMITS: Readonly<Record<Publication['kind'], Limited | undefined>> = {
  telemetry: 'deviceToCloud',
  twinGet: 'twinReads',
  twinReport: 'twinUpdates',
  methodAnswer: undefined,
};

interface TwinAnswer {
  readonly status: number;
  readonly body: string;
  readonly version?: number;
}
