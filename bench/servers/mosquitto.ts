import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stop, type Child } from './child';

/** A mosquitto with TLS on a port of the loopback interface. */
export interface Mosquitto extends Child {
  readonly port: number;
}

/** Why there is none, and what to do. */
export const NO_MOSQUITTO =
  'mosquitto is not installed, so nothing was compared with it; get it with: apt-get install mosquitto';

const READY_WITHIN_MS = 10_000;

/**
 * Starts mosquitto with the certificate and key of the emulator, so that both do the same TLS work.
 *
 * @returns undefined when it is not installed
 */
export async function startMosquitto(stateDir: string): Promise<Mosquitto | undefined> {
  const program = find('mosquitto');
  if (program === undefined) return undefined;
  const port = await freePort();
  const config = join(stateDir, 'mosquitto.conf');
  await writeFile(config, configOf(port, stateDir));
  const child = spawn(program, ['-c', config], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (child.pid === undefined) throw new Error(`cannot start ${program}`);
  await answers(port);
  return { pid: child.pid, port, stop: () => stop(child) };
}

/** As much like the emulator as it can be: no delay of small packets, nothing written to disk, no limit of its own. */
const configOf = (port: number, stateDir: string): string => `
listener ${port} 127.0.0.1
certfile ${join(stateDir, 'tls', 'server.pem')}
keyfile ${join(stateDir, 'tls', 'server-key.pem')}
user ${userInfo().username}
allow_anonymous true
set_tcp_nodelay true
persistence false
max_connections -1
max_inflight_messages 0
max_queued_messages 0
log_dest file ${join(stateDir, 'mosquitto.log')}
log_type error
`;

/** Debian puts it where only root looks. */
const find = (name: string): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // of a TCP server
  server.close();
  await once(server, 'close');
  return port;
}

/** @throws Error when nobody listens in time */
async function answers(port: number): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
}
