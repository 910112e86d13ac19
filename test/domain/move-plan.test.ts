import { hubNameOf } from '../../domain/ids';
import type { HubSku } from '../../domain/limits';
import { type Mix, serviceCalls, serviceMs } from '../../domain/move-plan';
import { asksHubs, claimedHubs, destinationOf, hubsIn, watchedTarget } from '../../domain/move-scope';
import { moveText, moveTexts } from '../../domain/move-texts';
import { plannedWave } from '../../domain/planning';
import type { MigrateAction, RolloutSpec } from '../../domain/spec';
import { hubUse } from '../../domain/uses';
import { arrivalUse } from '../../domain/move-uses';
import { moveTo } from '../support/moving-fleet';
import { batchOf, specOf as base } from '../support/specs';

const west = hubNameOf('west');
const east = hubNameOf('east');
const S3: HubSku = { name: 'S3', units: 10 };
const S1: HubSku = { name: 'S1', units: 1 };

const specOf = (action: MigrateAction = moveTo('east'), change: Partial<RolloutSpec> = {}): RolloutSpec =>
  base({ action, executor: 'migrate', batch: batchOf({ size: 100 }), ...change });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('the time that moves take', () => {
  const only = (devices: number, kind: keyof Mix): Mix => ({ individual: 0, group: 0, [kind]: devices });

  // 900 operations a minute: 428.6 individual enrollments, or 450 devices of groups.
  it.each<[number, keyof Mix, number, number]>([
    [10_000, 'individual', 23 * MINUTE, 24 * MINUTE],
    [10_000, 'group', 22 * MINUTE, 23 * MINUTE],
    [1_000_000, 'individual', 38 * HOUR, 39 * HOUR],
    [1_000_000, 'group', 37 * HOUR, 38 * HOUR],
  ])('of %i devices, %s, is between %i and %i ms', (devices, kind, least, most) => {
    const ms = serviceMs(only(devices, kind));

    expect(ms).toBeGreaterThan(least);
    expect(ms).toBeLessThan(most);
  });

  const waveMs = (spec: RolloutSpec, deviceCount: number, sku: HubSku): number => {
    const share = { part: 1, hub: west, deviceCount, batchCount: 1, largestBatch: deviceCount };
    return plannedWave(spec, { asked: 'rest', members: '', shares: [share] }, 1, new Map([[west, sku]])).estimateMs;
  };

  it.each([
    [10_000, 24 * MINUTE],
    [1_000_000, 39 * HOUR],
    // One slot is enough: 42.9 a minute.
    [15, MINUTE * 0.35],
  ])('is that of the slots that a wave of %i devices gets', (deviceCount, most) => {
    expect(waveMs(specOf(), deviceCount, S3)).toBeLessThanOrEqual(most);
    expect(waveMs(specOf(), deviceCount, S3)).toBeGreaterThan(0.97 * most);
  });

  it('grows with the hubs among which the slots are shared', () => {
    const three = specOf(moveTo('east'), {
      target: { kind: 'query', hubs: [west, 'north', 'south'] as never, where: '*' },
    });

    expect(waveMs(three, 9_000, S3) / MINUTE).toBeCloseTo(70);
    expect(waveMs(specOf(), 9_000, S3) / MINUTE).toBeCloseTo(21);
  });

  it('is that of the hub where its identities are slower, and of the spec where that is', () => {
    const disable = specOf(moveTo('east', { trigger: { kind: 'disable' } }));
    const slow = specOf(moveTo('east'), { batch: batchOf({ devicesPerMinute: 10 }) });

    // 100 registry operations a minute, two a device.
    expect(waveMs(disable, 100, S1)).toBe(2 * MINUTE);
    expect(waveMs(slow, 100, S3)).toBe(10 * MINUTE);
  });
});

describe('what a move asks of the service', () => {
  it('counts each device once at least, and at most each attempt with the way home', () => {
    const retry = { attempts: 3, on: ['failed'], firstMs: 1, factor: 1, mostMs: 1 } as const;

    expect(serviceCalls(specOf(moveTo('east'), { retry }), { individual: 100, group: 50 }, 4)).toEqual([
      { what: 'registrations', count: 150, most: 900, perMinute: 900 },
      { what: 'operations', count: 314, most: 1_864, perMinute: 900 },
    ]);
  });
});

describe('what a move asks of hubs', () => {
  const whatOf = (calls: ReturnType<typeof hubUse>['calls']) =>
    Object.fromEntries(calls.map(({ what, count, most }) => [what, [count, most]]));
  const useOf = (spec: RolloutSpec) =>
    whatOf(hubUse(spec, { hub: west, sku: S1, deviceCount: 10, batchCount: 1, targetCount: 10 }).calls);

  it.each<[string, RolloutSpec, readonly string[]]>([
    ['direct calls', specOf(), ['queries', 'direct methods', 'twin reads', 'twin updates']],
    [
      'a job',
      specOf(
        moveTo('east', {
          trigger: { kind: 'method', name: 'go', payload: {}, responseTimeoutMs: 5_000, by: 'job' },
        }),
      ),
      ['queries', 'job operations', 'job device operations', 'twin reads', 'twin updates'],
    ],
    [
      'disabling',
      specOf(moveTo('east', { trigger: { kind: 'disable' } })),
      ['queries', 'twin reads', 'twin updates', 'registry operations'],
    ],
    [
      'nothing, in an evacuation',
      specOf(moveTo('east', { evacuate: true, trigger: { kind: 'wait' } }), {
        target: { kind: 'registered', hubs: [west] },
      }),
      [],
    ],
  ])('by %s', (_name, spec, what) => {
    expect(Object.keys(useOf(spec))).toEqual(what);
  });

  it('never counts more at least than at most', () => {
    const counts = Object.values(useOf(specOf()));

    expect(counts.filter(([count = 0, most = 0]) => count > most)).toEqual([]);
  });

  it('counts on the new hub who is there, and the looks at who arrives', () => {
    const { calls } = arrivalUse(specOf(), { hub: east, sku: S1, arriving: 10, has: 250 });

    expect(whatOf(calls)).toEqual({ queries: [4, 5], 'twin reads': [10, expect.any(Number)] });
    // A look a second at first, then after a tenth of the time, then each 10 s: some 70 in 10 minutes.
    const [, most = 0] = whatOf(calls)['twin reads'] ?? [];
    expect(most).toBeGreaterThan(10 * 60);
    expect(most).toBeLessThan(10 * 120);
  });
});

describe('what a move reaches', () => {
  it('is where the devices go, and where those go that are set apart', () => {
    const quarantine = { after: 1, tags: { a: 'b' }, hub: hubNameOf('ward') };

    expect(hubsIn(specOf(moveTo('east'), { quarantine }))).toEqual([west, east, 'ward']);
    expect(hubsIn(base())).toEqual([west]);
  });

  it('is known of a release once it is planned', () => {
    const release = specOf(moveTo('origin'));
    const move = { to: [{ hub: east, arriving: 1, has: 0, most: 1 }] } as never;

    expect(destinationOf(release)).toBeUndefined();
    expect(claimedHubs(release, undefined)).toEqual([west]);
    expect(claimedHubs(release, { move })).toEqual([west, east]);
  });

  it('is watched where the devices are then', () => {
    expect(watchedTarget(specOf()).hubs).toEqual([east]);
    expect(watchedTarget(base()).hubs).toEqual([west]);
  });

  it('is told by hubs unless the service tells', () => {
    expect(asksHubs(specOf())).toBe(true);
    expect(asksHubs(specOf(moveTo('east'), { target: { kind: 'registered', hubs: [west] } }))).toBe(false);
    expect(asksHubs(specOf(moveTo('east', { evacuate: true })))).toBe(false);
  });
});

describe('in words', () => {
  it('says each step', () => {
    expect(moveTexts(moveTo('east'))).toEqual([
      'told by the method reprovision (direct calls), answered within 30 s',
      'connected on east within 10 min, else sent home',
      'compared there: tags, desired properties, reported properties by policy, modules',
      'an identity that provisioning leaves on the old hub stays there',
    ]);
  });

  it('says what an evacuation does not do', () => {
    const action = moveTo('east', {
      evacuate: true,
      trigger: { kind: 'wait' },
      arriveWithinMs: 7 * 24 * HOUR,
      oldIdentity: 'disable',
    });

    expect(moveTexts(action)).toEqual([
      'told nothing: each device asks by itself, such as at its next start',
      'connected on east within 7 d, else timed out',
      'nothing compared: the old hub is not asked for anything',
      'an identity that provisioning leaves on the old hub is disabled',
    ]);
  });

  it.each([
    [moveTo('east'), 'move to east'],
    [moveTo('origin'), 'move to the hub that each was taken from'],
    [moveTo('east', { provisioning: 'acme' }), 'move to east (provisioning service acme)'],
    [moveTo('east', { evacuate: true }), 'evacuation to east'],
  ])('names %j', (action, text) => expect(moveText(action)).toBe(text));
});
