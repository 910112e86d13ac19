import { operationsPerDevice } from '../../../domain/dps-limits';
import { FakeWorld, type FakeWorldOptions, hostOf, type Manner, valuesOf } from '../../support/fake-provisioning';
import { EAST, fakeDate, migrateTo, moveOf, moveSpec, WEST } from '../../support/moves';

const twinOf = (id: string) => ({ tags: { site: id }, desired: { fps: 30 }, reported: { firmware: '1.4' } });
const initialTwin = { tags: { fresh: true }, desired: { fps: 10 } };
const RESET = { updateHubAssignment: true, migrateDeviceData: false };

/** Two hubs; devices on the western one, every second in a group. */
function worldOf(
  count: number,
  manners: Readonly<Record<string, Manner>> = {},
  options: Partial<FakeWorldOptions> = {},
) {
  const world = new FakeWorld({ hubs: ['west', 'east'], twinOf, ...options });
  for (let index = 0; index < count; index += 1) {
    const id = `pump-${index}`;
    world.add(id, 'west', index % 2 === 0 ? 'individual' : 'group', manners[id]);
  }
  return world;
}

const FORMER = { allocationPolicy: 'hashed', hubs: [] };

beforeEach(fakeDate);
afterEach(() => jest.useRealTimers());

it('moves devices of both kinds of enrollment with all that their twins hold', async () => {
  const world = worldOf(4);
  const { run } = await moveOf(world);

  const { tally } = await run();

  expect(tally).toMatchObject({ succeeded: 4, pending: 0 });
  for (const id of world.devices.keys()) {
    expect(world.hubOf(id)).toBe(EAST);
    expect(world.twinAt('west', id)).toBeUndefined();
    expect(valuesOf(world.twinAt('east', id) ?? twinOf(''))).toEqual(twinOf(id));
    expect(world.device(id).heard).toEqual([`go-east.wave1.1.${id}`]);
  }
  expect(world.assigned.size).toBe(0);
  expect(world.enrollments.get('pump-0')).toMatchObject({ allocationPolicy: 'static', hubs: [hostOf('east')] });
});

it('looks for the modules of all devices of a batch at once, since hubs allow few queries', async () => {
  const world = worldOf(40);
  const { run } = await moveOf(world);
  let asked = 0;
  world.onCall = (name) => void (asked += Number(name === 'modules'));

  const { tally } = await run();

  expect(tally).toMatchObject({ succeeded: 40 });
  expect(asked).toBe(1);
});

it('asks the service twice for a device of a group, and never for an enrollment of its own that the plan has not seen', async () => {
  const world = new FakeWorld({ hubs: ['west', 'east'], twinOf });
  for (const id of ['pump-1', 'pump-3']) world.add(id, 'west', 'group');
  const { run } = await moveOf(world);
  const calls: string[] = [];
  world.onCall = (name) => calls.push(name);

  const { tally } = await run();

  expect(tally).toMatchObject({ succeeded: 2 });
  expect(calls.filter((name) => name === 'enrollment')).toEqual([]);
  expect(calls.filter((name) => name === 'registration')).toHaveLength(2 * operationsPerDevice('group'));
});

it('compares with the initial twin where the policy resets', async () => {
  const world = worldOf(2, {}, { policy: RESET, initialTwin });
  const { run } = await moveOf(world);

  const { tally } = await run();

  expect(tally).toMatchObject({ succeeded: 2 });
  expect(valuesOf(world.twinAt('east', 'pump-0') ?? twinOf(''))).toEqual({ ...initialTwin, reported: {} });
});

it('names a device that acknowledges and never shows, points it back, and leaves the others where they arrived', async () => {
  const world = worldOf(4, { 'pump-0': 'silent', 'pump-1': 'silent' });
  const { run, outcomes } = await moveOf(world);

  const { tally } = await run();

  expect(tally).toMatchObject({ succeeded: 2, timedOut: 2 });
  const detail = 'never arrived on east within 1 min; pointed back to west; after 1 min it is not connected anywhere';
  const lost = (await outcomes()).filter(({ kind }) => kind === 'timedOut');
  expect(lost.map((outcome) => outcome.deviceId).sort()).toEqual(['pump-0', 'pump-1']);
  for (const outcome of lost) expect(outcome.detail).toContain(detail);
  expect(world.assigned.get('pump-1')?.hub).toBe(hostOf('west'));
  expect(world.enrollments.get('pump-0')).toMatchObject({ allocationPolicy: 'static', hubs: [hostOf('west')] });
});

it('leaves a device at home that stays connected there, with its enrollment as it was', async () => {
  const world = worldOf(2, { 'pump-0': 'deaf', 'pump-1': 'deaf' });
  const { run, outcomes } = await moveOf(world);

  const { tally } = await run();

  expect(tally).toMatchObject({ timedOut: 2 });
  for (const { detail } of await outcomes()) expect(detail).toContain('it is back at home');
  expect(world.enrollments.get('pump-0')).toMatchObject(FORMER);
  expect(world.assigned.size).toBe(0);
});

it('brings a device home whose twin is not what it should be, and restores what was there', async () => {
  const world = worldOf(2);
  const { run, outcomes } = await moveOf(world);
  world.onRegistered = () => {
    const twins = world.twins.get(EAST);
    const twin = twins?.get('pump-0');
    if (twin) twins?.set('pump-0', { ...twin, tags: {} });
  };

  const { tally } = await run();

  expect(tally).toMatchObject({ succeeded: 1, failed: 1 });
  expect((await outcomes()).find(({ kind }) => kind === 'failed')?.detail).toMatch(
    /^tags.site is nothing on east, should be "pump-0": .*; pointed back to west; it is back at home$/,
  );
  expect(valuesOf(world.twinAt('west', 'pump-0') ?? twinOf(''))).toEqual(twinOf('pump-0'));
  expect(world.enrollments.get('pump-0')).toMatchObject(FORMER);
});

it('does not touch a device that is not connected or has no enrollment, and takes back one that refuses', async () => {
  const world = worldOf(5, { 'pump-2': 'refuses' });
  world.device('pump-0').connected = undefined;
  const { run, outcomes } = await moveOf(world);
  // A plan refuses such a device: this one was taken out after it.
  world.registrations.delete('pump-1');

  await run();

  const byId = new Map((await outcomes()).map((outcome) => [String(outcome.deviceId), outcome]));
  expect(byId.get('pump-0')).toMatchObject({ kind: 'offline' });
  expect(byId.get('pump-1')).toMatchObject({
    kind: 'failed',
    detail: 'the provisioning service dps has no enrollment for it',
  });
  expect(byId.get('pump-2')).toMatchObject({ kind: 'failed', status: 500 });
  expect(byId.get('pump-3')).toMatchObject({ kind: 'succeeded' });
  expect(world.enrollments.get('pump-0')?.etag).toBe('e0');
  expect(world.enrollments.get('pump-2')).toMatchObject(FORMER);
});

it('disables the old identity to make a device ask, and enables it again where it does not leave', async () => {
  const world = worldOf(4, { 'pump-0': 'deaf' });
  const { run } = await moveOf(world, moveSpec(migrateTo({ trigger: { kind: 'disable' } })));

  const { tally } = await run();

  expect(tally).toMatchObject({ succeeded: 3, timedOut: 1 });
  expect(world.disabled.size).toBe(0);
  expect(world.device('pump-0').connected).toBe(WEST);
});

it('waits for devices to ask by themselves; a stop takes back those that have not', async () => {
  const world = worldOf(2);
  const action = migrateTo({ trigger: { kind: 'wait' }, arriveWithinMs: 86_400_000 });
  const { run, line } = await moveOf(world, moveSpec(action));
  line.onRest = () => {
    if (world.hubOf('pump-0') === WEST && world.enrollments.get('pump-0')?.allocationPolicy === 'static') {
      world.register('pump-0');
      line.stop = true;
    }
  };

  const { tally, stopped } = await run();

  expect(stopped).toBe('cancelled');
  expect(tally).toMatchObject({ succeeded: 1, pending: 1 });
  expect(world.assigned.size).toBe(0);
  expect(world.hubOf('pump-1')).toBe(WEST);
});

it('takes pointed devices back when a stop comes before they are told, and moves them when it goes on', async () => {
  const world = worldOf(4);
  const { run, line } = await moveOf(world);
  world.onCall = (name) => {
    if (name === 'point') line.stop = true;
  };

  const first = await run();

  expect(first).toMatchObject({ stopped: 'cancelled', tally: { pending: 4, succeeded: 0 } });
  expect(world.registered).toEqual([]);
  expect(world.enrollments.get('pump-0')).toMatchObject(FORMER);
  expect(world.assigned.size).toBe(0);

  [line.stop, world.onCall] = [false, () => undefined];
  const second = await run({ cursor: first.cursor });

  expect(second.tally).toMatchObject({ succeeded: 4 });
  expect(world.device('pump-0').heard).toEqual(['go-east.wave1.1.pump-0.2']);
});

describe('a worker that is lost', () => {
  const calls = [
    ...([1, 3] as const).map((nth) => ['enrollment', nth] as const),
    ...([1, 6, 7, 12, 20] as const).map((nth) => ['twin', nth] as const),
    ...([1, 2] as const).map((nth) => ['point', nth] as const),
    ...([1, 3, 4] as const).map((nth) => ['put', nth] as const),
    ...([1, 3, 6] as const).map((nth) => ['invokeMethod', nth] as const),
    ...([1, 4, 7, 9] as const).map((nth) => ['registration', nth] as const),
    ...([1, 2, 3] as const).map((nth) => ['remove', nth] as const),
  ];

  it.each(calls)('in call %s number %i is followed by another one that ends the same', async (name, nth) => {
    const manners = { 'pump-4': 'silent', 'pump-5': 'deaf' } as const;
    const world = worldOf(6, manners, { policy: RESET, initialTwin });
    const { run, line, outcomes } = await moveOf(world);
    let left = nth;
    world.onCall = (called) => {
      if (called !== name) return;
      left -= 1;
      if (left === 0) throw new Error('the worker is lost');
    };

    await expect(run()).rejects.toThrow('the worker is lost');
    const { tally } = await run({}, line.beats.at(-1));

    expect(tally).toMatchObject({ succeeded: 4, timedOut: 2, pending: 0 });
    for (const [id, { heard }] of world.devices) expect([...new Set(heard)]).toEqual([`go-east.wave1.1.${id}`]);
    expect(await outcomes()).toHaveLength(6);
    expect([...world.devices.keys()].filter((id) => world.hubOf(id) === EAST)).toHaveLength(4);
    expect(world.twinAt('west', 'pump-5')).toMatchObject(twinOf('pump-5'));
    expect([...world.assigned.keys()]).toEqual([]);
  });
});

it('rolls back: devices at home, enrollments and twins as they were', async () => {
  const world = worldOf(4, {}, { policy: RESET, initialTwin });
  const { run } = await moveOf(world);
  await run();

  const { tally } = await run({ pass: 'rollback' });

  expect(tally).toMatchObject({ succeeded: 4 });
  for (const id of world.devices.keys()) {
    expect(world.hubOf(id)).toBe(WEST);
    const { tags, desired } = twinOf(id);
    expect(world.twinAt('west', id)).toMatchObject({ tags, desired });
    expect(world.device(id).heard).toEqual([`go-east.wave1.1.${id}`, `go-east.rollback1.1.${id}`]);
  }
  expect(world.enrollments.get('pump-0')).toMatchObject(FORMER);
  expect(world.assigned.size).toBe(0);
});

describe('what a spec lets assignments bring', () => {
  const start = { tags: { floor: 3 }, desired: { mode: 'calm' } };
  const payload = { welcome: 'east' };
  const gifted = moveSpec(migrateTo({ payload, initialTwin: start }));

  it('goes to devices of groups, whose twins are compared with it, and is gone when they have arrived', async () => {
    const world = worldOf(2, {}, { policy: RESET, initialTwin });
    const { run } = await moveOf(world, gifted);
    const brought: unknown[] = [];
    world.onRegistered = (id) => brought.push(world.assigned.get(id));

    const { tally } = await run();

    expect(tally).toMatchObject({ succeeded: 2 });
    expect(world.twinAt('east', 'pump-0')).toMatchObject(initialTwin);
    expect(world.twinAt('east', 'pump-1')).toMatchObject(start);
    const { tags, desired } = start;
    expect(brought).toContainEqual(
      expect.objectContaining({ hub: hostOf('east'), payload, initialTwin: { tags, properties: { desired } } }),
    );
    expect(world.assigned.size).toBe(0);
  });

  it('does not stay with them on the way back: enrollment and twin are as they were', async () => {
    const world = worldOf(2, {}, { policy: RESET, initialTwin });
    const { run } = await moveOf(world, gifted);
    await run();
    const brought: unknown[] = [];
    world.onRegistered = (id) => brought.push(world.assigned.get(id));

    const { tally } = await run({ pass: 'rollback' });

    expect(tally).toMatchObject({ succeeded: 2 });
    for (const id of world.devices.keys()) {
      const { tags, desired } = twinOf(id);
      expect(world.twinAt('west', id)).toMatchObject({ tags, desired });
    }
    expect(brought).not.toContainEqual(expect.objectContaining({ payload }));
  });

  it('is missed where a device has started with something else: it goes home, and its twin is as it was', async () => {
    const world = worldOf(2, {}, { policy: RESET, initialTwin });
    const { run, outcomes } = await moveOf(world, gifted);
    world.onRegistered = (id) => {
      const twin = world.twinAt('east', 'pump-1');
      if (id === 'pump-1' && twin) world.twins.get(EAST)?.set(id, { ...twin, tags: { floor: 4, site: 'other' } });
    };

    const { tally } = await run();

    expect(tally).toMatchObject({ succeeded: 1, failed: 1 });
    expect((await outcomes()).find(({ kind }) => kind === 'failed')?.detail).toMatch(
      /^tags.floor is 4 on east, should be 3; .*it is back at home$/,
    );
    expect(world.twinAt('west', 'pump-1')).toMatchObject({ tags: { site: 'pump-1' }, desired: { fps: 30 } });
  });
});

it('evacuates a hub without asking it for anything', async () => {
  const world = worldOf(2, {}, { policy: { updateHubAssignment: true, migrateDeviceData: true } });
  const action = migrateTo({ evacuate: true, trigger: { kind: 'wait' } });
  const { run, line, outcomes } = await moveOf(world, moveSpec(action));
  const west = world.hub(WEST);
  const hub = world.hub.bind(world);
  const down = () => Promise.reject(new Error('west is down'));
  world.hub = (name) => (name === WEST ? { ...west, twin: down, invokeMethod: down, updateTwin: down } : hub(name));
  line.onRest = () => {
    for (const id of world.devices.keys()) if (world.hubOf(id) === WEST) world.register(id);
  };

  const { tally } = await run();

  expect(tally).toMatchObject({ succeeded: 2 });
  for (const { detail } of await outcomes()) expect(detail).toContain('west was not asked for anything');
  expect(world.enrollments.get('pump-0')?.reprovisionPolicy).toEqual({
    updateHubAssignment: true,
    migrateDeviceData: true,
  });
});

it('takes devices of a quarantine back to the hubs that their tags name, and takes the tag off', async () => {
  const tagged = { ...twinOf('x'), tags: { groundswell: { quarantine: { from: 'east' } }, site: 'x' } };
  const world = worldOf(2, {}, { twinOf: () => tagged });
  world.add('stray', 'west', 'individual');
  const { run, outcomes } = await moveOf(world, moveSpec(migrateTo({ to: 'origin' })));
  const strays = world.twins.get(WEST);
  const stray = strays?.get('stray');
  if (stray) strays?.set('stray', { ...stray, tags: {} });

  const { tally } = await run();

  expect(tally.succeeded).toBe(2);
  for (const id of ['pump-0', 'pump-1']) expect(world.twinAt('east', id)?.tags).toEqual({ groundswell: {}, site: 'x' });
  const left = (await outcomes()).filter(({ kind }) => kind !== 'succeeded');
  expect(left.every(({ deviceId }) => deviceId === 'stray')).toBe(true);
});

it('asks for slots of the provisioning service, as many as its devices need', async () => {
  const { run, asked } = await moveOf(worldOf(4));

  await run();

  expect(asked[0]).toBe('request go-east-w1-p1 1');
  expect(asked.at(-1)).toBe('release go-east-w1-p1');
});
