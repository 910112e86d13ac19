import type { Duplex } from 'node:stream';
import { parser, type IConnectPacket, type Packet } from 'mqtt-packet';
import type { Counters } from '../world/counters';
import { bytesOf } from './mqtt-bytes';
import { CONNACK, ForbiddenPacket, type MqttService, type MqttSession, type Peer, type Wire } from './mqtt-service';

/** Largest message (256 KB) with its topic and properties. */
const LARGEST_PACKET = 320 * 1024;
/** Before CONNECT is through, nobody may make the server remember more. */
const LARGEST_CONNECT = 64 * 1024;
/** A device that does not read what it is sent is dropped rather than buffered for. */
const MOST_UNREAD = 4 * 1024 * 1024;
const CONNECT_WITHIN_MS = 30_000;
const CLOSE_WITHIN_MS = 3000;
/** IoT Hub waits one and a half times the keep-alive, at most this long; it is also what keep-alive 0 gets. */
const LONGEST_SILENCE_MS = 1_767_000;

/** One connection, by TLS or websocket: packets in and out, time limits, and the session once a device is admitted. */
export class MqttConnection implements Wire {
  readonly #parser = parser({ protocolVersion: 4 });
  #session: MqttSession | undefined;
  #heardAt = Date.now();
  #silenceMs = CONNECT_WITHIN_MS;
  #expiresAt = Infinity;
  #closedAt: number | undefined;

  constructor(
    private readonly stream: Duplex,
    private readonly peer: () => Peer,
    private readonly services: readonly MqttService[],
    private readonly counters: Counters,
  ) {
    stream.on('data', (bytes: Buffer) => this.#take(bytes));
    stream.on('error', () => stream.destroy());
    this.#parser.on('packet', (packet) => this.#receive(packet));
    this.#parser.on('error', () => this.close());
  }

  /** What cannot be sent, and a peer that does not read, end the connection. */
  send(packet: Packet): void {
    if (this.stream.destroyed || this.stream.writableEnded) return;
    const bytes = bytesOf(packet);
    if (bytes !== undefined) {
      this.counters.add('mqtt.packets sent');
      this.stream.write(bytes);
    }
    if (bytes === undefined || this.stream.writableLength > MOST_UNREAD) this.close();
  }

  /** Ends the connection once what was written is out; a peer that does not read is cut off soon after. */
  close(): void {
    if (this.#closedAt !== undefined) return;
    this.#closedAt = Date.now();
    this.stream.end(() => this.stream.destroy());
  }

  /** Ends the connection when its device was silent for too long or its token has expired. */
  checkTime(now: number): void {
    if (this.#closedAt !== undefined && now - this.#closedAt >= CLOSE_WITHIN_MS) this.stream.destroy();
    else if (now >= this.#expiresAt || now - this.#heardAt >= this.#silenceMs) this.close();
  }

  #take(bytes: Buffer): void {
    this.#heardAt = Date.now();
    this.stream.cork(); // what answers several packets goes out as one TLS record
    try {
      const unread = this.#parser.parse(bytes);
      if (unread > (this.#session === undefined ? LARGEST_CONNECT : LARGEST_PACKET)) this.close();
    } catch (error) {
      if (!(error instanceof ForbiddenPacket)) process.emitWarning(error as Error);
      this.close();
    } finally {
      this.stream.uncork();
    }
  }

  #receive(packet: Packet): void {
    this.counters.add('mqtt.packets received');
    if (this.stream.writableEnded || this.stream.destroyed) return; // sent after what closed the connection
    if (this.#session !== undefined) this.#session.receive(packet);
    else if (packet.cmd === 'connect') this.#connect(packet);
    else throw new ForbiddenPacket('the first packet must be CONNECT');
  }

  #connect(packet: IConnectPacket): void {
    const peer = this.peer();
    const admission = this.services
      .map((service) => service.admit(packet, peer))
      .find((each) => each !== undefined) ?? {
      kind: 'refused',
      returnCode: CONNACK.unauthorized,
    };
    if (admission.kind === 'unanswered') return;
    if (admission.kind === 'dropped') {
      this.stream.destroy();
      return;
    }
    if (admission.kind === 'refused') {
      this.send({ cmd: 'connack', returnCode: admission.returnCode, sessionPresent: false });
      this.close();
      return;
    }
    this.#expiresAt = admission.expiresAt;
    this.#silenceMs = packet.keepalive ? Math.min(packet.keepalive * 1500, LONGEST_SILENCE_MS) : LONGEST_SILENCE_MS;
    this.send({ cmd: 'connack', returnCode: CONNACK.accepted, sessionPresent: admission.sessionPresent });
    const session = admission.open(this);
    this.#session = session;
    this.stream.once('close', () => session.end());
  }
}
