import { Context } from '@temporalio/activity';
import type { WorkflowUpdateFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../../activities';
import type { CheckInput } from '../../../activities/contracts';
import { deviceIdOf } from '../../../domain/ids';
import type { RolloutState } from '../../../domain/progress';
import type { Check } from '../../../domain/spec';
import { rolloutState, STEER } from '../../../workflows/messages';
import { eventually } from '../../support/eventually';
import {
  allSucceed,
  inWave,
  order,
  resultOf,
  type RolloutHandle,
  type RunShare,
  specOf,
  statusIs,
  untilCancelled,
  untilStopped,
  withRollout,
} from '../../support/rollouts';
import { bothHubs } from '../../support/lives';
import { planOf } from '../../support/plans';
import { gateOf, REST, sizes } from '../../support/specs';
import { startTemporal } from '../../support/temporal';

const SKU = { name: 'S1', units: 1 } as const;

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.teardown());

const refusalOf = (error: unknown): string | undefined => (error as WorkflowUpdateFailedError).cause?.message;

it('runs every wave in order and ends with the whole tally', async () => {
  const ran: number[] = [];

  const state = await withRollout(env, { runShare: (input) => (ran.push(input.wave), allSucceed(input)) }, (handle) =>
    handle.result(),
  );

  expect(ran).toEqual([1, 2, 3]);
  expect(state).toMatchObject({
    status: 'completed',
    startedBy: { actor: 'ada' },
    waves: [5, 20, 75].map((succeeded) => ({ status: 'passed', tally: { succeeded } })),
    decisions: [1, 2, 3].map((wave) => ({ kind: 'gate', wave, verdict: { kind: 'proceed' } })),
  });
});

it('aborts before the next wave when the failure limit trips, and says why', async () => {
  const runShare = inWave(1, () => resultOf({ failed: 1, succeeded: 4 }, 'failureLimit'));

  const state = await withRollout(env, { runShare }, (handle) => handle.result());

  expect(state).toMatchObject({
    status: 'aborted',
    waves: [{ status: 'stopped' }, { status: 'pending' }, { status: 'pending' }],
  });
  expect(state.decisions).toMatchObject([
    { wave: 1, verdict: { kind: 'abort', gate: 'failureLimit', reason: 'failed 1 of 5 finished (20%), limit 10%' } },
  ]);
});

it('holds a wave that missed its success target, and goes on when a person says so', async () => {
  const runShare = inWave(2, () => resultOf({ succeeded: 10, offline: 10 }));

  await withRollout(env, { runShare }, async (handle) => {
    await statusIs(handle, 'held');
    await handle.executeUpdate(STEER.proceed, { args: [order] });
    const state = await handle.result();

    expect(state).toMatchObject({ status: 'completed' });
    expect(state.decisions).toMatchObject([
      { wave: 1, verdict: { kind: 'proceed' } },
      { wave: 2, verdict: { kind: 'hold', gate: 'successTarget' } },
      { wave: 2, kind: 'proceed', order },
      { wave: 3, verdict: { kind: 'proceed' } },
    ]);
  });
});

it('does the rest of a held wave first when a person lets it go on after a breach', async () => {
  const spec = specOf({ onBreach: 'hold' });
  const runShare = inWave(2, () => resultOf({ failed: 3, succeeded: 7, pending: 10 }, 'failureLimit'));

  await withRollout(env, { runShare, spec }, async (handle) => {
    await statusIs(handle, 'held');
    await handle.executeUpdate(STEER.proceed, { args: [order] });

    await expect(handle.result()).resolves.toMatchObject({
      status: 'completed',
      waves: [{}, { tally: { pending: 0 } }, {}],
    });
  });
});

it('lets the batch in flight end on an abort, touches no further device, and keeps who and why', async () => {
  const ran: number[] = [];
  const runShare: RunShare = (input) => (
    ran.push(input.wave),
    input.wave === 2 ? untilStopped(input) : allSucceed(input)
  );

  await withRollout(env, { runShare }, async (handle) => {
    await eventually(() => {
      expect(ran).toEqual([1, 2]);
    });
    const answer = await handle.executeUpdate(STEER.abort, { args: [order] });
    const state = await handle.result();

    expect(answer).toMatchObject({ status: 'aborting' });
    expect(ran).toEqual([1, 2]);
    expect(state).toMatchObject({
      status: 'aborted',
      waves: [{ status: 'passed' }, { status: 'stopped', tally: { succeeded: 2, pending: 18 } }, { status: 'pending' }],
    });
    expect(state.decisions.at(-1)).toMatchObject({ kind: 'abort', wave: 2, order });
  });
});

it('asks what was in flight where a cancelled activity could not say it', async () => {
  const modes: string[] = [];
  const runShare: RunShare = async (input) => {
    modes.push(input.mode);
    if (input.mode === 'settle') return resultOf({ succeeded: 1, pending: 4 }, 'cancelled');
    await untilCancelled();
    return Context.current().cancelled;
  };

  await withRollout(env, { runShare }, async (handle) => {
    await eventually(() => {
      expect(modes).toEqual(['run']);
    });
    await handle.executeUpdate(STEER.abort, { args: [order] });

    await expect(handle.result()).resolves.toMatchObject({ waves: [{ tally: { succeeded: 1, pending: 4 } }, {}, {}] });
  });
  expect(modes).toEqual(['run', 'settle']);
});

it('can be aborted while it is held, while it soaks and while it plans', async () => {
  const missed = inWave(1, () => resultOf({ offline: 5 }));
  const soaking = specOf({ gate: { ...specOf().gate, soakMs: 3_600_000 } });
  const abort = async (handle: RolloutHandle, status: RolloutState['status']) => {
    await statusIs(handle, status);
    await handle.executeUpdate(STEER.abort, { args: [order] });
    return handle.result();
  };

  await expect(withRollout(env, { runShare: missed }, (handle) => abort(handle, 'held'))).resolves.toMatchObject({
    status: 'aborted',
  });
  await expect(withRollout(env, { spec: soaking }, (handle) => abort(handle, 'soaking'))).resolves.toMatchObject({
    status: 'aborted',
    decisions: [{ kind: 'gate' }, { kind: 'abort', wave: 1 }],
  });
  const never = { activities: { planRollout: () => Context.current().cancelled } };
  await expect(withRollout(env, never, (handle) => abort(handle, 'planning'))).resolves.toMatchObject({
    status: 'aborted',
    decisions: [{ kind: 'abort', wave: 0 }],
  });
});

it('soaks between waves, and not after the last', async () => {
  const spec = specOf({ gate: { ...specOf().gate, soakMs: 10 } });

  const timers = await withRollout(env, { spec }, async (handle) => {
    await handle.result();
    const { events } = await handle.fetchHistory();
    return events?.filter(({ timerStartedEventAttributes: timer }) => timer);
  });

  expect(timers).toHaveLength(2);
});

it('asks telemetry when a wave has soaked, the last one too, and about what was changed when', async () => {
  const asked: { readonly check: string; readonly wave: number; readonly changed: CheckInput['changed'] }[] = [];
  const askCheck: Activities['askCheck'] = ({ check, wave, changed }) => {
    asked.push({ check: check.name, wave, changed });
    return Promise.resolve({ kind: 'passed', reason: 'fine', inputs: {} });
  };
  const health = { measure: { kind: 'missing' }, value: { op: '<', value: 0.1 }, minimum: 5, graceMs: 0 } as const;
  const checks: Check[] = [
    { kind: 'webhook', name: 'desk', url: 'https://desk.example.com', timeoutMs: 1_000 },
    { kind: 'telemetry', name: 'health', ...health },
  ];
  const spec = specOf({ gate: gateOf({ soakMs: 10, checks }) });

  const state = await withRollout(env, { spec, activities: { askCheck } }, (handle) => handle.result());

  const waves = state.waves.map(({ index }) => index);
  expect(asked.map(({ check, wave }) => `${check} ${wave}`).sort()).toEqual(
    waves.flatMap((wave) => [`desk ${wave}`, `desk ${wave}`, `health ${wave}`]).sort(),
  );
  for (const { wave, changed } of asked) {
    const { startedAt, endedAt } = state.waves[wave - 1] ?? {};
    expect(changed).toEqual({ from: startedAt, to: endedAt, unfinished: [] });
  }
});

it('asks telemetry right after the wave where nothing soaks', async () => {
  const asked: string[] = [];
  const askCheck: Activities['askCheck'] = ({ check, wave }) => {
    asked.push(`${check.name} ${wave}`);
    return Promise.resolve({ kind: 'inconclusive', reason: 'no data', inputs: {} });
  };
  const check: Check = {
    ...{ kind: 'telemetry', name: 'health', measure: { kind: 'missing' }, value: { op: '<', value: 0.1 } },
    ...{ minimum: 5, graceMs: 0 },
  };
  const spec = specOf({ gate: gateOf({ checks: [check] }) });

  await withRollout(env, { spec, activities: { askCheck } }, async (handle) => {
    await statusIs(handle, 'held');

    expect(asked).toEqual(['health 1']);
    const { waitsFor } = await handle.query(rolloutState);
    expect(waitsFor?.why).toBe('check health inconclusive: no data');
  });
});

it('stops the other hubs when one trips the failure limit, and judges by that hub', async () => {
  const spec = specOf({ target: bothHubs, waves: sizes(REST) });
  const runShare: RunShare = (input) =>
    input.hub === 'west' ? Promise.resolve(resultOf({ failed: 2 }, 'failureLimit')) : untilStopped(input);

  const state = await withRollout(env, { spec, runShare }, (handle) => handle.result());

  expect(state).toMatchObject({ status: 'aborted', decisions: [{ verdict: { tally: { failed: 2, succeeded: 0 } } }] });
});

it.each([
  {
    name: 'proceed while nothing is held',
    update: STEER.proceed,
    args: order,
    why: 'proceed is not possible while it is running; possible now: pause, hold, abort, rollback, change',
  },
  {
    name: 'an abort without a reason',
    update: STEER.abort,
    args: { ...order, reason: '' },
    why: 'needs an actor and a reason',
  },
])('refuses $name, and leaves no trace of it', async ({ update, args, why }) => {
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const runShare: RunShare = async (input) => (await finished, allSucceed(input));

  await withRollout(env, { runShare }, async (handle) => {
    await statusIs(handle, 'running');
    const refused = await handle.executeUpdate(update, { args: [args] }).catch((error: unknown) => error);
    finish();
    const state = await handle.result();

    expect(refusalOf(refused)).toContain(`GS_ORDER_REFUSED`);
    expect(refusalOf(refused)).toContain(why);
    expect(state.decisions.every(({ kind }) => kind === 'gate')).toBe(true);
  });
});

/** What the server keeps of a rollout with soaks over two hubs, in three waves. */
async function historyOf(devicesOnEach: number) {
  const spec = specOf({ target: bothHubs, gate: { ...specOf().gate, soakMs: 10 } });
  const sizeOf = new Map<string, number>();
  const plan: Activities['planRollout'] = ({ rolloutId }) => {
    const targets = spec.target.hubs.flatMap((hub) =>
      Array.from({ length: devicesOnEach }, (_, n) => ({ hub, deviceId: deviceIdOf(`door-${n}`), connected: true })),
    );
    const { summary } = planOf(rolloutId, spec, targets, new Map(spec.target.hubs.map((hub) => [hub, SKU])));
    for (const { index, shares } of summary.waves)
      for (const { part, deviceCount } of shares) sizeOf.set(`${index} ${part}`, deviceCount);
    return Promise.resolve(summary);
  };
  const runShare: RunShare = ({ wave, part }) =>
    Promise.resolve(resultOf({ succeeded: sizeOf.get(`${wave} ${part}`) ?? 0 }));
  return withRollout(env, { spec, runShare, activities: { planRollout: plan } }, async (handle) => {
    const { status } = await handle.result();
    const { historyLength, historySize = 0 } = await handle.describe();
    return { status, events: historyLength, bytes: historySize };
  });
}

it('writes a history that grows with waves and hubs, never with devices', async () => {
  const [small, large] = [await historyOf(20), await historyOf(2_000)];

  expect([small.status, large.status]).toEqual(['completed', 'completed']);
  // Tasks may be put together or not: an event or two more or less, for each of them.
  expect(large.events / (3 * 2)).toBeLessThanOrEqual(20);
  expect(small.events / (3 * 2)).toBeLessThanOrEqual(20);
  expect(large.bytes / small.bytes).toBeLessThan(1.25);
});
