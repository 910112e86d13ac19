import type { RawData, WebSocket } from 'ws';

import type { ClientConnection } from '../connection';
import type { Payload } from '../protocols';
import { MOST_WAITING, type Transport } from './transport';

class WebSocketTransport implements Transport {
  readonly isBinary = true;
  readonly isPolled = false;

  constructor(private readonly socket: WebSocket) {}

  send(payload: Payload): boolean {
    this.socket.send(payload, { binary: typeof payload !== 'string' });
    return this.socket.bufferedAmount <= MOST_WAITING;
  }

  end(): void {
    this.socket.close(1000);
  }

  cut(): void {
    this.socket.terminate();
  }
}

/** Gives a connection a websocket. @returns false when it has a transport already */
export function serveWebSocket(connection: ClientConnection, socket: WebSocket): boolean {
  if (!connection.attach(new WebSocketTransport(socket))) return false;
  socket.on('message', (data: RawData) => connection.receive(bytesOf(data)));
  socket.on('close', () => connection.lost());
  socket.on('error', () => socket.terminate());
  return true;
}

const bytesOf = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
