import { Context } from '@temporalio/activity';
import { batchesOf } from '../domain/batches';
import { failureLimit } from '../domain/gate';
import type { DeviceId, HubName, RolloutId } from '../domain/ids';
import type { WaveProgress } from '../domain/progress';
import { EMPTY_TALLY, mergeTallies, sizeOf, type Tally, tallyOf } from '../domain/tally';
import type { Executor } from './executors/old-executor';
import type { Lifeline } from './lifeline';
import type { Hubs } from './ports';
import type { Plans } from './ledger/plans';

/** A wave's part on one hub. */
export interface WaveInput {
  readonly rolloutId: RolloutId;
  readonly wave: number;
  readonly hub: HubName;
  /** `settle` begins nothing: it only brings in what an earlier call has begun. */
  readonly mode: 'run' | 'settle';
  /** `waived`: a person has looked at the failures and lets the rest of the wave go on. */
  readonly limit: 'asked' | 'waived';
}

/** How a wave's part ended; `stopped` says why devices are still pending. */
export interface WaveResult {
  readonly tally: Tally;
  readonly stopped?: 'failureLimit' | 'cancelled';
}

/** Retries of failed devices will count it up; a batch is tried once so far. */
const FIRST_ATTEMPT = 1;

/** Counts of a wave's devices while a batch runs: the rest of them is pending. */
function tallyNow(deviceCount: number, done: Tally, running: number): Tally {
  return tallyOf({ ...done, running, pending: deviceCount - sizeOf(done) - running });
}

/** Where an earlier attempt of this activity had come to, by its last heartbeat. */
function resumed(
  { wave, hub }: WaveInput,
  last: WaveProgress | undefined,
): Pick<WaveProgress, 'batchesDone' | 'tally'> {
  return last?.wave === wave && last.hub === hub
    ? { batchesDone: last.batchesDone, tally: tallyOf({ ...last.tally, pending: 0, running: 0 }) }
    : { batchesDone: 0, tally: EMPTY_TALLY };
}

export interface WaveParts {
  readonly hubs: Hubs;
  readonly plans: Plans;
  readonly executor: Executor;
  readonly lifelineOf: (context: Context) => Lifeline<WaveProgress>;
}

export const createWaveActivities = ({ hubs, plans, executor, lifelineOf }: WaveParts) => ({
  /**
   * Runs a wave's part on one hub, batch after batch, and asks the failure limit after each.
   *
   * Safe to retry: a batch that was begun is found again, by its record or its job, and no device is touched twice. When
   * heartbeats stop, another worker takes over. Cancellation is asked right before each batch; it lets the batch in
   * flight end, and returns what was done.
   */
  async runWave(input: WaveInput): Promise<WaveResult> {
    const context = Context.current();
    const lifeline = lifelineOf(context);
    const plan = await plans.record(input.rolloutId);
    const deviceIds: DeviceId[] = [];
    for (const { wave, part, hub } of plan.chunks) {
      if (wave !== input.wave || hub !== input.hub) continue;
      for await (const chunk of plans.devices(plan, wave, part)) deviceIds.push(...chunk.deviceIds);
      break;
    }
    const batches = batchesOf(deviceIds, plan.spec.batch.size);
    const from = resumed(input, context.info.heartbeatDetails as WaveProgress | undefined);

    let done = from.tally;
    const tripped = (): boolean => input.limit === 'asked' && failureLimit(plan.spec.gate, done).tripped;
    const result = (stopped?: WaveResult['stopped']): WaveResult => ({
      tally: tallyNow(deviceIds.length, done, 0),
      ...(stopped && { stopped }),
    });
    const runBatch = async (index: number, batch: readonly DeviceId[]): Promise<Tally | undefined> => {
      const progress = (answered: number): WaveProgress => ({
        wave: input.wave,
        hub: input.hub,
        batchesDone: index,
        tally: tallyNow(deviceIds.length, done, batch.length),
        answered,
      });
      await lifeline.check(progress(0));
      return executor.run(
        {
          rolloutId: input.rolloutId,
          wave: input.wave,
          batch: index + 1,
          attempt: FIRST_ATTEMPT,
          hubName: input.hub,
          hub: hubs.get(input.hub),
          deviceIds: batch,
          spec: plan.spec,
        },
        { ...lifeline, mode: input.mode, beat: (answered) => lifeline.beat(progress(answered)) },
      );
    };

    for (const [index, batch] of batches.entries()) {
      if (tripped()) return result('failureLimit');
      if (index < from.batchesDone) continue;
      const tally = await runBatch(index, batch);
      if (tally === undefined) return result('cancelled');
      done = mergeTallies([done, tally]);
    }
    return result(tripped() ? 'failureLimit' : undefined);
  },
});

export type WaveActivities = ReturnType<typeof createWaveActivities>;
