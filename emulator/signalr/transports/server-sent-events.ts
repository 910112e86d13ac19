import type { ServerResponse } from 'node:http';

import type { Payload } from '../protocols';
import { MOST_WAITING, type Transport } from './transport';

/** Messages as unnamed events of text/event-stream, each line of one a `data` field (TransportProtocols.md). */
export class ServerSentEvents implements Transport {
  readonly isBinary = false;
  readonly isPolled = false;

  /** @param response whose head is sent */
  constructor(private readonly response: ServerResponse) {}

  send(payload: Payload): boolean {
    const lines = payload.toString().split(/\r\n|\r|\n/);
    this.response.write(`${lines.map((line) => `data: ${line}\r\n`).join('')}\r\n`);
    return this.response.writableLength <= MOST_WAITING;
  }

  end(): void {
    this.response.end();
  }

  cut(): void {
    this.response.destroy();
  }
}
