import { Client, Connection, NamespaceNotFoundError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { dataConverterOf, keysOf } from '../codec';
import { TASK_QUEUE } from '../workflows/messages';
import { CliError, COMMAND, EXIT, note, type Io } from './output';
import { GRPC, grpcStatusOf, rootMessage } from './rollout/errors';
import { Rollouts } from './rollouts';

const CONNECT_TIMEOUT = '6s';
/** A worker's poll lasts a minute at most; one that has not polled for longer than this is gone. */
const POLLER_FRESH_MS = 90_000;

const definedOf = (env: Io['env']): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/**
 * Connects to Temporal as the standard environment says: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
 * TEMPORAL_TLS_*, TEMPORAL_PROFILE and the profile file. Whoever connects closes. Payloads are read and written with the
 * keys that GROUNDSWELL_CODEC_KEYS_FILE names.
 *
 * @throws CliError (exit code 1) when nothing answers within 6 seconds; GS_CODEC_KEYS_INVALID
 * @see    https://docs.temporal.io/references/client-environment-configuration
 */
export async function connect({ env }: Io): Promise<Rollouts> {
  const dataConverter = dataConverterOf(keysOf(env));
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({ overrideEnvVars: definedOf(env) });
  const { address = '127.0.0.1:7233', tls, apiKey, metadata } = connectionOptions;
  const options = { address, tls, apiKey, metadata, connectTimeout: CONNECT_TIMEOUT } as const;
  try {
    const connection = await Connection.connect(options);
    return new Rollouts(new Client({ connection, namespace, dataConverter }), { address, namespace });
  } catch (cause) {
    throw new CliError(
      EXIT.failed,
      `Temporal does not answer at ${address}`,
      `start the local stack with \`${COMMAND} dev\`, or take over its environment with \`eval "$(${COMMAND} env)"\`, or set TEMPORAL_ADDRESS to your server`,
      { cause },
    );
  }
}

/** What Temporal itself refused, as an error for the user; any other error as it is. */
function explained(error: unknown, { address, namespace }: Rollouts['where']): unknown {
  // Calls of the plain gRPC service tell it by the message alone.
  const noNamespace = grpcStatusOf(error) === GRPC.notFound && /Namespace .* is not found/.test(rootMessage(error));
  if (noNamespace || error instanceof NamespaceNotFoundError) {
    const next = `set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create -n ${namespace}`;
    return new CliError(EXIT.failed, `Temporal at ${address} has no namespace '${namespace}'`, next, { cause: error });
  }
  if (error instanceof CliError || grpcStatusOf(error) === undefined) return error;
  return new CliError(EXIT.failed, `Temporal at ${address}: ${rootMessage(error)}`, undefined, { cause: error });
}

/** Connects, runs `use`, closes. */
export async function withRollouts(io: Io, use: (rollouts: Rollouts) => Promise<void>): Promise<void> {
  const rollouts = await connect(io);
  try {
    await use(rollouts);
  } catch (error) {
    throw explained(error, rollouts.where);
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
