import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { giveOrder } from '../../../cli/rollout/order';
import type { RolloutId } from '../../../domain/ids';
import type { RolloutState } from '../../../domain/progress';
import { order, resultOf, type RolloutHandle, type RunShare, withRollout } from '../../support/rollouts';
import { count, gateOf, REST, sizes, specOf } from '../../support/specs';
import { startTemporal, suggestAfter } from '../../support/temporal';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTemporal(suggestAfter(30));
}, 60_000);
afterAll(() => env.teardown());

const WAVES = 25;
/** So many give orders at once. */
const OPERATORS = 5;
const spec = specOf({
  waves: sizes(...Array.from({ length: WAVES - 1 }, () => count(1)), REST),
  gate: gateOf({ soakMs: 50, failureLimit: 1, successTarget: 0 }),
});

const oneSucceeds: RunShare = () => Promise.resolve(resultOf({ succeeded: 1 }));

/** Gives changes one after the other, as fast as they are answered, until the rollout has ended. */
async function fire({ workflowId }: RolloutHandle, first: number, ended: () => boolean): Promise<number[]> {
  const accepted: number[] = [];
  for (let minimum = first; !ended(); minimum += OPERATORS) {
    const change = { ...order, settings: { minimum } };
    const { kind } = await giveOrder(env.client, workflowId as RolloutId, { kind: 'change', order: change });
    if (kind === 'accepted') accepted.push(minimum);
  }
  return accepted;
}

async function runsOf({ client, workflowId }: RolloutHandle): Promise<number> {
  let runs = 0;
  for await (const each of client.list({ query: `WorkflowId = '${workflowId}'` })) runs += each.workflowId ? 1 : 0;
  return runs;
}

it('carries every accepted command over many runs, each exactly once, and keeps memo and state', async () => {
  const { state, accepted, runs, memo } = await withRollout(env, { spec, runShare: oneSucceeds }, async (handle) => {
    let result: RolloutState | undefined;
    const ending = handle.result().then((end) => (result = end));
    const firing = Array.from({ length: OPERATORS }, (_, index) => fire(handle, index + 1, () => result !== undefined));
    const fired = (await Promise.all(firing)).flat();
    const { memo: kept } = await env.client.workflow.getHandle(handle.workflowId).describe();
    return { state: await ending, accepted: fired, runs: await runsOf(handle), memo: kept };
  });

  expect(runs).toBeGreaterThan(5);
  expect(accepted.length).toBeGreaterThan(10);
  const carriedOut = state.decisions.flatMap((decision) =>
    decision.kind === 'change' ? [decision.settings?.minimum] : [],
  );
  expect(carriedOut).toHaveLength(accepted.length);
  expect(new Set(carriedOut)).toEqual(new Set(accepted));
  expect(state.decisionCount).toBe(accepted.length + WAVES);
  expect(state).toMatchObject({ status: 'completed', settings: { minimum: carriedOut.at(-1) } });
  expect(memo).toMatchObject({ specHash: 'abc' });
});
