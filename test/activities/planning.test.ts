import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { deviceIdOf, hubNameOf, type RolloutId } from '../../domain/ids';
import type { HubSku } from '../../domain/limits';
import type { Ring, RolloutSpec, Target, WaveRule } from '../../domain/spec';
import { fakeLedger } from '../support/fake-hub';
import { type FleetDevice, fleetHub } from '../support/fleet';
import { plannerOn, ROLLOUT } from '../support/planner';
import { planOf, type TargetDevice } from '../support/plans';
import { batchOf, count, REST, share, sizes, specOf as base } from '../support/specs';

const west = hubNameOf('west');
const east = hubNameOf('east');
const both = [west, east];
const SKU = { name: 'S1', units: 1 } as const;
const skus = new Map(both.map((hub) => [hub, SKU]));

const fleet = (...ids: readonly string[]): FleetDevice[] => ids.map((id) => ({ id }));
const specOf = (change: Partial<RolloutSpec> = {}): RolloutSpec =>
  base({
    target: { kind: 'query', hubs: [west], where: '*' },
    waves: sizes(count(1), REST),
    batch: batchOf({ size: 5 }),
    ...change,
  });
/** Of this process: others may be planning just now. */
const leftovers = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`groundswell-plan-${hostname()}-${process.pid}-`));

describe('freezing', () => {
  it('keeps the plan on a retry, though the fleet has changed', async () => {
    const { plan, ledger } = plannerOn({ west: fleetHub(fleet('a', 'b', 'c')) });
    const frozen = await plan(specOf());

    await expect(plannerOn({ west: fleetHub(fleet('a')) }, { ledger }).plan(specOf())).resolves.toEqual(frozen);
  });

  it('plans afresh when an earlier attempt died between the chunks and the plan', async () => {
    const { plan, ledger } = plannerOn({ west: fleetHub(fleet('a', 'b', 'c')) });
    await plan(specOf());
    ledger.records.delete('rollouts/lock-doors/plan.json');

    const again = plannerOn({ west: fleetHub(fleet('a', 'd')) }, { ledger });
    await expect(again.plan(specOf())).resolves.toMatchObject({ deviceCount: 2 });
    expect((await again.frozen()).flatMap(({ deviceIds }) => deviceIds).sort()).toEqual(['a', 'd']);
  });

  it('refuses an id under which the ledger holds an earlier rollout', async () => {
    const { plan } = plannerOn({ west: fleetHub(fleet('a')) });
    await plan(specOf());

    await expect(plan(specOf(), { runId: 'second' })).rejects.toMatchObject({ code: 'GS_ROLLOUT_EXISTS' });
  });

  it.each(['B1', 'B2', 'B3'] as const)('refuses a hub of the tier %s before it asks any', async (name) => {
    const asked: string[] = [];
    const hubOf = (sku: HubSku) => {
      const hub = fleetHub(fleet('a'));
      return { ...hub, sku, devices: (where: string) => (asked.push(where), hub.devices(where)) };
    };
    const { plan, preview, ledger } = plannerOn({ west: hubOf(SKU), east: hubOf({ name, units: 1 }) });
    const spec = specOf({ target: { kind: 'query', hubs: both, where: '*' } });

    const refusal = { code: 'GS_HUB_TIER', details: { hub: east, sku: name, allowed: ['F1', 'S1', 'S2', 'S3'] } };
    await expect(plan(spec)).rejects.toMatchObject(refusal);
    await expect(preview(spec)).rejects.toMatchObject(refusal);

    expect(asked).toEqual([]);
    expect(ledger.records.size).toBe(0);
  });

  it('writes nothing for a preview, and previews the plan that would be frozen', async () => {
    const hub = fleetHub([...fleet('a', 'c'), { id: 'b', connected: false }]);
    const { preview, plan, ledger } = plannerOn({ west: hub });

    const previewed = await preview(specOf());

    expect(ledger.records.size).toBe(0);
    expect(previewed).toMatchObject({ deviceCount: 3, offlineCount: 1 });
    await expect(plan(specOf())).resolves.toEqual(previewed);
  });

  it('leaves no temporary file behind, whether it ends well or not', async () => {
    const before = leftovers();
    const { plan } = plannerOn({ west: fleetHub(fleet('a')) });

    await plan(specOf());
    await expect(plannerOn({ west: fleetHub([]) }).plan(specOf())).rejects.toThrow('GS_TARGET_EMPTY');

    expect(leftovers()).toEqual(before);
  });
});

describe('what the target has', () => {
  it('refuses a target without a device', async () => {
    await expect(plannerOn({ west: fleetHub([]) }).plan(specOf())).rejects.toMatchObject({ code: 'GS_TARGET_EMPTY' });
  });

  it('names the devices of a list that no hub has, and plans nothing', async () => {
    const { plan, ledger } = plannerOn({ west: fleetHub(fleet('a')) });
    const target: Target = { kind: 'devices', hubs: [west], devices: ['a', 'x', 'y'].map(deviceIdOf) };

    await expect(plan(specOf({ target }))).rejects.toMatchObject({
      code: 'GS_DEVICE_UNKNOWN',
      details: { count: 2, devices: ['x', 'y'] },
    });
    expect(ledger.records.size).toBe(0);
  });

  it('counts a device that a page tells twice once', async () => {
    const { plan, frozen } = plannerOn({ west: fleetHub(fleet('a', 'b', 'a')) });

    await expect(plan(specOf())).resolves.toMatchObject({ deviceCount: 2 });
    expect((await frozen()).flatMap(({ deviceIds }) => deviceIds).sort()).toEqual(['a', 'b']);
  });
});

describe('skips', () => {
  const target: Target = { kind: 'query', hubs: [west], where: '*', done: 'tags.locked = true' };
  const chunkOf = (records: ReadonlyMap<string, string>, kind: string): string[] =>
    [...records].filter(([path]) => path.includes(`/${kind}/`)).map(([, body]) => body);

  it('names devices that are in the target state already, and runs none of them', async () => {
    const hub = fleetHub([...fleet('a', 'b'), { id: 'c', where: ['tags.locked = true'] }]);
    const { plan, frozen, ledger } = plannerOn({ west: hub });

    const summary = await plan(specOf({ target }));

    expect(summary).toMatchObject({ deviceCount: 2, skipped: { count: 1, devices: ['c'] } });
    expect((await frozen()).flatMap(({ deviceIds }) => deviceIds)).not.toContain('c');
    expect(chunkOf(ledger.records, 'skipped')).toEqual(['{"deviceIds":["c"]}']);
  });

  it('plans no wave at all when everything is done', async () => {
    const { plan } = plannerOn({ west: fleetHub([{ id: 'c', where: ['tags.locked = true'] }]) });

    const summary = await plan(specOf({ target }));

    expect(summary).toMatchObject({ deviceCount: 0, skipped: { count: 1 }, estimateMs: 0, blastRadius: 0 });
    expect(summary.waves.map(({ deviceCount }) => deviceCount)).toEqual([0, 0]);
  });

  it('skips twins that have the whole patch, and only those', async () => {
    const hub = fleetHub([
      { id: 'has-it', tags: { ring: 'gold', floor: 1 }, desired: { fan: { speed: 3 } } },
      { id: 'tags-only', tags: { ring: 'gold' } },
      { id: 'other-value', tags: { ring: 'gold' }, desired: { fan: { speed: 2 } } },
    ]);
    const action = { kind: 'twin', tags: { ring: 'gold' }, desired: { fan: { speed: 3 } }, etag: '*' } as const;

    const summary = await plannerOn({ west: hub }).plan(specOf({ action }));

    expect(summary).toMatchObject({ deviceCount: 2, skipped: { count: 1, devices: ['has-it'] } });
  });

  it('names the first twenty', async () => {
    const done = Array.from({ length: 25 }, (_, index) => ({ id: `door-${index}`, where: ['tags.locked = true'] }));

    const { skipped } = await plannerOn({ west: fleetHub([...done, { id: 'open' }]) }).preview(specOf({ target }));

    expect(skipped.count).toBe(25);
    expect(skipped.devices).toHaveLength(20);
  });
});

const rings = (...wheres: readonly Ring['where'][]): WaveRule => ({
  kind: 'rings',
  rings: wheres.map((where, index) => ({ name: `ring-${index}`, where })),
});

describe('rings and cohorts', () => {
  it('puts a device into the first ring whose condition holds, and names those in none', async () => {
    const hub = fleetHub([
      { id: 'both', where: ['lab', 'office'] },
      { id: 'office', where: ['office'] },
      { id: 'neither' },
    ]);
    const { plan, frozen, ledger } = plannerOn({ west: hub });

    const summary = await plan(specOf({ waves: rings('lab', 'office') }));

    expect(summary.leftOut).toEqual({ count: 1, devices: ['neither'] });
    expect(await frozen()).toEqual([
      { wave: 1, part: 1, hub: west, deviceIds: ['both'] },
      { wave: 2, part: 1, hub: west, deviceIds: ['office'] },
    ]);
    expect([...ledger.records.keys()].some((path) => path.endsWith('/leftOut/0.json'))).toBe(true);
  });

  it('asks the ring and the target together, hub by hub', async () => {
    const hub = fleetHub([{ id: 'a', where: ['floor = 1', 'lab'] }]);

    await plannerOn({ west: hub }).plan(
      specOf({ target: { kind: 'query', hubs: [west], where: 'floor = 1' }, waves: rings('lab', { kind: 'rest' }) }),
    );

    expect(hub.asked).toEqual(['floor = 1', '(floor = 1) AND (lab)']);
  });

  it('goes by the value of a tag, also one inside an object, and of another kind than text', async () => {
    const hub = fleetHub([
      { id: 'a', tags: { place: { floor: 2 } } },
      { id: 'b', tags: { place: { floor: 1 } } },
      { id: 'c', tags: { place: 'cellar' } },
    ]);
    const waves: WaveRule = { kind: 'cohorts', tag: 'place.floor', order: ['1', '2'], others: 'last' };
    const { plan, frozen } = plannerOn({ west: hub });

    const summary = await plan(specOf({ waves }));

    expect((await frozen()).map(({ deviceIds }) => deviceIds)).toEqual([['b'], ['a'], ['c']]);
    expect(summary.waves.map(({ asked }) => asked)).toEqual(['1', '2', 'others']);
  });
});

it("splits a wave by the devices' zones, with the window's own for those without a known one", async () => {
  const hub = fleetHub([
    { id: 'a', tags: { zone: 'Europe/Paris' } },
    { id: 'b', tags: { zone: 'Nowhere/Land' } },
    { id: 'c' },
    { id: 'd', tags: { zone: 'Asia/Tokyo' } },
  ]);
  const zone = { kind: 'tag', tag: 'zone', otherwise: 'Etc/UTC' } as const;
  const window = { opens: '0 0 * * *', forMs: 86_400_000, zone, freeze: [], quorum: 1 };

  const { waves } = await plannerOn({ west: hub }).preview(specOf({ waves: sizes(REST), window }));

  expect(waves[0]?.shares).toMatchObject([
    { part: 1, zone: 'Asia/Tokyo', deviceCount: 1 },
    { part: 2, zone: 'Etc/UTC', deviceCount: 2 },
    { part: 3, zone: 'Europe/Paris', deviceCount: 1 },
  ]);
});

describe('conflicts', () => {
  it('names the devices that a running rollout has, too, but not those that it leaves out', async () => {
    const ledger = fakeLedger();
    const other = 'other' as RolloutId;
    const done: Target = { kind: 'query', hubs: [west], where: 'mine', done: 'done' };
    const devices = [
      { id: 'a', where: ['mine', 'theirs'] },
      { id: 'b', where: ['mine'] },
      { id: 'c', where: ['theirs'] },
      { id: 'd', where: ['mine', 'theirs', 'done'] },
    ];
    const claims = { rolloutsOn: () => Promise.resolve([ROLLOUT, other, 'not-planned-yet' as RolloutId]) };
    const { plan, preview } = plannerOn({ west: fleetHub(devices) }, { ledger, claims });
    await plan(specOf({ target: { kind: 'query', hubs: [west], where: 'theirs' } }), { rolloutId: other });

    const { conflicts } = await preview(specOf({ target: done }));

    expect(conflicts).toEqual([{ rolloutId: other, hub: west, deviceCount: 1, devices: ['a'] }]);
  });
});

describe('a saved plan', () => {
  it('runs as long as nothing has changed', async () => {
    const { preview, plan } = plannerOn({ west: fleetHub(fleet('a', 'b')) });
    const expects = await preview(specOf());

    await expect(plan(specOf(), { expects })).resolves.toEqual(expects);
  });

  it.each([
    { what: 'a device more', hub: fleetHub(fleet('a', 'b', 'c')), says: 'wave 2 had 1 device and has 2' },
    { what: 'another device', hub: fleetHub(fleet('x', 'y')), says: 'wave 1 has other devices, 1 as before' },
    {
      what: 'more units',
      hub: fleetHub(fleet('a', 'b'), { sku: { name: 'S1', units: 2 } }),
      says: 'hub west was S1 with 1 unit and is S1 with 2 units',
    },
  ])('is refused on $what, and nothing is written', async ({ hub, says }) => {
    const expects = await plannerOn({ west: fleetHub(fleet('a', 'b')) }).preview(specOf());
    const { plan, ledger } = plannerOn({ west: hub });

    await expect(plan(specOf(), { expects })).rejects.toMatchObject({
      code: 'GS_PLAN_STALE',
      details: { changes: expect.arrayContaining([says]) as string[] },
    });
    expect(ledger.records.size).toBe(0);
  });

  it('is refused for another spec', async () => {
    const { preview, plan } = plannerOn({ west: fleetHub(fleet('a', 'b')) });
    const expects = await preview(specOf({ priority: 1 }));

    await expect(plan(specOf(), { expects })).rejects.toThrow('the spec is another one');
  });
});

describe('late joiners', () => {
  it('become one more wave, each once, and a retry finds it', async () => {
    const { plan, ledger } = plannerOn({ west: fleetHub(fleet('a', 'b')) });
    await plan(specOf());
    const later = plannerOn({ west: fleetHub(fleet('a', 'b', 'c', 'd')) }, { ledger });

    const { wave } = await later.joiners(specOf(), 3);

    expect(wave).toMatchObject({ index: 3, asked: 'late joiners', deviceCount: 2, shares: [{ part: 1, hub: west }] });
    await expect(plannerOn({ west: fleetHub([]) }, { ledger }).joiners(specOf(), 3)).resolves.toEqual({ wave });
    const joined: string[] = [];
    for await (const { deviceIds } of later.plans.devices(await later.plans.record(ROLLOUT), 3, 1)) {
      joined.push(...deviceIds);
    }
    expect(joined.sort()).toEqual(['c', 'd']);
  });

  it('are none when nobody new matches, or nobody at all: then nothing is written', async () => {
    const { plan, joiners, ledger } = plannerOn({ west: fleetHub(fleet('a', 'b')) });
    await plan(specOf());
    const written = ledger.records.size;

    await expect(joiners(specOf(), 3)).resolves.toEqual({});
    await expect(plannerOn({ west: fleetHub([]) }, { ledger }).joiners(specOf(), 3)).resolves.toEqual({});
    expect(ledger.records.size).toBe(written);
  });

  it('count the waves of joiners before them as known', async () => {
    const { plan, ledger } = plannerOn({ west: fleetHub(fleet('a')) });
    await plan(specOf());
    const { joiners } = plannerOn({ west: fleetHub(fleet('a', 'b')) }, { ledger });
    await joiners(specOf(), 3);

    await expect(joiners(specOf(), 4)).resolves.toEqual({});
  });
});

describe('the plan that the files come to', () => {
  const rules = fc.constantFrom<WaveRule>(
    sizes(count(3), share(0.2), REST),
    { kind: 'ramp', first: 2, factor: 1.5, stepAfter: 5 },
    rings('lab', 'office'),
    rings('lab', 'office', { kind: 'rest' }),
    { kind: 'cohorts', tag: 'region', order: ['eu', 'us'], others: 'last' },
    { kind: 'cohorts', tag: 'region', order: ['eu', 'us'], others: 'leaveOut' },
  );
  const device = fc.record({
    id: fc.stringMatching(/^[a-zA-Z0-9'$.:-]{1,12}$/),
    ring: fc.option(fc.constantFrom(0, 1), { nil: undefined }),
    region: fc.option(fc.constantFrom('eu', 'us', 'asia'), { nil: undefined }),
    connected: fc.boolean(),
  });
  const devices = fc.uniqueArray(device, { minLength: 1, maxLength: 60, selector: ({ id }) => id });
  type Device = typeof device extends fc.Arbitrary<infer Each> ? Each : never;

  const fleetDevice = ({ id, ring, region, connected }: Device): FleetDevice => ({
    id,
    connected,
    ...(region !== undefined && { tags: { region } }),
    ...(ring !== undefined && { where: [['lab', 'office'][ring] ?? ''] }),
  });
  const targetsOf = (hub: typeof west, list: readonly Device[]): TargetDevice[] =>
    list.map(({ id, ring, region, connected }) => ({
      hub,
      deviceId: deviceIdOf(id),
      connected,
      ...(ring !== undefined && { ring }),
      ...(region !== undefined && { tag: region }),
    }));

  it('is the one that memory comes to: every device once, whatever the pages and their order', async () => {
    await fc.assert(
      fc.asyncProperty(rules, devices, devices, fc.integer({ min: 1, max: 9 }), async (waves, one, two, page) => {
        const spec = specOf({ target: { kind: 'query', hubs: both, where: '*' }, waves });
        const hubs = { west: fleetHub(one.map(fleetDevice), { page }), east: fleetHub(two.map(fleetDevice).reverse()) };
        const { plan, frozen } = plannerOn(hubs);
        const expected = planOf(ROLLOUT, spec, [...targetsOf(west, one), ...targetsOf(east, two)], skus);

        const summary = await plan(spec);

        expect(await frozen()).toEqual(expected.devices);
        const { deviceCount, offlineCount, leftOut, blastRadius, uses } = expected.summary;
        expect(summary).toMatchObject({ deviceCount, offlineCount, leftOut, blastRadius, uses });
      }),
      { numRuns: 40 },
    );
  });
});

it('cuts chunks at the ends of batches, and finds a batch without reading what lies before it', async () => {
  const many = Array.from({ length: 20_000 }, (_, index) => ({ id: `door-${index}` }));
  const { plan, plans, ledger } = plannerOn({ west: fleetHub(many, { page: 1_000 }) });
  await plan(specOf({ waves: sizes(REST), batch: batchOf({ size: 7 }) }));
  const record = await plans.record(ROLLOUT);

  expect(record.chunks.map(({ deviceCount, firstBatch, batchCount }) => [deviceCount, firstBatch, batchCount])).toEqual(
    [
      [7_994, 1, 1_142],
      [7_994, 1_143, 1_142],
      [4_012, 2_285, 574],
    ],
  );
  expect(record.chunks.every(({ ranks: [first, last] }) => first <= last)).toBe(true);
  const first = record.chunks[0]?.path ?? '';
  ledger.records.delete(first);
  const after = await plans.devices(record, 1, 1, 2_284).next();
  expect(after).toMatchObject({ value: { firstBatch: 1_143 } });
});
