import { hubNameOf, deviceIdOf } from '../../domain/ids';
import type { HubSku } from '../../domain/limits';
import type { HubUse } from '../../domain/plan';
import type { RolloutSpec } from '../../domain/spec';
import { hubUse } from '../../domain/uses';
import { batchOf, gateOf, REST, sizes, specOf } from '../support/specs';

const sku: HubSku = { name: 'S1', units: 1 };
const hub = hubNameOf('west');
const work = { hub, sku, deviceCount: 250, batchCount: 3, targetCount: 300 };
const HOUR = 3_600_000;

const usesOf = (change: Partial<RolloutSpec>, of = work): Record<string, string> =>
  Object.fromEntries(
    hubUse(specOf({ waves: sizes(REST), ...change }), of).calls.map(({ what, count, most }) => [
      what,
      `${count} to ${most}`,
    ]),
  );
const usedBy = (change: Partial<RolloutSpec>, what: string, of = work): string | undefined => usesOf(change, of)[what];

const where = "tags.site = 'a'";
const target = { kind: 'query', hubs: [hub], where } as const;
const retry = { attempts: 3, on: ['failed'], firstMs: 0, factor: 1, mostMs: 0 } as const;
const twin = { kind: 'twin', desired: { floor: 1 }, etag: '*' } as const;

it('names only calls that the rollout may make, with what the hub allows of them', () => {
  const uses: HubUse = hubUse(specOf({ executor: 'direct' }), work);

  expect(uses.calls).toEqual([
    { what: 'queries', count: 3, most: 4, perMinute: 20 },
    { what: 'direct methods', count: 250, most: 250, perMinute: 2_400 },
  ]);
});

it.each<[string, Partial<RolloutSpec>, string]>([
  ['the target, its jobs’ rows', {}, '6 to 13'],
  ['what is done already', { target: { ...target, done: where } }, '7 to 17'],
  [
    'rings, of which the last takes the rest',
    {
      waves: {
        kind: 'rings',
        rings: [
          { name: 'a', where },
          { name: 'b', where },
          { name: 'c', where: { kind: 'rest' } as never },
        ],
      },
    },
    '8 to 21',
  ],
  ['retries, whose jobs have rows, too', { retry }, '6 to 31'],
  ['late joiners', { target: { ...target, joining: { everyMs: HOUR, forMs: 2 * HOUR } } }, '9 to 25'],
  ['the watch', { watch: { forMs: HOUR, everyMs: HOUR / 2, failing: { where, limit: 0 } } }, '6 to 17'],
  ['a watch that only asks checks', { watch: { forMs: HOUR, everyMs: HOUR } }, '6 to 13'],
])('counts queries for %s', (_, change, range) => {
  expect(usedBy(change, 'queries')).toBe(range);
});

it('counts a query for each fifty devices of a list', () => {
  const devices = Array.from({ length: 101 }, (_, index) => deviceIdOf(`door-${index}`));
  const list = { kind: 'devices', hubs: [hub], devices } as const;

  expect(usedBy({ target: list, executor: 'direct' }, 'queries')).toBe('3 to 3');
  expect(usedBy({ target: { ...list, devices: devices.slice(0, 100) }, executor: 'direct' }, 'queries')).toBe('2 to 2');
});

it('counts looks for stragglers, but no more than the hub answers in that time', () => {
  const offline = (catchUpMs: number) => ({ executor: 'direct', offline: { quorum: 1, catchUpMs } }) as const;
  const few = { ...work, deviceCount: 1, targetCount: 1 };

  // One or two pages and an empty one, in seven rounds: six by the clock, and one anew for the device that has come.
  expect(usedBy(offline(30_000), 'queries', few)).toBe('1 to 23');
  expect(usedBy(offline(HOUR), 'queries')).toBe(`3 to ${4 + 20 * 61}`);
});

it('counts each attempt at a device, and no further ones where no outcome is tried again', () => {
  expect(usedBy({ retry }, 'job device operations')).toBe('250 to 750');
  expect(usedBy({ retry: { ...retry, on: [] } }, 'job device operations')).toBe('250 to 250');
  expect(usedBy({ retry, executor: 'direct' }, 'direct methods')).toBe('250 to 750');
  expect(usedBy({ retry, executor: 'direct', action: twin }, 'twin updates')).toBe('250 to 750');
});

it('counts a method by 4 KB of its payload', () => {
  const method = (length: number) =>
    ({
      executor: 'direct',
      action: { kind: 'method', name: 'x', payload: 'p'.repeat(length - 2), responseTimeoutMs: 1 },
    }) as const;

  expect(usedBy(method(4_096), 'direct methods')).toBe('250 to 250');
  expect(usedBy(method(4_097), 'direct methods')).toBe('500 to 500');
});

it('counts snapshots, desired versions and looks at what devices report', () => {
  const confirming = { ...twin, confirmWithinMs: 6_000 };
  const tags = { kind: 'twin', tags: { floor: 1 }, etag: '*' } as const;

  expect(usedBy({ action: tags }, 'twin reads')).toBe('250 to 250');
  expect(usedBy({ action: twin }, 'twin reads')).toBe('250 to 500');
  expect(usedBy({ action: twin, executor: 'direct' }, 'twin reads')).toBe('250 to 250');
  expect(usedBy({ action: confirming, executor: 'direct' }, 'twin reads')).toBe('250 to 1000');
  expect(usedBy({ action: confirming, retry }, 'twin reads')).toBe('250 to 2500');
  expect(usedBy({}, 'twin reads')).toBeUndefined();
});

it('counts the tags of devices that may come to their quarantine', () => {
  const quarantine = (after: number) => ({ retry, quarantine: { after, tags: { bad: true } } });

  expect(usedBy(quarantine(3), 'twin updates')).toBe('0 to 250');
  expect(usedBy(quarantine(1), 'twin updates')).toBe('0 to 750');
  expect(usedBy(quarantine(4), 'twin updates')).toBeUndefined();
});

it('counts what submits a job and looks at it: at least for as long as the hub needs, at most to the time-out', () => {
  const batch = (timeoutMs: number) => ({ batch: batchOf({ timeoutMs, startWithinMs: 0 }), gate: gateOf() });
  const [short = '', long = ''] = [batch(1_000), batch(3_600_000)].map((each) => usedBy(each, 'job operations'));

  const [least, most] = short.split(' to ').map(Number);
  expect(Number(least)).toBeLessThan(Number(most));
  expect(Number(long.split(' to ')[1])).toBeGreaterThan(Number(most));
  expect(usedBy({ executor: 'direct' }, 'job operations')).toBeUndefined();
});

it('asks once even of a hub that has nothing for the rollout', () => {
  expect(usesOf({}, { ...work, deviceCount: 0, batchCount: 0, targetCount: 0 })).toEqual({ queries: '1 to 2' });
});
