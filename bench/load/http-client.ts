import { once } from 'node:events';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** A kept-alive HTTPS connection with one request at a time, made beforehand: cheaper than any general client. */
export class LoadHttp {
  #onAnswer: (status: number) => void = () => undefined;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(private readonly socket: TLSSocket) {
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  static async connect(port: number, servername: string, secureContext: SecureContext): Promise<LoadHttp> {
    const socket = connect({ host: '127.0.0.1', port, servername, secureContext });
    await once(socket, 'secureConnect');
    return new LoadHttp(socket);
  }

  /** @param onAnswer is given the status once the whole answer is there */
  send(request: Buffer, onAnswer: (status: number) => void): void {
    this.#onAnswer = onAnswer;
    this.socket.write(request);
  }

  close(): void {
    this.socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const headEnds = this.#rest.indexOf(END_OF_HEAD);
    if (headEnds < 0) return;
    const head = this.#rest.toString('latin1', 0, headEnds);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#rest.length < headEnds + END_OF_HEAD.length + length) return;
    this.#rest = Buffer.alloc(0);
    this.#onAnswer(Number(head.slice(9, 12)));
  }
}

/** A request with a JSON body, ready to be sent. */
export function jsonRequest(method: string, host: string, path: string, authorization: string, body: object): Buffer {
  const text = JSON.stringify(body);
  return Buffer.from(
    [
      `${method} ${path} HTTP/1.1`,
      `Host: ${host}`,
      `Authorization: ${authorization}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(text)}`,
      '',
      text,
    ].join('\r\n'),
  );
}
