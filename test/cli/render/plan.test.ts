import { planText } from '../../../cli/render/plan';
import { deviceIdOf, hubNameOf, type RolloutId } from '../../../domain/ids';
import type { PlanSummary } from '../../../domain/plan';
import { planOf } from '../../support/plans';
import { gateOf, specOf } from '../../support/specs';

const west = hubNameOf('west');
const skus = new Map([[west, { name: 'S1', units: 1 } as const]]);
const spec = specOf({ gate: gateOf({ soakMs: 3_600_000 }) });

function textOf(devices: number, change: Partial<PlanSummary> = {}): string {
  const targets = Array.from({ length: devices }, (_, index) => ({
    hub: west,
    deviceId: deviceIdOf(`door-${index}`),
    connected: index > 0,
  }));
  return planText({ ...planOf('lock-doors' as RolloutId, spec, targets, skus).summary, ...change }, spec);
}

it('says what a person needs to know before it begins', () => {
  const text = textOf(100);

  expect(text).toContain('target        100 devices: devices of west where *');
  expect(text).toContain('offline       1 of 100 (1%) when planned');
  expect(text).toContain('blast radius  10 devices at the most still change after an abort');
  expect(text).toContain('takes         at least 2 h');
  expect(text).toContain(
    'after each batch: abort when (failed + timedOut) / finished > 10%, once 1 or more have finished',
  );
  expect(text).toContain('between two waves: soak 1 h');
  expect(text).toContain('hub west: S1, 1 unit, 1 job at a time');
  expect(text).toContain('job device operations: 100, the hub allows 600 a minute: 10 s or more at the full rate');
  expect(text).not.toContain('Conflicts');
  expect(text).not.toContain('skipped  ');
});

it('names skips, devices left out, and conflicts, the first of them by name', () => {
  const devices = ['a', 'b'].map(deviceIdOf);
  const text = textOf(5, {
    skipped: { count: 21, devices },
    leftOut: { count: 2, devices },
    conflicts: [{ rolloutId: 'other' as RolloutId, hub: west, deviceCount: 2, devices }],
  });

  expect(text).toContain('target        28 devices');
  expect(text).toContain('skipped       21 devices in the target state already: a, b, and 19 more');
  expect(text).toContain('left out      2 devices in no ring or cohort: a, b');
  expect(text).toContain('rollout other has 2 devices of this plan on hub west: a, b');
  expect(text).toContain('Waves 2 (20%), 3 (rest) are empty');
});

it('says so when nothing would run', () => expect(textOf(0)).toContain('No wave has a device: nothing would run.'));

it('says of a move how devices are enrolled, what is done with each, and what to think of', () => {
  const move: NonNullable<PlanSummary['move']> = {
    service: 'dps',
    steps: ['told by the method reprovision'],
    individual: 2,
    group: 3,
    to: [{ hub: hubNameOf('east'), arriving: 5, has: 7, most: 1_000_000 }],
    calls: [{ what: 'operations', count: 15, most: 25, perMinute: 900 }],
    serviceMs: 60_000,
    warnings: [{ why: 'without a stored policy', devices: { count: 1, devices: [deviceIdOf('old')] } }],
    rolloutsThere: ['other' as RolloutId],
    enrollments: '',
  };
  const text = textOf(5, { move });

  expect(text).toContain('enrolled      2 by enrollments of their own, 3 by groups, at dps');
  expect(text).toContain('warning       1 device without a stored policy: old');
  expect(text).toContain('Each device:\n  told by the method reprovision');
  expect(text).toContain('hub east: 5 devices to come; it has 7 now and takes 1000000');
  expect(text).toContain('rollout other changes devices of a hub that these go to');
  expect(text).toContain('dps: 1 min or more for all devices');
  expect(text).toContain('operations: 15 to 25, rollouts take at most 900 a minute');
});
