import { heartbeat, sleep } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../../activities';
import { giveOrder } from '../../../cli/rollout/order';
import { hubNameOf, type RolloutId } from '../../../domain/ids';
import type { PlannedWave } from '../../../domain/plan';
import type { RolloutState } from '../../../domain/progress';
import { windowRule } from '../../support/lives';
import {
  order,
  planRollout,
  resultOf,
  type RolloutHandle,
  type RunShare,
  untilCancelled,
  withRollout,
} from '../../support/rollouts';
import { count, gateOf, REST, sizes, specOf } from '../../support/specs';
import { startTemporal, suggestAfter } from '../../support/temporal';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTemporal(suggestAfter(30));
});
afterAll(() => env.teardown());

const WAVES = 25;
/** So many give orders at once. */
const OPERATORS = 5;
const spec = specOf({
  waves: sizes(...Array.from({ length: WAVES - 1 }, () => count(1)), REST),
  gate: gateOf({ soakMs: 50, failureLimit: 1, successTarget: 0 }),
});

/** So many changes come while the rollout runs, however fast it is: its last wave waits for them. */
const CHANGES = 15;
let changes = 0;
const oneSucceeds: RunShare = async ({ wave }) => {
  const beating = setInterval(() => heartbeat(), 500);
  while (wave === WAVES && changes < CHANGES) await sleep(50);
  clearInterval(beating);
  return resultOf({ succeeded: 1 });
};

/** Gives changes one after the other, as fast as they are answered, until the rollout has ended. */
async function fire({ workflowId }: RolloutHandle, first: number, ended: () => boolean): Promise<number[]> {
  const accepted: number[] = [];
  for (let minimum = first; !ended(); minimum += OPERATORS) {
    const change = { ...order, settings: { minimum } };
    const { kind } = await giveOrder(env.client, workflowId as RolloutId, { kind: 'change', order: change });
    if (kind !== 'accepted') continue;
    accepted.push(minimum);
    changes += 1;
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
  expect(accepted.length).toBeGreaterThanOrEqual(CHANGES);
  const carriedOut = state.decisions.flatMap((decision) =>
    decision.kind === 'change' ? [decision.settings?.minimum] : [],
  );
  expect(carriedOut).toHaveLength(accepted.length);
  expect(new Set(carriedOut)).toEqual(new Set(accepted));
  expect(state.decisionCount).toBe(accepted.length + WAVES);
  expect(state).toMatchObject({ status: 'completed', settings: { minimum: carriedOut.at(-1) } });
  expect(memo).toMatchObject({ specHash: 'abc' });
});

/** Waves of eight devices in Berlin and two in Tokyo. */
const planZones: Activities['planRollout'] = async (input) => {
  const [first] = (await planRollout(input)).waves;
  const shares = [8, 2].map((deviceCount, index) => ({
    part: index + 1,
    hub: hubNameOf('west'),
    zone: ['Europe/Berlin', 'Asia/Tokyo'][index] ?? '',
    deviceCount,
    batchCount: 1,
  }));
  const waves = Array.from({ length: 8 }, (_, index) => ({
    ...(first as PlannedWave),
    index: index + 1,
    deviceCount: 10,
    shares,
  }));
  return { ...(await planRollout(input)), waves };
};

it('asks the limit of a late zone that trips it at the very moment when the rollout continues as new', async () => {
  const runShare: RunShare = async ({ wave, part, limit }) => {
    if (wave !== 1 || part !== 2 || limit === 'waived') return resultOf({ succeeded: part === 1 ? 8 : 2 });
    await untilCancelled(); // by the new run, which wants all at rest
    return resultOf({ failed: 2 }, 'failureLimit');
  };
  const zone = { kind: 'tag', tag: 'zone', otherwise: 'Europe/Berlin' } as const;
  const zoned = specOf({ window: { ...windowRule, zone, quorum: 0.8 }, onBreach: 'abort' });
  const scenario = { spec: zoned, runShare, activities: { planRollout: planZones } };

  const { status, decisions } = await withRollout(env, scenario, (handle) => handle.result());

  expect(status).toBe('aborted');
  expect(decisions.at(-1)).toMatchObject({ after: 'lateShare', wave: 1, verdict: { kind: 'abort' } });
});
