import { Context } from '@temporalio/activity';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { randomUUID } from 'node:crypto';
import type { Activities } from '../../activities';
import { deviceIdOf, hubNameOf, type RolloutId } from '../../domain/ids';
import type { RolloutStatus } from '../../domain/machine';
import type { RolloutInput } from '../../domain/progress';
import type { ShareInput, ShareResult } from '../../domain/share';
import type { RolloutSpec } from '../../domain/spec';
import { EMPTY_TALLY, sizeOf, type Tally, tallyOf } from '../../domain/tally';
import { ROLLOUT, rolloutState } from '../../workflows/messages';
import type { rollout } from '../../workflows';
import { eventually } from './eventually';
import { planOf } from './plans';
import { specOf } from './specs';
import { workerOf } from './temporal';

export { specOf };

export const startedBy = { actor: 'ada', reason: 'doors must lock' };
export const order = { actor: 'grace', reason: 'seen enough' };
const hubs = [hubNameOf('west')];
const skus = new Map([...hubs, hubNameOf('east')].map((hub) => [hub, { name: 'S1', units: 1 } as const]));

/** Plans over a hundred devices on each hub of the spec, without a hub. */
export const planRollout: Activities['planRollout'] = ({ rolloutId, spec }) => {
  const devices = spec.target.hubs.flatMap((hub) =>
    Array.from({ length: 100 }, (_, index) => ({ hub, deviceId: deviceIdOf(`door-${index}`), connected: true })),
  );
  return Promise.resolve(planOf(rolloutId, spec, devices, skus).summary);
};

/** Devices of the three waves of `specOf()` on one hub. */
export const WAVE_SIZES = [5, 20, 75];
export const sizeOfWave = ({ wave }: Pick<ShareInput, 'wave'>): number => WAVE_SIZES[wave - 1] ?? 0;

/** A share's result of these counts; what they leave out of the size is pending. */
export function resultOf(counts: Partial<Tally>, stopped?: ShareResult['stopped']): ShareResult {
  const tally = tallyOf(counts);
  const cursor = { batches: sizeOf(tally) - tally.pending, retries: [], tally: { ...tally, pending: 0 } };
  return { tally, cursor, ...(stopped && { stopped }) };
}

export type RunShare = (input: ShareInput) => Promise<ShareResult>;

export const allSucceed: RunShare = (input) => Promise.resolve(resultOf({ succeeded: sizeOfWave(input) }));

/** Answers one wave in its own way, and with success in every other, and in every pass but the forward one. */
export const inWave =
  (wave: number, result: (input: ShareInput) => ShareResult): RunShare =>
  (input) =>
    input.wave === wave && input.pass === 'wave' && input.limit === 'asked'
      ? Promise.resolve(result(input))
      : allSucceed(input);

/** Beats until somebody asks for a stop. */
export async function untilCancelled(): Promise<void> {
  const context = Context.current();
  const beating = setInterval(() => context.heartbeat(), 100);
  await context.cancelled.catch(() => undefined);
  clearInterval(beating);
}

/** Stays in flight until it is cancelled, then tells that it had done two devices more. */
export const untilStopped: RunShare = async (input) => {
  const { succeeded } = input.cursor?.tally ?? EMPTY_TALLY;
  // It was cancelled before a worker had it: nothing was begun.
  if (input.mode === 'settle') return resultOf({ succeeded, pending: sizeOfWave(input) - succeeded }, 'cancelled');
  await untilCancelled();
  return resultOf({ succeeded: succeeded + 2, pending: sizeOfWave(input) - succeeded - 2 }, 'cancelled');
};

export type RolloutHandle = WorkflowHandleWithFirstExecutionRunId<typeof rollout>;

export const statusIs = (handle: RolloutHandle, status: RolloutStatus): Promise<void> =>
  eventually(async () => expect((await handle.query(rolloutState)).status).toBe(status));

/** What a test makes of a rollout: its spec, and the activities that it does not leave as they are. */
export interface Scenario {
  readonly spec?: RolloutSpec;
  readonly runShare?: RunShare;
  readonly activities?: Partial<Activities>;
  readonly input?: Partial<RolloutInput>;
}

/** The activities of a rollout in which all goes well, and nothing is outside. */
export const calmActivities = (): Activities => ({
  planRollout,
  previewPlan: planRollout,
  planJoiners: () => Promise.resolve({}),
  runShare: allSucceed,
  askCheck: () => Promise.resolve({ kind: 'passed', reason: 'fine', inputs: {} }),
  notify: () => Promise.resolve({ kind: 'delivered', tries: 1 }),
  nextOpening: ({ after }) =>
    Promise.resolve({ opensAt: after, shutsAt: new Date(Date.parse(after) + 3_600_000).toISOString() }),
  countDevices: () => Promise.resolve({ matching: 0, all: 100 }),
  claimHubs: () => Promise.resolve(),
  releaseHubs: () => Promise.resolve(),
  closeRollout: ({ rolloutId }) =>
    Promise.resolve({ path: `rollouts/${rolloutId}/closing.json`, sha256: 'c0ffee', recordCount: 1 }),
  verifyRollout: () => Promise.resolve({ recordCount: 1, missing: [], altered: [], added: [] }),
});

/** Runs a rollout over fake activities on a real server, for as long as `during` takes. */
export async function withRollout<Result>(
  env: TestWorkflowEnvironment,
  { spec = specOf(), runShare, activities, input }: Scenario,
  during: (handle: RolloutHandle) => Promise<Result>,
): Promise<Result> {
  const rolloutId = `lock-doors-${randomUUID()}` as RolloutId;
  const worker = await workerOf(env, rolloutId, { ...calmActivities(), ...(runShare && { runShare }), ...activities });
  return worker.runUntil(async () => {
    const handle = await env.client.workflow.start<typeof rollout>(ROLLOUT, {
      workflowId: rolloutId,
      taskQueue: rolloutId,
      memo: { specHash: 'abc' },
      args: [{ rolloutId, spec, startedBy, ...input }],
    });
    return during(handle);
  });
}
