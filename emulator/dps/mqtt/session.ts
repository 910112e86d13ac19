import type { IPublishPacket, ISubscribePacket, Packet } from 'mqtt-packet';
import { ForbiddenPacket, type MqttSession, type Wire } from '../../wire/mqtt-service';
import { Disturbance } from '../../wire/mqtt-disturbance';
import type { Credential } from '../attest';
import { apiVersionOf, jsonBody, payloadOf } from '../device-request';
import { DpsError, dpsErrorBody, dpsFault } from '../errors';
import { operationView, type Registration } from '../registration';
import type { ProvisioningService } from '../services';
import { decodedOrAsIs } from '../../uri';

const ANSWERS = '$dps/registrations/res/#';
const REGISTER = '$dps/registrations/PUT/iotdps-register/?';
const POLL = '$dps/registrations/GET/iotdps-get-operationstatus/?';

/** What of a session a fault may strike. */
export const DPS_MQTT_OPERATIONS = ['dps.mqtt.register', 'dps.mqtt.poll'] as const;

/** Who is at the other end. */
export interface DpsClient {
  readonly registrationId: string;
  readonly apiVersion: string | undefined;
  readonly credential: Credential;
}

/** A device's session with DPS, from CONNACK on (iot-dps/iot-dps-mqtt-support.md). Nothing of it outlives the connection. */
export class DpsSession implements MqttSession {
  /** The QoS that answers are sent with; undefined: nobody has subscribed. */
  #qos: 0 | 1 | undefined;
  #messageId = 0;
  #isOver = false;
  readonly #disturbance: Disturbance<(typeof DPS_MQTT_OPERATIONS)[number]>;

  constructor(
    private readonly service: ProvisioningService,
    private readonly client: DpsClient,
    private readonly wire: Wire,
  ) {
    const occasion = { deviceId: client.registrationId };
    this.#disturbance = new Disturbance(service.world, occasion, wire, () => !this.#isOver);
  }

  /** @throws ForbiddenPacket */
  receive(packet: Packet): void {
    if (this.#disturbance.isMute) return;
    if (packet.cmd === 'publish') this.#publish(packet);
    else if (packet.cmd === 'subscribe') this.#subscribe(packet);
    else if (packet.cmd === 'unsubscribe') {
      this.#qos = undefined; // there is but one topic
      this.wire.send({ cmd: 'unsuback', messageId: packet.messageId, granted: [] }); // granted is MQTT 5's
    } else if (packet.cmd === 'pingreq') this.wire.send({ cmd: 'pingresp' });
    else if (packet.cmd === 'disconnect') this.wire.close();
    else if (packet.cmd !== 'puback') throw new ForbiddenPacket(`a device may not send ${packet.cmd} here`);
  }

  end(): void {
    this.#isOver = true;
  }

  #subscribe({ messageId, subscriptions }: ISubscribePacket): void {
    for (const { topic, qos } of subscriptions) {
      if (topic !== ANSWERS) throw new ForbiddenPacket(`no such topic: ${topic}`);
      this.#qos = qos === 0 ? 0 : 1;
    }
    this.wire.send({ cmd: 'suback', messageId, granted: subscriptions.map(({ qos }) => Math.min(qos, 1)) });
  }

  #publish({ topic, qos, messageId, payload }: IPublishPacket): void {
    const prefix = [REGISTER, POLL].find((each) => topic.startsWith(each));
    if (prefix === undefined) throw new ForbiddenPacket(`a device may not publish to ${topic}`);
    if (qos === 2) throw new ForbiddenPacket('QoS 2 is not supported');
    const parameters = new Map(topic.slice(prefix.length).split('&').map(splitAtEquals));
    const requestId = parameters.get('$rid') ?? '';
    const body = Buffer.from(payload);
    const answer = (work: () => Registration): void => {
      if (qos === 1) this.wire.send({ cmd: 'puback', messageId: messageId ?? 0 });
      this.#answer(requestId, work);
    };
    this.#disturbance.pass(
      prefix === REGISTER ? 'dps.mqtt.register' : 'dps.mqtt.poll',
      () =>
        answer(() => (prefix === REGISTER ? this.#register(body) : this.#poll(parameters.get('operationId') ?? ''))),
      (status, retryAfterSeconds) =>
        answer(() => {
          throw dpsFault(status, retryAfterSeconds);
        }),
    );
  }

  #register(body: Buffer): Registration {
    const { registrationId, credential, apiVersion } = this.client;
    const payload = payloadOf(registrationId, jsonBody(body));
    const request = { registrationId, payload, apiVersion: apiVersionOf(apiVersion) };
    return this.service.registrar.register(request, credential);
  }

  #poll(operationId: string): Registration {
    return this.service.registrar.poll(this.client.registrationId, this.client.credential, decodedOrAsIs(operationId));
  }

  #answer(requestId: string, work: () => Registration): void {
    try {
      const registration = work();
      const isPending = registration.status === 'assigning';
      const { retryAfterSeconds } = this.service.options;
      this.#send(
        isPending ? 202 : 200,
        requestId,
        isPending ? retryAfterSeconds : undefined,
        operationView(registration),
      );
    } catch (error) {
      if (!(error instanceof DpsError)) throw error;
      const body = dpsErrorBody(error, this.service.clock.now());
      this.#send(error.status, requestId, error.retryAfterSeconds, body);
    }
  }

  /**
   * A moment after the PUBACK: Azure's answers come over a network and never with it, and the Java SDK
   * (`MqttConnection.publishMessage`) hangs for good when both reach it at once.
   */
  #send(status: number, requestId: string, retryAfter: number | undefined, body: object): void {
    const wait = retryAfter === undefined ? '' : `&retry-after=${retryAfter}`;
    const topic = `$dps/registrations/res/${status}/?$rid=${requestId}${wait}`;
    this.#disturbance.later(this.service.options.mqttAnswerMs, () => this.#publishTo(topic, JSON.stringify(body)));
  }

  #publishTo(topic: string, payload: string): void {
    if (this.#qos === undefined) return;
    this.#messageId = (this.#messageId % 65_535) + 1;
    this.wire.send({
      cmd: 'publish',
      topic,
      payload,
      qos: this.#qos,
      ...(this.#qos === 1 && { messageId: this.#messageId }),
      dup: false,
      retain: false,
    });
  }
}

function splitAtEquals(parameter: string): [string, string] {
  const equals = parameter.indexOf('=');
  return equals < 0 ? [parameter, ''] : [parameter.slice(0, equals), parameter.slice(equals + 1)];
}
