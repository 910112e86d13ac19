import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { generate } from 'mqtt-packet';

/** MQTT control packet types (MQTT 3.1.1, section 2.2.1). */
export const TYPE = { connack: 2, publish: 3, puback: 4, suback: 9 } as const;

/** Where and as whom to connect. */
export interface Target {
  readonly port: number;
  readonly servername: string;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** Shared by all clients: it holds the CA. */
  readonly secureContext: SecureContext;
}

/**
 * A client that does as little as possible: on a machine of two cores the load must cost less than what it measures.
 * Packets to send are made beforehand; of what comes only type and body are cut out.
 */
export class LoadClient {
  /** Takes every packet after CONNACK. `body` is all after the fixed header and only valid during the call. */
  onPacket: (type: number, body: Buffer) => void = () => undefined;
  #rest: Buffer | undefined;

  private constructor(
    readonly socket: TLSSocket,
    readonly clientId: string,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** @throws Error when the server refuses or closes */
  static async connect(target: Target): Promise<LoadClient> {
    const { port, servername, secureContext } = target;
    const socket = connect({ host: '127.0.0.1', port, servername, secureContext });
    await once(socket, 'secureConnect');
    const client = new LoadClient(socket, target.clientId);
    socket.write(connectPacket(target));
    const body = await client.next(TYPE.connack);
    if (body[1] !== 0) throw new Error(`${target.clientId} was refused with ${body[1]}`);
    return client;
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  async subscribe(topic: string): Promise<void> {
    this.send(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 0 }] }));
    await this.next(TYPE.suback);
  }

  /** The body of the next packet, which must be of this type. @throws Error when another comes, or the connection ends */
  next(type: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const closed = (): void => reject(new Error(`the connection of ${this.clientId} was closed`));
      this.socket.once('close', closed);
      this.onPacket = (came, body) => {
        this.socket.off('close', closed);
        if (came === type) resolve(Buffer.from(body));
        else reject(new Error(`expected a packet of type ${type}, not ${came}`));
      };
    });
  }

  close(): void {
    this.socket.end();
  }

  #take(bytes: Buffer): void {
    let left = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const cut = cutOf(left);
      if (cut === undefined) break;
      this.onPacket((left[0] ?? 0) >> 4, left.subarray(cut.from, cut.to));
      left = left.subarray(cut.to);
    }
    this.#rest = left.length === 0 ? undefined : left;
  }
}

/** Where the body of the first packet begins and ends; undefined while it is not whole (MQTT 3.1.1, section 2.2.3). */
function cutOf(bytes: Buffer): { from: number; to: number } | undefined {
  let length = 0;
  for (let i = 1; i < Math.min(bytes.length, 5); i++) {
    const digit = bytes[i] ?? 0;
    length += (digit & 127) * 128 ** (i - 1);
    if (digit < 128) return bytes.length < i + 1 + length ? undefined : { from: i + 1, to: i + 1 + length };
  }
  return undefined;
}

const connectPacket = ({ clientId, username, password }: Target): Buffer =>
  generate({
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 600, clientId },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: Buffer.from(password) }),
  });

/** A PUBLISH, ready to be sent. @param messageId given for QoS 1 */
export const publishPacket = (topic: string, payload: string | Buffer, messageId?: number): Buffer =>
  generate({
    ...{ cmd: 'publish', topic, payload, dup: false, retain: false },
    ...(messageId === undefined ? { qos: 0 } : { qos: 1, messageId }),
  });

/** A shared access signature of an hour. @param policy whose key it is; a device's own when not given */
export function tokenFor(resource: string, key: string, policy?: string): string {
  const [sr, se] = [encodeURIComponent(resource), Math.floor(Date.now() / 1000) + 3600];
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64');
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}${policy === undefined ? '' : `&skn=${policy}`}`;
}
