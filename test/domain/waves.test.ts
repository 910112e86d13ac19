import fc from 'fast-check';
import type { Ring, WaveRule, WaveSize } from '../../domain/spec';
import { groupCountOf, groupOf, MAX_WAVES, rampCounts, waveCounts, waveCuts, waveSizeText } from '../../domain/waves';

const count = (n: number): WaveSize => ({ kind: 'count', count: n });
const share = (n: number): WaveSize => ({ kind: 'share', share: n });
const rest: WaveSize = { kind: 'rest' };

const sizes = fc
  .array(
    fc.oneof(fc.integer({ min: 1, max: 500 }).map(count), fc.double({ min: 0.001, max: 1, noNaN: true }).map(share)),
  )
  .map((list) => [...list, rest]);

it.each([
  { asked: [count(5), share(0.2), rest], total: 100, counts: [5, 20, 75] },
  { asked: [count(5), share(0.2), rest], total: 1, counts: [1, 0, 0] },
  { asked: [share(0.01), rest], total: 1, counts: [1, 0] },
  { asked: [share(0.07), rest], total: 100, counts: [7, 93] },
  { asked: [share(0.5), share(0.5), share(0.5), rest], total: 3, counts: [2, 1, 0, 0] },
  { asked: [rest], total: 7, counts: [7] },
])('cuts $total devices into $counts', ({ asked, total, counts }) => expect(waveCounts(asked, total)).toEqual(counts));

it('gives every device a wave, and the first wave at least one', () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 5_000 }), (asked, total) => {
      const counts = waveCounts(asked, total);

      expect(counts.reduce((sum, n) => sum + n, 0)).toBe(total);
      expect(counts[0]).toBeGreaterThan(0);
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
    }),
  );
});

type Ramp = Extract<WaveRule, { kind: 'ramp' }>;
const ramp = (change: Partial<Ramp> = {}): Ramp => ({ kind: 'ramp', first: 5, factor: 2, stepAfter: 10, ...change });

it.each([
  { rule: ramp(), total: 60, counts: [5, 5, 10, 20, 20] },
  { rule: ramp({ most: 8 }), total: 30, counts: [5, 5, 8, 8, 4] },
  { rule: ramp({ factor: 1 }), total: 12, counts: [5, 5, 2] },
  { rule: ramp(), total: 1, counts: [1] },
  { rule: ramp({ first: 1, factor: 1.5, stepAfter: 1 }), total: 9, counts: [1, 1, 2, 5] },
])('ramps $total devices up in waves of $counts', ({ rule, total, counts }) =>
  expect(rampCounts(rule, total)).toEqual(counts),
);

it('refuses a ramp of more waves than a rollout may have, and takes one of just as many', () => {
  const slow = ramp({ first: 1, factor: 1 });

  expect(rampCounts(slow, MAX_WAVES)).toHaveLength(MAX_WAVES);
  expect(() => rampCounts(slow, MAX_WAVES + 1)).toThrow('GS_PLAN_WAVES');
});

const ramps = fc.record({
  kind: fc.constant('ramp' as const),
  first: fc.integer({ min: 10, max: 500 }),
  factor: fc.double({ min: 1, max: 100, noNaN: true }),
  stepAfter: fc.integer({ min: 1, max: 1_000 }),
  most: fc.option(fc.integer({ min: 10, max: 1_000 }), { nil: undefined }),
});

it('ramps every device up once, in waves that do not shrink but for the last, within the limit', () => {
  fc.assert(
    fc.property(ramps, fc.integer({ min: 1, max: 5_000 }), ({ most, ...rule }, total) => {
      const counts = rampCounts({ ...rule, ...(most !== undefined && { most }) }, total);

      expect(counts.reduce((sum, n) => sum + n, 0)).toBe(total);
      expect(Math.min(...counts)).toBeGreaterThan(0);
      expect(Math.max(...counts)).toBeLessThanOrEqual(most ?? total);
      const grown = counts.slice(0, -1);
      expect([...grown].sort((a, b) => a - b)).toEqual(grown);
    }),
  );
});

const rings = (...wheres: readonly Ring['where'][]): WaveRule => ({
  kind: 'rings',
  rings: wheres.map((where, index) => ({ name: `ring ${index}`, where })),
});
const cohorts = (others: 'last' | 'leaveOut'): WaveRule => ({
  kind: 'cohorts',
  tag: 'region',
  order: ['eu', 'us'],
  others,
});

it.each([
  { rule: rings('a', 'b'), placed: { ring: 1 }, group: 1 },
  { rule: rings('a', 'b'), placed: {}, group: undefined },
  { rule: rings('a', { kind: 'rest' }), placed: {}, group: 1 },
  { rule: rings('a', { kind: 'rest' }), placed: { ring: 0 }, group: 0 },
  { rule: cohorts('last'), placed: { tag: 'us' }, group: 1 },
  { rule: cohorts('last'), placed: { tag: 'asia' }, group: 2 },
  { rule: cohorts('last'), placed: {}, group: 2 },
  { rule: cohorts('leaveOut'), placed: { tag: 'asia' }, group: undefined },
  { rule: cohorts('leaveOut'), placed: {}, group: undefined },
])('puts $placed into group $group', ({ rule, placed, group }) => expect(groupOf(rule, placed)).toBe(group));

it('lets the next ring take the place of an empty one, and names that at the end', () => {
  const cuts = waveCuts(rings('a', 'b', 'c'), [0, 3, 2]);

  expect(cuts.map(({ asked, deviceCount }) => [asked, deviceCount])).toEqual([
    ['ring 1', 3],
    ['ring 2', 2],
    ['ring 0', 0],
  ]);
});

const rules: fc.Arbitrary<WaveRule> = fc.oneof(
  sizes.map((list): WaveRule => ({ kind: 'sizes', sizes: list })),
  ramps.map(({ most, ...rule }): WaveRule => ({ ...rule, ...(most !== undefined && { most }) })),
  fc.boolean().map((rest) => (rest ? rings('a', 'b', { kind: 'rest' }) : rings('a', 'b', 'c'))),
  fc.constantFrom('last' as const, 'leaveOut' as const).map(cohorts),
);

it('cuts every group whole and once, whatever the rule, and leaves no wave before a full one empty', () => {
  const groups = fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(rules, groups, (rule, all) => {
      const counts = all.slice(0, groupCountOf(rule));
      const cuts = waveCuts(rule, counts);

      counts.forEach((count, group) => {
        const own = cuts.filter((cut) => cut.group === group).map(({ deviceCount }) => deviceCount);
        expect(own.reduce((sum, n) => sum + n, 0)).toBe(count);
      });
      const firstEmpty = cuts.findIndex(({ deviceCount }) => deviceCount === 0);
      if (firstEmpty >= 0) expect(cuts.slice(firstEmpty).every(({ deviceCount }) => deviceCount === 0)).toBe(true);
    }),
  );
});

it('writes sizes as a spec does', () =>
  expect([count(5), share(0.2), rest].map(waveSizeText)).toEqual(['5', '20%', 'rest']));

it('puts a device into the cohort of its tag, the first one too, and others last or nowhere', () => {
  const cohorts = { kind: 'cohorts', tag: 'site', order: ['lab', 'pilot'] } as const;

  expect(groupOf({ ...cohorts, others: 'last' }, { tag: 'lab' })).toBe(0);
  expect(groupOf({ ...cohorts, others: 'last' }, { tag: 'pilot' })).toBe(1);
  expect(groupOf({ ...cohorts, others: 'last' }, { tag: 'field' })).toBe(2);
  expect(groupOf({ ...cohorts, others: 'last' }, {})).toBe(2);
  expect(groupOf({ ...cohorts, others: 'leaveOut' }, { tag: 'field' })).toBeUndefined();
});
