import fc from 'fast-check';
import { deviceIdOf, hubNameOf, type RolloutId } from '../../domain/ids';
import { planOf, type TargetDevice } from '../support/plans';
import { gateOf, REST, sizes, specOf } from '../support/specs';

const rolloutId = 'lock-doors' as RolloutId;
const west = hubNameOf('west');
const east = hubNameOf('east');
const skus = new Map([
  [west, { name: 'S1', units: 1 } as const],
  [east, { name: 'S3', units: 1 } as const],
]);

const spec = specOf({
  target: { kind: 'query', hubs: [west, east], where: '*' },
  gate: gateOf({ failureLimit: 0.05, successTarget: 0.95, soakMs: 60_000 }),
  onBreach: 'hold',
});

const fleet = (count: number, hub = west): TargetDevice[] =>
  Array.from({ length: count }, (_, index) => ({
    hub,
    deviceId: deviceIdOf(`door-${index}`),
    connected: index % 10 !== 0,
  }));

it('plans the same waves from the same devices, in whatever order the hub gives them', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(fleet(100), { minLength: 100 }), (shuffled) => {
      expect(planOf(rolloutId, spec, shuffled, skus)).toEqual(planOf(rolloutId, spec, fleet(100), skus));
    }),
    { numRuns: 20 },
  );
});

it('puts every device into exactly one wave, also where two hubs use the same ids', () => {
  const plan = planOf(rolloutId, spec, [...fleet(60, west), ...fleet(40, east)], skus);

  const placed = plan.devices.flatMap(({ hub, deviceIds }) => deviceIds.map((id) => `${hub}/${id}`));
  expect(new Set(placed).size).toBe(100);
  expect(placed).toHaveLength(100);
  expect(plan.summary.waves.map(({ deviceCount }) => deviceCount)).toEqual([5, 20, 75]);
});

it('names waves that came out empty, and plans no share for them', () => {
  const { summary } = planOf(rolloutId, spec, fleet(5), skus);

  expect(summary.waves.map(({ asked, deviceCount, shares }) => [asked, deviceCount, shares.length])).toEqual([
    ['5', 5, 1],
    ['20%', 0, 0],
    ['rest', 0, 0],
  ]);
});

it('states what an abort can still let through: the largest batches that run at once', () => {
  expect(planOf(rolloutId, spec, fleet(100), skus).summary.blastRadius).toBe(10);
  expect(planOf(rolloutId, spec, [...fleet(60, west), ...fleet(40, east)], skus).summary.blastRadius).toBe(20);
});

it("estimates by the slowest hub's pace in each wave, and the soaks between them", () => {
  const { summary } = planOf(rolloutId, spec, fleet(100), skus);

  expect(summary.waves.map(({ estimateMs }) => estimateMs)).toEqual([500, 2_000, 7_500]);
  expect(summary.estimateMs).toBe(10_000 + 2 * 60_000);
});

it('counts who was offline and writes both comparisons out', () => {
  const { summary } = planOf(rolloutId, spec, fleet(100), skus);

  expect(summary.offlineCount).toBe(10);
  expect(summary.gates).toEqual([
    'after each batch: hold when (failed + timedOut) / finished > 5%, once 1 or more have finished',
    'after each wave: proceed when succeeded / (wave - skipped) >= 95%, else hold',
  ]);
});

it('plans a wave of more batches than a call may have arguments', () => {
  const one = { ...spec, waves: sizes(REST), batch: { ...spec.batch, size: 1 } };

  const { summary } = planOf(rolloutId, one, fleet(150_000), skus);

  expect(summary).toMatchObject({ blastRadius: 1, waves: [{ shares: [{ batchCount: 150_000 }] }] });
});
