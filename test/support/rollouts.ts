import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import type { Activities } from '../../activities';
import type { WaveInput, WaveResult } from '../../activities/waves';
import { deviceIdOf, hubNameOf, type RolloutId } from '../../domain/ids';
import type { RolloutSpec } from '../../domain/spec';
import { tallyOf } from '../../domain/tally';
import { ROLLOUT } from '../../workflows/messages';
import type { rollout } from '../../workflows';
import { planOf } from './plans';
import { specOf } from './specs';
import { workerOf } from './temporal';

export { specOf };

export const startedBy = { actor: 'ada', reason: 'doors must lock' };
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
export const sizeOfWave = ({ wave }: WaveInput): number => WAVE_SIZES[wave - 1] ?? 0;
export const allSucceed = (input: WaveInput): Promise<WaveResult> =>
  Promise.resolve({ tally: tallyOf({ succeeded: sizeOfWave(input) }) });

export type RolloutHandle = WorkflowHandleWithFirstExecutionRunId<typeof rollout>;

/** Runs a rollout over fake activities on a real server, for as long as `during` takes. */
export async function withRollout<Result>(
  env: TestWorkflowEnvironment,
  {
    runWave = allSucceed,
    spec = specOf(),
    plan = planRollout,
  }: {
    readonly runWave?: (input: WaveInput) => Promise<WaveResult>;
    readonly spec?: RolloutSpec;
    readonly plan?: Activities['planRollout'];
  },
  during: (handle: RolloutHandle) => Promise<Result>,
): Promise<Result> {
  const rolloutId = `lock-doors-${randomUUID()}` as RolloutId;
  const worker = await workerOf(env, rolloutId, { planRollout: plan, runWave });
  return worker.runUntil(async () => {
    const handle = await env.client.workflow.start<typeof rollout>(ROLLOUT, {
      workflowId: rolloutId,
      taskQueue: rolloutId,
      args: [{ rolloutId, spec, startedBy }],
    });
    return during(handle);
  });
}
