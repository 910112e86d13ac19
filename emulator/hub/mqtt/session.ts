import type { IPublishPacket, ISubscribePacket, IUnsubscribePacket, Packet } from 'mqtt-packet';
import { errorDetail, HubError } from '../errors';
import type { Hub } from '../hub';
import type { Device, DeviceLink } from '../hub-device';
import type { Json, JsonObject } from '../../world/json';
import { ForbiddenPacket, type MqttSession, type Wire } from '../../wire/mqtt-service';
import { messageOf } from './bag';
import { stampOf } from '../../world/time';
import { valuesOf, type Section } from '../twin/merge';
import {
  desiredTopic,
  methodTopic,
  publicationOf,
  subscriptionOf,
  twinAnswerTopic,
  type Publication,
  type Subscription,
} from './topics';

/** Subscriptions that a device may hold at once (iot/iot-mqtt-connect-to-iot-hub.md). */
const MOST_SUBSCRIPTIONS = 5;

/**
 * Subscriptions that a persistent session brings back. The Node device SDK relies on it: after a reconnection it does not
 * subscribe to twin topics again. Methods are not among them: they are not seen before the device subscribes anew.
 * Source: Azure/iotedge pull request 5048 and Azure/azure-iot-sdk-java issue 777, on what IoT Hub does.
 */
const KEPT = ['messages', 'twinAnswers', 'desired'] as const satisfies Subscription[];

/** An admitted device's MQTT session, from CONNACK on. */
export class Session implements DeviceLink, MqttSession {
  readonly #subscribed = new Set<Subscription>();

  /** @param persistent CleanSession 0: subscriptions outlive the connection, see {@link KEPT} */
  constructor(
    private readonly hub: Hub,
    private readonly device: Device,
    private readonly wire: Wire,
    private readonly persistent: boolean,
  ) {
    for (const kept of KEPT) if (persistent && device.keptSession?.has(kept)) this.#subscribed.add(kept);
    this.#keep();
    device.connect(this, hub.clock.now());
  }

  end(): void {
    this.device.disconnect(this, this.hub.clock.now());
  }

  /** @throws ForbiddenPacket */
  receive(packet: Packet): void {
    this.device.lastActivityTime = stampOf(this.hub.clock.now());
    if (packet.cmd === 'publish') this.#publish(packet);
    else if (packet.cmd === 'subscribe') this.#subscribe(packet);
    else if (packet.cmd === 'unsubscribe') this.#unsubscribe(packet);
    else if (packet.cmd === 'pingreq') this.wire.send({ cmd: 'pingresp' });
    else if (packet.cmd === 'disconnect') this.close();
    // Nothing is sent at QoS 1 yet, so there is nothing to acknowledge; a stray PUBACK does no harm.
    else if (packet.cmd !== 'puback') throw new ForbiddenPacket(`a device may not send ${packet.cmd} here`);
  }

  get takesMethods(): boolean {
    return this.#subscribed.has('methods');
  }

  sendMethod(requestId: string, name: string, payload: Json): void {
    this.#send(methodTopic(name, requestId), JSON.stringify(payload));
  }

  sendDesired(patch: JsonObject, version: number): void {
    if (!this.#subscribed.has('desired')) return;
    this.#send(desiredTopic(version), JSON.stringify({ ...patch, $version: version }));
  }

  close(): void {
    this.wire.close();
  }

  #publish(packet: IPublishPacket): void {
    const publication = publicationOf(this.device.identity.deviceId, packet.topic);
    if (publication === undefined) throw new ForbiddenPacket(`a device may not publish to ${packet.topic}`);
    if (packet.qos === 2) throw new ForbiddenPacket('QoS 2 is not supported');
    if (packet.qos === 1) this.wire.send({ cmd: 'puback', messageId: packet.messageId ?? 0 });
    this.#handle(publication, Buffer.from(packet.payload));
  }

  #handle(publication: Publication, body: Buffer): void {
    switch (publication.kind) {
      case 'telemetry':
        this.#take(publication.properties, body);
        break;
      case 'twinGet':
        this.#answerTwin(publication.requestId, () => this.#twin());
        break;
      case 'twinReport':
        this.#answerTwin(publication.requestId, () => this.#report(body, publication.version));
        break;
      case 'methodAnswer':
        this.device.answer(publication.requestId, { status: publication.status, payload: answerOf(body) });
        break;
    }
  }

  #take(bag: string, body: Buffer): void {
    const { system, properties } = messageOf(bag);
    const { deviceId } = this.device.identity;
    this.hub.events.publish({ source: 'Telemetry', deviceId, system, properties, body });
  }

  /** Sends what `work` gives, or its refusal, to those who have subscribed to answers. */
  #answerTwin(requestId: string, work: () => TwinAnswer): void {
    let answer: TwinAnswer;
    try {
      answer = work();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      answer = { status: error.status, body: JSON.stringify(errorDetail(error, this.hub.clock.now())) };
    }
    if (!this.#subscribed.has('twinAnswers')) return;
    this.#send(twinAnswerTopic(answer.status, requestId, answer.version), answer.body);
  }

  #twin(): TwinAnswer {
    const { desired, reported } = this.device.twin;
    return { status: 200, body: JSON.stringify({ desired: deviceViewOf(desired), reported: deviceViewOf(reported) }) };
  }

  #report(body: Buffer, version: number | undefined): TwinAnswer {
    const { reported } = this.hub.devices.reportTwin(this.device, jsonOf(body), version);
    return { status: 204, body: '', version: reported.$version };
  }

  #subscribe({ messageId, subscriptions }: ISubscribePacket): void {
    const wanted = subscriptions.map(({ topic }) => subscriptionOf(this.device.identity.deviceId, topic));
    for (const [i, subscription] of wanted.entries()) {
      if (subscription === undefined) throw new ForbiddenPacket(`no such topic: ${subscriptions[i]?.topic}`);
      this.#subscribed.add(subscription);
    }
    if (this.#subscribed.size > MOST_SUBSCRIPTIONS) throw new ForbiddenPacket('too many subscriptions');
    this.wire.send({ cmd: 'suback', messageId, granted: subscriptions.map(({ qos }) => Math.min(qos, 1)) });
    this.#keep();
    if (wanted.includes('methods')) this.device.wake();
  }

  #unsubscribe({ messageId, unsubscriptions }: IUnsubscribePacket): void {
    for (const filter of unsubscriptions) {
      const subscription = subscriptionOf(this.device.identity.deviceId, filter);
      if (subscription !== undefined) this.#subscribed.delete(subscription);
    }
    this.#keep();
    this.wire.send({ cmd: 'unsuback', messageId, granted: [] }); // granted is MQTT 5's
  }

  #keep(): void {
    this.device.keptSession = this.persistent ? this.#subscribed : undefined;
  }

  #send(topic: string, payload: string): void {
    this.wire.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false });
  }
}

interface TwinAnswer {
  readonly status: number;
  readonly body: string;
  readonly version?: number;
}

/** A section as devices see it: without metadata. */
const deviceViewOf = (section: Section): JsonObject => ({ ...valuesOf(section), $version: section.$version });

/** @throws HubError ArgumentInvalid */
function jsonOf(body: Buffer): Json {
  try {
    return JSON.parse(body.toString()) as Json; // JSON.parse gives nothing else
  } catch {
    throw new HubError('ArgumentInvalid', 'The body is not valid JSON.');
  }
}

/** A method's answer: JSON, or null for an empty body; a body that is no JSON comes back as the text it is. */
function answerOf(body: Buffer): Json {
  if (body.length === 0) return null;
  try {
    return jsonOf(body);
  } catch {
    return body.toString();
  }
}
