import { GroundswellError } from '../../domain/errors';
import type { DeviceId, JobId } from '../../domain/ids';
import { jobLookMs } from '../../domain/limits';
import { type HubJob, outcomesOf, outcomesOfBroken } from '../../domain/outcome';
import { jobIdOf } from '../../domain/share';
import type { Action } from '../../domain/spec';
import { allOf } from '../pages';
import { confirmed } from './confirm';
import type { Batch, BatchEnd, BatchWatch, Executor } from './executor';
import { payloadOf } from './operation';

const BUSY_WAIT_MS = 5_000;
/** For so long looks may find nothing before a submitted job counts as lost: reads of the hub lag behind its writes. */
const BLIND_MS = 60_000;
/** What a job may run beyond its time-out before its rows are read as they are: a hub stamps the end late. */
const RUN_MARGIN_MS = 60_000;
const SUBMITTED: HubJob = { status: 'waiting', answered: 0 };

type JobBatch = Batch<Action>;

/** Devices that no job before has settled. */
function openOf({ devices, known }: JobBatch): DeviceId[] {
  const settled = new Set(known.map(({ deviceId }) => deviceId));
  return devices.flatMap(({ deviceId }) => (settled.has(deviceId) ? [] : [deviceId]));
}

/** One that is there again after all, and has not failed, counts. */
const isPassedOver = ({ passOver }: JobBatch, jobId: JobId, job: HubJob | undefined): boolean =>
  job?.status === 'cancelled' || ((job === undefined || job.status === 'failed') && passOver.includes(jobId));

/** What the job does: in its payload the job's id stands for every device's operation. */
const actionFor = ({ deed }: JobBatch, jobId: JobId): Action =>
  deed.kind === 'method' ? { ...deed, payload: payloadOf(deed, jobId) } : deed;

/**
 * Finds the batch's job, or submits it. A cancelled job has touched no device: the next one takes its place; so it does
 * where a job failed and a person lets it be tried again.
 *
 * @returns undefined when there is no job and none is to be submitted
 */
async function findOrSubmit(
  batch: JobBatch,
  watch: BatchWatch,
): Promise<{ readonly jobId: JobId; readonly job: HubJob } | undefined> {
  const { target, rule } = batch;
  for (let again = 0; ;) {
    const jobId = jobIdOf(batch, again);
    const job = await target.findJob(jobId);
    if (isPassedOver(batch, jobId, job)) {
      again += 1;
      continue;
    }
    if (job !== undefined) return { jobId, job };
    if (watch.mode === 'settle' || watch.stopAsked()) return undefined;
    const request = { jobId, action: actionFor(batch, jobId), deviceIds: openOf(batch), timeoutMs: rule.timeoutMs };
    const answer = await target.scheduleJob(request);
    watch.beat(0);
    if (answer !== 'busy') return { jobId, job: SUBMITTED };
    await watch.rest(BUSY_WAIT_MS);
  }
}

/**
 * How a job ended: by itself, `overdue` when it runs on beyond its time, `neverStarted` when it was not let wait longer,
 * `lost` when the hub knows it no more.
 */
interface End {
  readonly job: HubJob;
  readonly as: 'ended' | 'failed' | 'lost' | 'overdue' | 'stopped' | 'neverStarted';
}

/**
 * Waits until the job has ended. As long as it waits on the hub, a stop or the end of its patience cancels it; once it
 * runs, nothing can cancel it, and its outcomes count.
 */
async function awaitEnd(batch: JobBatch, watch: BatchWatch, jobId: JobId, submitted: HubJob): Promise<End> {
  const { target, rule } = batch;
  const waitingSince = Date.now();
  let runningSince: number | undefined;
  let cancelled: 'stopped' | 'neverStarted' | undefined;
  let blindMs = 0;
  for (let job = submitted; ;) {
    if (job.status === 'completed') return { job, as: 'ended' };
    if (job.status === 'cancelled') return { job, as: cancelled ?? 'ended' };
    if (job.status === 'failed') return { job, as: 'failed' };
    if (job.status === 'running') {
      runningSince ??= Date.now();
      if (Date.now() - runningSince > rule.timeoutMs + RUN_MARGIN_MS) return { job, as: 'overdue' };
    } else if (cancelled === undefined) {
      if (watch.stopAsked()) cancelled = 'stopped';
      else if (Date.now() - waitingSince > rule.startWithinMs) cancelled = 'neverStarted';
      if (cancelled !== undefined) await target.cancelJob(jobId);
    }
    watch.beat(job.answered);
    const lookMs = jobLookMs(target.sku, Date.now() - waitingSince);
    await watch.rest(lookMs);
    const found = await target.findJob(jobId);
    blindMs = found === undefined ? blindMs + lookMs : 0;
    if (blindMs > BLIND_MS) return { job, as: 'lost' };
    job = found ?? job;
  }
}

const errorOf = (jobId: JobId, { reason = 'none given' }: HubJob, as: 'failed' | 'lost'): GroundswellError =>
  as === 'failed'
    ? new GroundswellError('GS_JOB_FAILED', { jobId, reason })
    : new GroundswellError('GS_JOB_LOST', { jobId });

/**
 * Runs a batch as one hub job. The job's id follows from the share, the batch and the attempt: whoever runs the batch
 * again finds it.
 */
export const createJobExecutor = (): Executor<Action> => ({
  async run(batch, watch): Promise<BatchEnd> {
    if (openOf(batch).length === 0) return { kind: 'ended', endedAt: new Date().toISOString(), outcomes: [] };
    const begun = await findOrSubmit(batch, watch);
    if (begun === undefined) return { kind: 'stopped', outcomes: [] };
    const { jobId, job: submitted } = begun;
    const { job, as } = await awaitEnd(batch, watch, jobId, submitted);
    if (as === 'neverStarted') return { kind: 'neverStarted' };
    if (as === 'stopped') return { kind: 'stopped', outcomes: [] };
    const { endedAt = new Date().toISOString() } = job;
    const rows = await allOf(batch.target.jobRows(jobId));
    if (as === 'failed' || as === 'lost') {
      const outcomes = await confirmed(batch, watch, outcomesOfBroken(openOf(batch), rows), endedAt);
      return { kind: 'broken', error: errorOf(jobId, job, as), outcomes };
    }
    const answers = outcomesOf(openOf(batch), rows, job.status);
    return { kind: 'ended', jobId, endedAt, outcomes: await confirmed(batch, watch, answers, endedAt) };
  },
});
