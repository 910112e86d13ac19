import { GroundswellError } from '../../domain/errors';
import { type BatchAttempt, jobIdOf } from '../../domain/ids';
import { jobDevicesPerSecond } from '../../domain/limits';
import { type HubJob, outcomesOf } from '../../domain/outcome';
import { tallyOutcomes } from '../../domain/tally';
import type { Results } from '../ledger/results';
import { allOf } from '../pages';
import { confirmed } from './old-confirm';
import type { Batch, BatchWatch, Executor } from './old-executor';

const BUSY_WAIT_MS = 5_000;
/** Looks in a row that may find nothing before a submitted job counts as lost: reads of the hub lag behind its writes. */
const BLIND_LOOKS = 30;
const SUBMITTED: HubJob = { status: 'waiting', answered: 0 };

/** A hub touches a batch at its own pace; asking about ten times on the way keeps the lag small and spares the quota. */
const pollMs = ({ deviceIds, hub }: Batch): number =>
  Math.min(5_000, Math.max(1_000, (deviceIds.length / jobDevicesPerSecond(hub.sku)) * 100));

const attemptOf = ({ rolloutId, wave, batch, attempt }: BatchAttempt): BatchAttempt => ({
  rolloutId,
  wave,
  batch,
  attempt,
});

/**
 * Finds the batch's job, or submits it. A cancelled job has touched no device: the next attempt takes its place.
 *
 * @returns undefined when there is no job and none is to be submitted
 */
async function findOrSubmit(
  batch: Batch,
  watch: BatchWatch,
): Promise<{ readonly at: BatchAttempt; readonly job: HubJob } | undefined> {
  const { hub, deviceIds, spec } = batch;
  let at = attemptOf(batch);
  for (;;) {
    const jobId = jobIdOf(at);
    const job = await hub.findJob(jobId);
    if (job?.status === 'cancelled') {
      at = { ...at, attempt: at.attempt + 1 };
      continue;
    }
    if (job !== undefined) return { at, job };
    if (watch.mode === 'settle' || watch.stopAsked()) return undefined;
    const answer = await hub.scheduleJob({ jobId, action: spec.action, deviceIds, timeoutMs: spec.batch.timeoutMs });
    watch.beat(0);
    if (answer !== 'busy') return { at, job: SUBMITTED };
    await watch.rest(BUSY_WAIT_MS);
  }
}

/**
 * Waits until the job has ended. A stop cancels it as long as it waits; once it runs, nothing can cancel it, and its
 * outcomes count.
 */
async function awaitEnd(batch: Batch, watch: BatchWatch, submitted: HubJob): Promise<HubJob> {
  const jobId = jobIdOf(batch);
  let cancelSent = false;
  let blindLooks = 0;
  for (let job = submitted; ;) {
    if (job.status === 'completed' || job.status === 'cancelled') return job;
    if (job.status === 'failed')
      throw new GroundswellError('GS_JOB_FAILED', { jobId, reason: job.reason ?? 'none given' });
    if (job.status === 'waiting' && watch.stopAsked() && !cancelSent) {
      await batch.hub.cancelJob(jobId);
      cancelSent = true;
    }
    watch.beat(job.answered);
    await watch.rest(pollMs(batch));
    const found = await batch.hub.findJob(jobId);
    blindLooks = found === undefined ? blindLooks + 1 : 0;
    if (blindLooks > BLIND_LOOKS) throw new GroundswellError('GS_JOB_LOST', { jobId });
    job = found ?? job;
  }
}

/**
 * Runs a batch as one hub job. The job's id follows from rollout, wave and batch: whoever runs the batch again finds it.
 */
export const createJobExecutor = (results: Results): Executor => ({
  async run(batch, watch) {
    const { hub, hubName, deviceIds } = batch;
    const earlier = await results.findBatch(attemptOf(batch), hubName);
    if (earlier !== undefined) return tallyOutcomes(earlier.outcomes);

    const begun = await findOrSubmit(batch, watch);
    if (begun === undefined) return undefined;
    const { at, job } = begun;
    const jobId = jobIdOf(at);
    const { status, endedAt = new Date().toISOString() } = await awaitEnd({ ...batch, ...at }, watch, job);
    if (status === 'cancelled' && watch.stopAsked()) return undefined;
    const answers = outcomesOf(deviceIds, await allOf(hub.jobRows(jobId)), status);
    const outcomes = await confirmed(batch, watch, answers, endedAt);
    const record = await results.settleBatch({ ...at, hub: hubName, jobId, endedAt, outcomes });
    return tallyOutcomes(record.outcomes);
  },
});
