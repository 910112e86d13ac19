import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { TASK_QUEUE } from '../workflows/messages';
import { CliError, COMMAND, EXIT, note, type Io } from './output';
import { Rollouts } from './rollouts';

const CONNECT_TIMEOUT = '4s';
/** A worker's poll lasts a minute at most; one that has not polled for longer than this is gone. */
const POLLER_FRESH_MS = 90_000;

const definedOf = (env: Io['env']): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/**
 * Connects to Temporal as the standard environment says: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
 * TEMPORAL_TLS_*, TEMPORAL_PROFILE and the profile file. Whoever connects closes.
 *
 * @throws CliError (exit code 1) when nothing answers within 4 seconds
 * @see    https://docs.temporal.io/references/client-environment-configuration
 */
export async function connect({ env }: Io): Promise<Rollouts> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({ overrideEnvVars: definedOf(env) });
  const { address = '127.0.0.1:7233', tls, apiKey, metadata } = connectionOptions;
  const options = { address, tls, apiKey, metadata, connectTimeout: CONNECT_TIMEOUT } as const;
  try {
    const connection = await Connection.connect(options);
    return new Rollouts(new Client({ connection, namespace }), { address, namespace });
  } catch (cause) {
    throw new CliError(
      EXIT.failed,
      `Temporal does not answer at ${address}`,
      `start the local stack with \`${COMMAND} dev\`, or take over its environment with \`eval "$(${COMMAND} env)"\`, or set TEMPORAL_ADDRESS to your server`,
      { cause },
    );
  }
}

/** Connects, runs `use`, closes. */
export async function withRollouts(io: Io, use: (rollouts: Rollouts) => Promise<void>): Promise<void> {
  const rollouts = await connect(io);
  try {
    await use(rollouts);
  } finally {
    await rollouts.close();
  }
}

/** Says so on stderr when no worker polls the task queue: what the command asks for then waits for one. */
export async function noteMissingWorker(io: Io, rollouts: Rollouts): Promise<void> {
  const seen = await rollouts.workerSeenAt();
  if (seen !== undefined && Date.now() - seen.getTime() < POLLER_FRESH_MS) return;
  const when = seen === undefined ? 'No worker polls' : `The last worker (${seen.toISOString()}) no longer polls`;
  note(
    io,
    `note: ${when} the task queue '${TASK_QUEUE}' at ${rollouts.where.address}; nothing happens until one does.`,
  );
}
