import { hubNameOf } from '../../../domain/ids';
import type { RolloutSpec } from '../../../domain/spec';
import { FakeWorld, type FakeWorldOptions, type Manner } from '../../support/fake-provisioning';
import { fakeDate, migrateTo, moveOf, moveSpec, WEST } from '../../support/moves';
import { LOCK_DOOR } from '../../support/shares';

const JAIL = hubNameOf('jail');
const retry = { attempts: 3, on: ['failed'], firstMs: 0, factor: 1, mostMs: 0 } as const;
const quarantine = { after: 2, tags: { troubled: true }, hub: JAIL } as const;

/** A rollout of a method, whose devices are set apart when they have failed twice. */
const lockSpec = (change: Partial<RolloutSpec> = {}): RolloutSpec =>
  moveSpec(migrateTo(), { action: LOCK_DOOR, executor: 'direct', retry, quarantine, ...change });

/** Devices in the west, every second in a group; these fail whatever they are asked for. */
function worldOf(failing: Readonly<Record<string, Manner>>, options: Partial<FakeWorldOptions> = {}): FakeWorld {
  const twinOf = (id: string) => ({ tags: { site: id }, desired: { fps: 30 }, reported: { firmware: '1.4' } });
  const world = new FakeWorld({ hubs: ['west', 'east', 'jail'], twinOf, ...options });
  for (let index = 0; index < 4; index += 1) {
    const id = `pump-${index}`;
    world.add(id, 'west', index % 2 === 0 ? 'individual' : 'group', failing[id]);
  }
  world.statusOf = (id) => (id in failing ? 500 : 200);
  return world;
}

const mark = {
  from: 'west',
  rolloutId: 'go-east',
  at: expect.stringMatching(/^20/) as string,
  reason: expect.any(String) as string,
};

beforeEach(fakeDate);
afterEach(() => jest.useRealTimers());

it('moves devices that fail again and again to the quarantine hub, marks where they came from, and asks them no more', async () => {
  const world = worldOf({ 'pump-0': 'good', 'pump-1': 'good' });
  let asked = 0;
  world.onCall = (name) => void (asked += name === 'invokeMethod' ? 1 : 0);
  const { run, outcomes } = await moveOf(world, lockSpec());

  const { tally } = await run();

  expect(tally).toMatchObject({ succeeded: 2, failed: 2 });
  for (const id of ['pump-0', 'pump-1']) {
    expect(world.hubOf(id)).toBe(JAIL);
    expect(world.twinAt('jail', id)?.tags).toEqual({ site: id, troubled: true, groundswell: { quarantine: mark } });
  }
  expect(['pump-2', 'pump-3'].map((id) => world.hubOf(id))).toEqual([WEST, WEST]);
  const second = await outcomes({ attempt: 2 });
  expect(second).toEqual(
    ['pump-0', 'pump-1'].map((deviceId) => ({
      deviceId,
      kind: 'failed',
      status: 500,
      detail: 'null; moved to the quarantine hub jail',
      quarantined: true,
      movedTo: 'jail',
    })),
  );
  // Four of the first attempt, two of the second, two that tell the devices to leave; no third attempt.
  expect(asked).toBe(8);
});

it('marks a device on the quarantine hub, too, where its twin starts anew there', async () => {
  const world = worldOf({ 'pump-0': 'good' }, { policy: { updateHubAssignment: true, migrateDeviceData: false } });
  const { run } = await moveOf(world, lockSpec());

  await run();

  expect(world.twinAt('jail', 'pump-0')?.tags).toEqual({ troubled: true, groundswell: { quarantine: mark } });
});

it('disables the old identity of a device that does not answer the method', async () => {
  const world = worldOf({ 'pump-0': 'refuses', 'pump-1': 'refuses' });
  const { run, outcomes } = await moveOf(world, lockSpec());

  await run();

  expect(['pump-0', 'pump-1'].map((id) => world.hubOf(id))).toEqual([JAIL, JAIL]);
  expect(await outcomes({ attempt: 2 })).toMatchObject([{ movedTo: 'jail' }, { movedTo: 'jail' }]);
  expect([...world.disabled]).toEqual([]);
});

it('tags a device at home that cannot be moved, and says why', async () => {
  const world = worldOf({ 'pump-0': 'deaf', 'pump-1': 'deaf' });
  const { run, outcomes } = await moveOf(world, lockSpec());

  const { tally } = await run();

  expect(tally).toMatchObject({ failed: 2, succeeded: 2 });
  for (const outcome of await outcomes({ attempt: 2 })) {
    expect(outcome).toMatchObject({ kind: 'failed', quarantined: true });
    expect(outcome.movedTo).toBeUndefined();
    expect(outcome.detail).toMatch(/could not be moved to the quarantine hub jail: never arrived on jail within 5 min/);
    expect(world.hubOf(outcome.deviceId)).toBe(WEST);
    expect(world.twinAt('west', outcome.deviceId)?.tags).toEqual({
      site: outcome.deviceId,
      troubled: true,
      groundswell: {},
    });
  }
  expect([...world.disabled, ...world.assigned.keys()]).toEqual([]);
  expect(world.enrollments.get('pump-0')).toMatchObject({ allocationPolicy: 'hashed', hubs: [] });
});

it('ends the same when the worker is lost in any call of it', async () => {
  for (let lost = 6, isOver = false; !isOver; lost += 2) {
    const world = worldOf({ 'pump-0': 'good', 'pump-1': 'refuses' });
    const { run, outcomes, line } = await moveOf(world, lockSpec({ retry: { ...retry, attempts: 2 } }));
    let calls = 0;
    world.onCall = () => {
      if (calls++ === lost) throw new Error('the worker is lost');
    };

    const lossOf = await run().catch((error: unknown) => error);
    isOver = !(lossOf instanceof Error);
    if (!isOver) await run({}, line.beats.at(-1));

    const second = await outcomes({ attempt: 2 });
    expect([lost, second.map(({ deviceId, movedTo }) => [deviceId, movedTo])]).toEqual([
      lost,
      [
        ['pump-0', 'jail'],
        ['pump-1', 'jail'],
      ],
    ]);
    for (const id of ['pump-0', 'pump-1'])
      expect(world.twinAt('jail', id)?.tags).toMatchObject({ groundswell: { quarantine: mark } });
    expect(world.registered.sort()).toEqual(['pump-0 jail', 'pump-1 jail']);
  }
});

it('goes on without the move where the worker may not make it', async () => {
  const world = worldOf({ 'pump-0': 'good' });
  const { run, outcomes } = await moveOf(world, lockSpec());
  const refused = Object.assign(new Error('GS_DPS_UNAUTHORIZED: no'), { code: 'GS_DPS_UNAUTHORIZED', details: {} });
  world.onCall = (name) => {
    if (name === 'enrollment') throw refused;
  };

  const { tally } = await run();

  expect(tally).toMatchObject({ succeeded: 3, failed: 1, pending: 0 });
  expect((await outcomes({ attempt: 2 }))[0]).toMatchObject({
    quarantined: true,
    detail: expect.stringContaining('GS_DPS_UNAUTHORIZED') as string,
  });
});

it('leaves a device in quarantine when the rollout is rolled back', async () => {
  const world = worldOf({ 'pump-0': 'good' });
  const { run } = await moveOf(world, lockSpec({ rollback: { action: LOCK_DOOR, gate: moveSpec().gate } }));
  await run();

  const { tally } = await run({ pass: 'rollback' });

  expect(tally).toMatchObject({ succeeded: 3, failed: 0, skipped: 0 });
});

it('releases devices from quarantine: back to the hubs they came from, without the mark', async () => {
  const world = worldOf({ 'pump-0': 'good', 'pump-1': 'good' });
  await (await moveOf(world, lockSpec())).run();
  const release = moveSpec(migrateTo({ to: 'origin' }), {
    target: { kind: 'query', hubs: [JAIL], where: 'is_defined(tags.groundswell.quarantine)' },
  });

  const { tally } = await (await moveOf(world, release)).run({ hub: JAIL });

  expect(tally).toMatchObject({ succeeded: 2 });
  for (const id of ['pump-0', 'pump-1']) {
    expect(world.hubOf(id)).toBe(WEST);
    expect(world.twinAt('west', id)?.tags).toEqual({ site: id, troubled: true, groundswell: {} });
  }
});

it.each([true, false])('marks devices again when their release is rolled back (data goes along: %s)', async (along) => {
  const policy = { updateHubAssignment: true, migrateDeviceData: along };
  const world = worldOf({ 'pump-0': 'good', 'pump-1': 'good' }, { policy });
  await (await moveOf(world, lockSpec())).run();
  const before = ['pump-0', 'pump-1'].map((id) => world.twinAt('jail', id)?.tags);
  const release = moveSpec(migrateTo({ to: 'origin' }), {
    target: { kind: 'query', hubs: [JAIL], where: 'is_defined(tags.groundswell.quarantine)' },
  });
  const { run } = await moveOf(world, release);
  await run({ hub: JAIL });

  const { tally } = await run({ hub: JAIL, pass: 'rollback' });

  expect(tally).toMatchObject({ succeeded: 2, failed: 0 });
  expect(['pump-0', 'pump-1'].map((id) => world.hubOf(id))).toEqual([JAIL, JAIL]);
  expect(['pump-0', 'pump-1'].map((id) => world.twinAt('jail', id)?.tags)).toEqual(before);
});
