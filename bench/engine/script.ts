import { JobClient, Registry } from 'azure-iothub';
import { setTimeout as sleep } from 'node:timers/promises';
import { FAILURE_LIMIT, JOB_TIMEOUT_MS, SHARES } from './specs';

/**
 * How often the script asks how its job is doing. Microsoft's samples ask every 5 s; a hub of S1 takes 100 such calls a
 * minute, of all its users together, so that this is about as often as a good neighbour may.
 */
const POLL_MS = 1_000;

interface Row {
  readonly deviceId: string;
  readonly status: string;
  readonly outcome?: { readonly deviceMethodResponse?: { readonly status: number } };
}

interface Counts {
  succeeded: number;
  failed: number;
}

async function* rowsOf<T>(registry: Registry, sql: string): AsyncGenerator<T> {
  const query = registry.createQuery(sql, 100);
  for (let token: string | undefined; ;) {
    const page = await query.next(token as string);
    yield* page.result as T[];
    if (!query.hasMoreResults) return;
    token = query.continuationToken;
  }
}

const isSuccess = ({ status, outcome }: Row): boolean => {
  const code = outcome?.deviceMethodResponse?.status ?? 0;
  return status === 'completed' && code >= 200 && code < 300;
};

/** Runs one batch as a job: submits it, asks until it has ended, and counts what the devices have answered. */
async function runBatch(clients: { registry: Registry; jobs: JobClient }, jobId: string, ids: readonly string[]) {
  const { registry, jobs } = clients;
  const condition = `deviceId IN [${ids.map((id) => `'${id}'`).join(',')}]`;
  const call = { methodName: 'lockDoor', payload: { minutes: 5 }, responseTimeoutInSeconds: 60 };
  await jobs.scheduleDeviceMethod(jobId, condition, call, new Date(), JOB_TIMEOUT_MS / 1_000);
  for (let status = ''; status !== 'completed';) {
    await sleep(POLL_MS);
    ({ status } = (await jobs.getJob(jobId)).jobStatus as { status: string });
    if (status === 'failed' || status === 'cancelled') throw new Error(`job ${jobId} is ${status}`);
  }
  const counts: Counts = { succeeded: 0, failed: 0 };
  const sql = `SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${jobId}'`;
  for await (const row of rowsOf<Row>(registry, sql)) counts[isSuccess(row) ? 'succeeded' : 'failed'] += 1;
  return counts;
}

/**
 * The rollout as a good engineer writes it without the product: asks which devices there are, cuts them into the same
 * waves and batches, runs the batches as the hub's slots allow, counts outcomes from the job's rows, and stops when too
 * many have failed. It keeps no record, survives nothing, and cannot be paused.
 *
 * @param parallel jobs at once
 */
export async function runScript(
  connectionString: string,
  { name, where, batchSize, parallel }: { name: string; where: string; batchSize: number; parallel: number },
): Promise<Counts> {
  const registry = Registry.fromConnectionString(connectionString);
  const clients = { registry, jobs: JobClient.fromConnectionString(connectionString) };
  const ids: string[] = [];
  for await (const { deviceId } of rowsOf<{ deviceId: string }>(
    registry,
    `SELECT deviceId FROM devices WHERE ${where}`,
  ))
    ids.push(deviceId);

  const total: Counts = { succeeded: 0, failed: 0 };
  const ends = [...cumulative(SHARES), 1].map((share) => Math.ceil(share * ids.length));
  let from = 0;
  for (const [wave, to] of ends.entries()) {
    const batches: string[][] = [];
    for (; from < to; from += batchSize) batches.push(ids.slice(from, Math.min(to, from + batchSize)));
    from = to;
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let batch = next++; batch < batches.length; batch = next++) {
        const counts = await runBatch(clients, `${name}-w${wave + 1}-b${batch + 1}`, batches[batch] ?? []);
        total.succeeded += counts.succeeded;
        total.failed += counts.failed;
        if (total.failed / (total.succeeded + total.failed) > FAILURE_LIMIT) throw new Error('too many have failed');
      }
    };
    await Promise.all(Array.from({ length: parallel }, lane));
  }
  return total;
}

const cumulative = (shares: readonly number[]): number[] =>
  shares.map((_, index) => shares.slice(0, index + 1).reduce((sum, share) => sum + share, 0));
