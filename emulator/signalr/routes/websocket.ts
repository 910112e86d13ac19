import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';

import { SIGNALR_HOST_PATTERN } from '../../names';
import { refuseUpgrade, type UpgradeRoute } from '../../wire/websockets';
import { COMMON_KINDS } from '../../world/faults';
import type { World } from '../../world/world';
import type { ClientConnection } from '../connection';
import { forbidden, notFound, SignalRError } from '../errors';
import type { SignalRServices } from '../services';
import { serveWebSocket } from '../transports/websocket';
import { callerOf, conflict } from './client';

const OPERATION = 'signalr.connect';
const LARGEST_FRAME = 1024 * 1024;

/** Websockets of clients: of a connection that they have negotiated, or of a new one. */
export function signalRWebsockets(services: SignalRServices): UpgradeRoute {
  const door = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: LARGEST_FRAME });
  services.world.faults.declare(COMMON_KINDS, OPERATION);
  return {
    hostPattern: SIGNALR_HOST_PATTERN,
    path: '/client',
    upgrade(request, socket, head) {
      open(services, door, { request, socket, head }).catch((error: unknown) => {
        const { status, message } = error instanceof SignalRError ? error : { status: 500, message: 'Internal error.' };
        if (status === 500) process.emitWarning(error as Error); // nothing else is thrown
        services.world.counters.add(`${OPERATION} ${status}`);
        refuseUpgrade(socket, status, message);
      });
    },
  };
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** @throws SignalRError */
async function open(services: SignalRServices, door: WebSocketServer, upgrade: Upgrade): Promise<void> {
  const { request, socket, head } = upgrade;
  const query = queryOf(request);
  const { service, hub, userId } = callerOf(services, { headers: request.headers, query });
  if (!(await passes(services.world, hub, socket))) return;
  const connection =
    query['id'] === undefined ? service.negotiate(hub, userId) : service.hub(hub).withToken(query['id']);
  if (connection === undefined) throw notFound('There is no such connection, or it has ended.');
  if (connection.userId !== userId) throw forbidden('The connection was negotiated by another user.');
  if (connection.transport !== undefined) throw conflict();
  door.handleUpgrade(request, socket, head, (websocket) => {
    services.world.counters.add(`${OPERATION} 101`);
    if (!serveWebSocket(connection, websocket)) websocket.terminate();
  });
  cutWhenRefused(connection, socket);
}

/** A handshake that is none ends the socket without a websocket: nobody else would tell the connection. */
function cutWhenRefused(connection: ClientConnection, socket: Duplex): void {
  socket.once('close', () => connection.lost());
}

/** Names in lower case; of a name that is given twice the last. */
const queryOf = ({ url = '' }: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(
    [...new URLSearchParams(url.split(/\?(.*)/s)[1])].map(([name, value]) => [name.toLowerCase(), value]),
  );

/** As `passes` of world/http-faults.ts, for a socket. @throws SignalRError */
async function passes(
  { faults, counters, clock }: Pick<World, 'faults' | 'counters' | 'clock'>,
  hub: string,
  socket: Duplex,
): Promise<boolean> {
  const fault = faults.at(OPERATION, { hub });
  if (fault === undefined) return true;
  counters.add(`fault ${fault.kind} ${OPERATION}`);
  switch (fault.kind) {
    case 'delay':
      await new Promise<void>((resolve) => clock.at(clock.now() + fault.ms, resolve));
      return true;
    case 'status':
      throw new SignalRError(fault.status, 'Fault', 'A fault that the emulator was asked for.');
    case 'drop':
      socket.destroy();
      return false;
    case 'halfClose':
      return false; // and nobody ever answers
    case 'stall':
      return true; // of rows of jobs only
  }
}
