import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, addressText } from './address';

/** What is asked of the worker; the SDK's `WorkerStatus` has it. */
export interface WorkerState {
  readonly runState: string;
  readonly workflowPollerState: string;
  readonly activityPollerState: string;
}

/** What the health server asks. */
export interface HealthSource {
  /** Undefined before there is a worker. */
  readonly state: () => WorkerState | undefined;
  /** Asks Temporal anything; rejects when there is no answer. @param deadline ms since the epoch: then nobody waits any more */
  readonly reachTemporal: (deadline: number) => Promise<unknown>;
}

/** Below the time that container hosts wait for a probe: a second by default in Kubernetes and Container Apps. */
const REACH_MS = 800;

/** The SDK tries a call again within itself and has been seen to overrun its deadline by eight seconds. */
async function reached({ reachTemporal }: HealthSource): Promise<boolean> {
  const waited = new AbortController();
  const late = sleep(REACH_MS, false, waited);
  try {
    return await Promise.race([reachTemporal(Date.now() + REACH_MS).then(() => true), late]);
  } catch {
    return false;
  } finally {
    late.catch(() => undefined);
    waited.abort();
  }
}

/** An answer of a probe: what is wrong, or undefined when nothing is. */
type Trouble = string | undefined;

/** Only a worker that cannot come back is dead: one that waits for Temporal or drains is not to be killed. */
function deadness({ state }: HealthSource): Trouble {
  const runState = state()?.runState;
  return runState === 'FAILED' || runState === 'STOPPED' ? `the worker is ${runState.toLowerCase()}` : undefined;
}

/** Ready: it polls for both kinds of tasks, and Temporal answers. */
async function unreadiness(source: HealthSource): Promise<Trouble> {
  const now = source.state();
  if (now === undefined) return 'the worker is starting';
  if (now.runState !== 'RUNNING') return `the worker is ${now.runState.toLowerCase()}`;
  if (now.workflowPollerState !== 'POLLING') return 'it does not poll for workflows';
  if (now.activityPollerState !== 'POLLING') return 'it does not poll for activities';
  return (await reached(source)) ? undefined : 'Temporal does not answer';
}

/** A health server that listens. */
export interface HealthServer {
  /** Of the server itself, for people: with the port that it was given where 0 was asked for. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves `/livez` and `/readyz`: 200 and `ok`, or 503 and what is wrong. Says nothing that is not meant for everybody.
 *
 * @throws when the address is taken
 * @see    kubernetes.io/docs/reference/using-api/health-checks, for the two names
 */
export async function serveHealth(address: Address, source: HealthSource): Promise<HealthServer> {
  const probes: Readonly<Record<string, () => Trouble | Promise<Trouble>>> = {
    '/livez': () => deadness(source),
    '/readyz': () => unreadiness(source),
  };
  const server = createServer((request, response) => {
    const answer = (status: number, text: string): void =>
      void response.writeHead(status, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end(`${text}\n`);
    const probe = probes[(request.url ?? '').split('?')[0] ?? ''];
    if (probe === undefined) answer(404, 'there are /livez and /readyz');
    else if (request.method !== 'GET' && request.method !== 'HEAD') answer(405, 'GET or HEAD');
    else void Promise.resolve(probe()).then((trouble) => answer(trouble === undefined ? 200 : 503, trouble ?? 'ok'));
  });
  server.listen(address.port, address.host);
  await once(server, 'listening'); // rejects when there is an error in its place
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${addressText({ ...address, port })}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
