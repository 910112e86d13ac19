import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { searchAttributeTypes } from '../../domain/search-attributes';
import { capture } from './capture';
import type { Child } from './child';
import type { Component, StackContext } from './context';
import type { Environment } from './environment';
import { answers, freePort, LOOPBACK } from './ports';
import type { StatePaths } from './state';

/** How long closed rollouts stay for a look: 90 days. The server's own default is one day. */
const RETENTION = '2160h';
const START_TIMEOUT_MS = 30_000;
const NAMESPACE = 'default';

export interface TemporalAddress {
  readonly address: string;
  readonly namespace: string;
}

/** The Temporal dev server, on a SQLite file. Needs the preferred port. */
export const temporal: Component<{ readonly port: number }, TemporalAddress> = {
  name: 'temporal',
  async start(context, { port: preferred }) {
    const port = await freePort(preferred);
    const { children, env, paths } = context;
    const child = children.start(1, {
      name: this.name,
      command: 'temporal',
      args: serverArguments(port, paths),
      env,
      logFile: paths.log(this.name),
    });
    const found = { address: `${LOOPBACK}:${port}`, namespace: NAMESPACE };
    await Promise.race([prepare(context, found, port), deathOf(child)]);
    await writeFile(paths.temporalProfile, profile(found));
    context.say(this.name, `the server answers at ${found.address}`);
    return found;
  },
};

const serverArguments = (port: number, { temporalDb }: StatePaths): string[] => [
  ...['server', 'start-dev', '--headless', '--ip', LOOPBACK, '--port', String(port)],
  // As fast as memory, and safe against a killed server.
  ...['--db-filename', temporalDb, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
  ...searchAttributeTypes().flatMap(({ name, type }) => ['--search-attribute', `${name}=${type}`]),
  ...['--log-level', 'warn'],
];

const profile = ({ address, namespace }: TemporalAddress): string =>
  `[profile.default]\naddress = ${JSON.stringify(address)}\nnamespace = ${JSON.stringify(namespace)}\n`;

/**
 * @returns `env` leading Temporal clients to this server; the profile file keeps the user's own default profile, which
 *          may ask for TLS, from being mixed in
 */
export const temporalClientEnvironment = (
  env: Environment,
  { address, namespace }: TemporalAddress,
  { temporalProfile }: StatePaths,
): Environment => ({
  ...env,
  TEMPORAL_ADDRESS: address,
  TEMPORAL_NAMESPACE: namespace,
  TEMPORAL_CONFIG_FILE: temporalProfile,
});

const deathOf = async (child: Child): Promise<never> => {
  throw child.death(await child.exited);
};

/** Waits until the server answers and makes it keep closed histories. */
async function prepare({ env, signal }: StackContext, { address, namespace }: TemporalAddress, port: number) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  const args = ['operator', 'namespace', 'update', '--namespace', namespace, '--retention', RETENTION];
  for (;;) {
    try {
      if (await answers(port)) return await capture('temporal', [...args, '--address', address], { env, signal });
    } catch (error) {
      if (signal.aborted || Date.now() > deadline) throw error;
    }
    if (Date.now() > deadline) throw new Error(`Temporal does not answer at ${address}`);
    await sleep(50, undefined, { signal });
  }
}
