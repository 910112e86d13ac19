import { createPlanningActivities } from '../../activities/planning';
import { createPlans } from '../../activities/ledger/plans';
import { deviceIdOf, hubNameOf, type RolloutId } from '../../domain/ids';
import type { RolloutSpec, Target } from '../../domain/spec';
import { batchOf, count, REST, sizes, specOf as base } from '../support/specs';
import { activityContext } from '../support/activity';
import { type FakeHub, fakeHub, fakeLedger, noClaims } from '../support/fake-hub';

const rolloutId = 'lock-doors' as RolloutId;
const hubs = [hubNameOf('main')];

const specOf = (target: Target): RolloutSpec =>
  base({ target, waves: sizes(count(1), REST), batch: batchOf({ size: 5 }) });
const all = specOf({ kind: 'query', hubs, where: '*' });

function planner(hub: FakeHub, ledger = fakeLedger()) {
  const plans = createPlans(ledger);
  const activities = createPlanningActivities({ hubs: { get: () => hub }, ledger, claims: noClaims });
  const env = activityContext();
  return {
    ledger,
    plans,
    preview: (spec: RolloutSpec) => env.run(activities.previewPlan, { rolloutId, spec }),
    plan: (spec: RolloutSpec, runId = 'first') => env.run(activities.planRollout, { rolloutId, spec, runId }),
  };
}

it('freezes the target set: a retry keeps the plan though the fleet has changed', async () => {
  const { plan, ledger } = planner(fakeHub({ devices: ['a', 'b', 'c'] }));
  const frozen = await plan(all);

  await expect(planner(fakeHub({ devices: ['a'] }), ledger).plan(all)).resolves.toEqual(frozen);
});

it('plans afresh when an earlier attempt died between the chunks and the plan', async () => {
  const { plan, ledger } = planner(fakeHub({ devices: ['a', 'b', 'c'] }));
  await plan(all);
  ledger.records.delete('rollouts/lock-doors/plan.json');

  await expect(planner(fakeHub({ devices: ['a', 'd'] }), ledger).plan(all)).resolves.toMatchObject({ deviceCount: 2 });
});

it('refuses an id under which the ledger holds an earlier rollout', async () => {
  const { plan } = planner(fakeHub({ devices: ['a'] }));
  await plan(all, 'first');

  await expect(plan(all, 'second')).rejects.toMatchObject({ code: 'GS_ROLLOUT_EXISTS' });
});

it('hands each wave its own devices back from the ledger', async () => {
  const { plan, plans } = planner(fakeHub({ devices: ['a', 'b', 'c'] }));
  await plan(all);

  const frozen = await plans.record(rolloutId);
  const waves: string[][] = [];
  for (const wave of [1, 2]) {
    const ids: string[] = [];
    for await (const { deviceIds } of plans.devices(frozen, wave, 1)) ids.push(...deviceIds);
    waves.push(ids);
  }
  expect(waves.map(({ length }) => length)).toEqual([1, 2]);
  expect(waves.flat().sort()).toEqual(['a', 'b', 'c']);
});

it('writes nothing for a preview, and previews the plan that would be frozen', async () => {
  const { preview, plan, ledger } = planner(fakeHub({ devices: ['a', 'b', 'c'], offline: ['b'] }));

  const previewed = await preview(all);

  expect(ledger.records.size).toBe(0);
  expect(previewed).toMatchObject({ deviceCount: 3, offlineCount: 1 });
  await expect(plan(all)).resolves.toEqual(previewed);
});

it('refuses a target without a device', async () => {
  await expect(planner(fakeHub({ devices: [] })).plan(all)).rejects.toMatchObject({ code: 'GS_TARGET_EMPTY' });
});

it('names the devices of a list that the hub does not have, and plans nothing', async () => {
  const { plan, ledger } = planner(fakeHub({ devices: ['a'] }));
  const listed = specOf({ kind: 'devices', hubs, devices: ['a', 'x', 'y'].map(deviceIdOf) });

  await expect(plan(listed)).rejects.toMatchObject({
    code: 'GS_DEVICE_UNKNOWN',
    details: { count: 2, devices: ['x', 'y'] },
  });
  expect(ledger.records.size).toBe(0);
});
