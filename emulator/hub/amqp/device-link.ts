import { message as rheaMessage, string_to_uuid, types, type Message } from 'rhea';
import { stampOf } from '../../world/time';
import type { Json, JsonObject } from '../../world/json';
import type { IncomingLink } from '../../wire/amqp/incoming-link';
import type { Link } from '../../wire/amqp/link';
import { Outbox } from '../../wire/amqp/outbox';
import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import { AmqpRefusal, notFound } from '../../wire/amqp/refusal';
import { inTurn, type Ask, type Turn } from '../../wire/amqp/turn';
import type { Hub } from '../hub';
import type { Device, DeviceLink } from '../hub-device';
import { answerOf } from '../payloads';
import { takeTelemetry, type Proof } from '../device-message';
import { bodyOf, idOf } from '../../wire/amqp/body';
import { deliverCloudMessages } from './deliveries';
import { isFullTier } from '../quotas';
import type { DeviceOperation } from './disturbance';
import { asked, notInTier } from './refusals';
import { telemetryOf } from './telemetry';
import { messagesOf } from '../../wire/amqp/batch';
import { answerTwin, limitOf } from './twin-requests';

/** What a device's links need of their connection. */
export interface DeviceLinkOwner {
  /** How the device proves who it is, now. @throws AmqpRefusal when it no longer does */
  readonly proof: () => Proof;
  /** When the fault that strikes an operation of the device lets it be done. @throws FaultError */
  readonly turn: (operation: DeviceOperation) => Turn;
  /** The last link is closed. */
  readonly ended: () => void;
}

/** A device's or module's links on one AMQP connection, as azure-iot-device-amqp opens them; it is gone with the last. */
export class AmqpDeviceLink implements DeviceLink {
  readonly #links = new Set<Link>();
  readonly #twin = new Outbox();
  readonly #methods = new Outbox();
  #wantsDesired = false;

  constructor(
    private readonly hub: Hub,
    private readonly device: Device,
    private readonly owner: DeviceLinkOwner,
  ) {
    device.connect(this, hub.clock.now());
  }

  /** The device would receive. @param path below its own: `twin`. @throws AmqpRefusal */
  openOutgoing(link: OutgoingLink, path: string): void {
    this.#requireFullTier();
    const isModule = this.device.identity.moduleId !== undefined;
    if (path === 'twin') this.#twin.open(link);
    else if (path === 'methods/devicebound') this.#openMethods(link);
    else if (path === 'messages/devicebound' && !isModule) {
      deliverCloudMessages(
        this.device.mailbox,
        link,
        inAmqp(() => this.owner.turn('amqp.deliver')),
      );
    }
    // The inputs of a module have the path of its events (azure-iot-common, endpoint.js); only an Edge hub feeds them.
    else if (path !== 'messages/events' || !isModule) throw notFound(link.address);
    this.#add(link);
  }

  /** The device would send. @throws AmqpRefusal */
  openIncoming(link: IncomingLink, path: string): void {
    if (path !== 'messages/events') this.#requireFullTier();
    if (path === 'messages/events') link.onMessage((message, format) => this.#take(link, message, format));
    else if (path === 'twin') link.onMessage((message) => this.#answerTwin(link, message));
    else if (path === 'methods/devicebound') link.onMessage((message) => this.#takeAnswer(link, message));
    else throw notFound(link.address);
    this.#add(link);
  }

  get takesMethods(): boolean {
    return this.#methods.isOpen;
  }

  sendMethod(requestId: string, name: string, payload: Json): void {
    const call = {
      correlation_id: types.wrap_uuid(string_to_uuid(requestId)) as unknown as string, // what the types leave out
      application_properties: { 'IoThub-methodname': name },
      body: dataOf(payload),
    };
    const refuse = (error: unknown): void => this.#methods.refuse(error);
    const asks = [inAmqp(() => this.owner.turn('amqp.method'))];
    void inTurn(this.#methods, asks, () => this.#methods.send(call), refuse);
  }

  sendDesired(patch: JsonObject, version: number): void {
    if (!this.#wantsDesired) return;
    this.#twin.send({
      message_annotations: { resource: '/notifications/twin/properties/desired' },
      body: dataOf({ ...patch, $version: version }),
    });
  }

  /** Another connection takes the device's place, or the device is gone. */
  close(): void {
    for (const link of this.#links) {
      link.close(new AmqpRefusal('amqp:link:stolen', 'The device has another connection, or is no longer let in.'));
    }
  }

  /** Ends when there is no link; a little later, so that a connection which takes the place finds the device connected. */
  endIfIdle(): void {
    if (this.#links.size > 0) return;
    this.owner.ended();
    queueMicrotask(() => this.device.disconnect(this, this.hub.clock.now()));
  }

  /** Basic hubs take telemetry from devices and give them nothing (iot-hub-scaling.md). @throws AmqpRefusal */
  #requireFullTier(): void {
    if (!isFullTier(this.hub.settings.sku)) throw notInTier();
  }

  #add(link: Link): void {
    this.#links.add(link);
    link.onClose(() => {
      this.#links.delete(link);
      this.endIfIdle();
    });
  }

  #openMethods(link: OutgoingLink): void {
    this.#methods.open(link);
    this.device.wake();
  }

  #take(link: Link, message: Message, format: number): Turn {
    this.#isActive();
    const messages = messagesOf(message, format).map(telemetryOf); // all are read before the first is taken
    const { hub, device, owner } = this;
    const asks = [() => owner.turn('amqp.publish'), () => hub.throttle.take('deviceToCloud', messages.length)];
    return inTurn(link, asks.map(inAmqp), () => {
      const proof = owner.proof();
      asked(() => messages.forEach((each) => takeTelemetry(hub, device, each, proof)));
    });
  }

  #takeAnswer(link: Link, message: Message): Turn {
    this.#isActive();
    const { 'IoThub-status': status } = (message.application_properties ?? {}) as Record<string, unknown>;
    const requestId = idOf(message.correlation_id);
    if (requestId === undefined || !Number.isInteger(status)) {
      throw new AmqpRefusal('com.microsoft:argument-error', 'The answer has no correlation id, or no IoThub-status.');
    }
    return inTurn(link, [inAmqp(() => this.owner.turn('amqp.method'))], () =>
      this.device.answer(requestId, { status: Number(status), payload: answerOf(bodyOf(message)) }),
    );
  }

  #answerTwin(link: Link, request: Message): Turn {
    this.#isActive();
    const { hub, device, owner } = this;
    const wantsDesired = (wants: boolean): void => void (this.#wantsDesired = wants);
    const limited = limitOf(request);
    const asks = [
      () => owner.turn('amqp.twin'),
      () => (limited === undefined ? undefined : hub.throttle.take(limited)),
    ];
    const answer = (error?: unknown): void =>
      this.#twin.send(answerTwin({ hub, device, wantsDesired }, request, error));
    return inTurn(link, asks, answer, answer);
  }

  #isActive(): void {
    this.device.lastActivityTime = stampOf(this.hub.clock.now());
  }
}

/** Of the ways to be asked, those whose refusal is AMQP's. */
const inAmqp =
  (ask: Ask): Ask =>
  () =>
    asked(ask);

const dataOf = (json: Json): unknown => rheaMessage.data_section(Buffer.from(JSON.stringify(json)));
