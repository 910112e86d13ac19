import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { Hubs } from './hub/hubs';
import { ARM_HOST, HTTPS_PORT, HUB_SUFFIX, LOOPBACK } from './names';
import { loadTls, type TlsFiles } from './wire/tls';

/** One rewrite of the preload: a dial to `port` of a host equal to or below `suffix` goes to 127.0.0.1:`to`. */
export interface Redirect {
  readonly suffix: string;
  readonly port: number;
  readonly to: number;
}

export interface EmulatorOptions {
  /** Holds certificates and the state file; made with mode 0700. */
  readonly stateDir: string;
}

/** A running emulator. */
export interface Emulator {
  readonly caFile: string;
  readonly redirects: readonly Redirect[];
  readonly hubs: Hubs;
  close(): Promise<void>;
}

/** Starts every server on free loopback ports; what was started is stopped again when a later one fails. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const stateDir = resolve(options.stateDir);
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const tls = await loadTls(stateDir);
  const hubs = new Hubs();
  const https = httpsServer(tls);
  // [A] const entra = await startEntra(); const storage = await startStorage({ tls, stateDir });
  // [A] await https.register(armPlugin, { hubs, storage, entra });
  await https.listen({ host: LOOPBACK, port: 0 });
  const to = (https.server.address() as AddressInfo).port;
  return {
    caFile: tls.caFile,
    redirects: [
      { suffix: HUB_SUFFIX, port: HTTPS_PORT, to },
      { suffix: ARM_HOST, port: HTTPS_PORT, to },
    ],
    hubs,
    close: () => https.close(),
  };
}

function httpsServer({ cert, key }: TlsFiles): FastifyInstance {
  return fastify({
    https: { cert, key, minVersion: 'TLSv1.2' },
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 1024 },
  });
}
