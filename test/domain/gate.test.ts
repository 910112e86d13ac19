import fc from 'fast-check';
import { failingVerdict, failureLimit, type Finding, percent, waveVerdict, withFindings } from '../../domain/gate';
import { tallyOf } from '../../domain/tally';
import { gateOf as gate } from '../support/specs';

describe('failure limit', () => {
  it.each([
    { name: 'is met exactly and does not trip', failed: 10, succeeded: 90, limit: 0.1, tripped: false },
    { name: 'trips one failure above', failed: 11, succeeded: 89, limit: 0.1, tripped: true },
    { name: 'is met exactly where the product rounds below', failed: 29, succeeded: 71, limit: 0.29, tripped: false },
    { name: 'is met exactly where the product rounds above', failed: 7, succeeded: 93, limit: 0.07, tripped: false },
    { name: 'of zero trips on the first failure', failed: 1, succeeded: 999, limit: 0, tripped: true },
    { name: 'of one never trips', failed: 5, succeeded: 0, limit: 1, tripped: false },
    { name: 'does not trip on no data', failed: 0, succeeded: 0, limit: 0, tripped: false },
  ])('$name', ({ failed, succeeded, limit, tripped }) => {
    expect(failureLimit(gate({ failureLimit: limit }), tallyOf({ failed, succeeded })).tripped).toBe(tripped);
  });

  it('counts time-outs as failures, and neither offline nor skipped devices as finished', () => {
    const tally = tallyOf({ succeeded: 8, timedOut: 2, offline: 50, skipped: 50, pending: 100 });

    expect(failureLimit(gate({ failureLimit: 0.19 }), tally).tripped).toBe(true);
    expect(failureLimit(gate({ failureLimit: 0.2 }), tally).tripped).toBe(false);
  });

  it('is not asked before the minimum has finished', () => {
    expect(failureLimit(gate({ minimum: 5 }), tallyOf({ failed: 4 })).tripped).toBe(false);
    expect(failureLimit(gate({ minimum: 5 }), tallyOf({ failed: 5 })).tripped).toBe(true);
  });

  it('says its numbers', () => {
    expect(failureLimit(gate(), tallyOf({ failed: 1, succeeded: 9 })).reason).toBe(
      'failed 1 of 10 finished (10%), limit 10%',
    );
  });
});

describe('wave verdict', () => {
  const rule = (onBreach: 'hold' | 'abort' = 'abort') => ({ gate: gate(), onBreach });

  it.each([
    { name: 'proceeds exactly at the target', tally: { succeeded: 90, offline: 10 }, kind: 'proceed' },
    { name: 'holds one device below the target', tally: { succeeded: 89, offline: 11 }, kind: 'hold' },
    { name: 'leaves skipped devices out', tally: { succeeded: 9, offline: 1, skipped: 90 }, kind: 'proceed' },
    { name: 'holds a wave of skipped devices: no data is no success', tally: { skipped: 10 }, kind: 'hold' },
    { name: 'holds a wave that is all offline', tally: { offline: 10 }, kind: 'hold' },
    { name: 'holds an empty wave', tally: {}, kind: 'hold' },
  ] as const)('$name', ({ tally, kind }) => {
    expect(waveVerdict(rule(), tallyOf(tally))).toMatchObject({ kind, gate: 'successTarget' });
  });

  it('asks the failure limit first', () => {
    const tally = tallyOf({ succeeded: 85, failed: 15 });

    expect(waveVerdict(rule('abort'), tally)).toMatchObject({ kind: 'abort', gate: 'failureLimit' });
    expect(waveVerdict(rule('hold'), tally)).toMatchObject({ kind: 'hold', gate: 'failureLimit' });
  });

  it('keeps the tally it was decided on', () => {
    const tally = tallyOf({ succeeded: 10 });

    expect(waveVerdict(rule(), tally)).toMatchObject({ tally, reason: 'succeeded 10 of 10 (100%), target 90%' });
  });
});

it.each([
  [0, '0%'],
  [0.1, '10%'],
  [1 / 3, '33.33%'],
  [1, '100%'],
])('writes %p as %p', (share, text) => expect(percent(share)).toBe(text));

describe('limits of one kind', () => {
  it.each([
    { name: 'failed at its limit', limits: { failed: 0.1 }, tally: { failed: 1, succeeded: 9 }, tripped: false },
    { name: 'failed above it', limits: { failed: 0.1 }, tally: { failed: 2, succeeded: 8 }, tripped: true },
    {
      name: 'failed does not count time-outs',
      limits: { failed: 0.1 },
      tally: { timedOut: 9, succeeded: 1 },
      tripped: false,
    },
    { name: 'timed out at its limit', limits: { timedOut: 0.5 }, tally: { timedOut: 5, succeeded: 5 }, tripped: false },
    { name: 'timed out above it', limits: { timedOut: 0.5 }, tally: { timedOut: 6, succeeded: 4 }, tripped: true },
    { name: 'offline at its limit', limits: { offline: 0.2 }, tally: { offline: 2, succeeded: 8 }, tripped: false },
    { name: 'offline above it', limits: { offline: 0.2 }, tally: { offline: 3, succeeded: 8 }, tripped: true },
    { name: 'offline alone', limits: { offline: 0.2 }, tally: { offline: 1 }, tripped: true },
    { name: 'nothing at all', limits: { failed: 0, timedOut: 0, offline: 0 }, tally: {}, tripped: false },
  ])('$name', ({ limits, tally, tripped }) => {
    expect(failureLimit(gate({ failureLimit: 1, limits }), tallyOf(tally)).tripped).toBe(tripped);
  });

  it('counts offline devices into the minimum of their own limit only', () => {
    const limits = gate({ failureLimit: 0, limits: { offline: 0 }, minimum: 3 });

    expect(failureLimit(limits, tallyOf({ offline: 2 })).tripped).toBe(false);
    expect(failureLimit(limits, tallyOf({ offline: 2, failed: 1 }))).toMatchObject({
      tripped: true,
      gate: 'offlineLimit',
    });
  });

  it('tells of the first limit that tripped, and of the failure limit when none did', () => {
    const limits = gate({ failureLimit: 1, limits: { failed: 0.1 } });

    expect(failureLimit(limits, tallyOf({ failed: 1 })).gate).toBe('failedLimit');
    expect(failureLimit(limits, tallyOf({ succeeded: 1 })).gate).toBe('failureLimit');
  });
});

describe('wave verdict with an offline rule', () => {
  const rules = { gate: gate({ failureLimit: 1 }), onBreach: 'abort', offline: { quorum: 0.8, catchUpMs: 1 } } as const;

  it.each([
    { name: 'proceeds at the quorum', tally: { succeeded: 8, offline: 2 }, kind: 'proceed', by: 'successTarget' },
    { name: 'holds one below it', tally: { succeeded: 7, offline: 3 }, kind: 'hold', by: 'quorum' },
    {
      name: 'takes stragglers off',
      tally: { succeeded: 72, failed: 8, offline: 20 },
      kind: 'proceed',
      by: 'successTarget',
    },
    {
      name: 'holds below the target',
      tally: { succeeded: 71, failed: 9, offline: 20 },
      kind: 'hold',
      by: 'successTarget',
    },
    { name: 'holds all offline', tally: { offline: 5 }, kind: 'hold', by: 'quorum' },
    { name: 'holds all skipped', tally: { skipped: 5 }, kind: 'hold', by: 'successTarget' },
    {
      name: 'leaves deleted devices out',
      tally: { succeeded: 8, offline: 2, skipped: 50 },
      kind: 'proceed',
      by: 'successTarget',
    },
  ] as const)('$name', ({ tally, kind, by }) => {
    expect(waveVerdict(rules, tallyOf(tally))).toMatchObject({ kind, gate: by });
  });

  it('holds where a quorum of 0 lets a wave through of which nobody was there', () => {
    const none = { ...rules, offline: { quorum: 0, catchUpMs: 1 } };

    expect(waveVerdict(none, tallyOf({ offline: 5 }))).toMatchObject({ kind: 'hold', gate: 'successTarget' });
  });
});

it('holds a wave with devices that were not begun, whatever the target', () => {
  const rules = { gate: gate({ successTarget: 0 }), onBreach: 'abort' } as const;

  expect(waveVerdict(rules, tallyOf({ succeeded: 9, pending: 1 }))).toMatchObject({ kind: 'hold', gate: 'unfinished' });
});

it('names that the whole wave was skipped', () => {
  const rules = { gate: gate(), onBreach: 'abort' } as const;

  expect(waveVerdict(rules, tallyOf({ skipped: 7 })).reason).toBe('all 7 devices were skipped: no data');
});

describe('findings of checks', () => {
  const verdict = waveVerdict({ gate: gate(), onBreach: 'abort' }, tallyOf({ succeeded: 10 }));
  const finding = (kind: Finding['kind'], wants?: Finding['wants']): Finding => ({
    name: `is ${kind}`,
    kind,
    reason: 'because',
    inputs: {},
    ...(wants && { wants }),
  });

  it.each([
    { name: 'none', findings: [], kind: 'proceed' },
    { name: 'all passed', findings: [finding('passed'), finding('passed')], kind: 'proceed' },
    { name: 'inconclusive holds', findings: [finding('passed'), finding('inconclusive')], kind: 'hold' },
    { name: 'failed goes by onBreach', findings: [finding('failed')], kind: 'rollback' },
    { name: 'failed goes by its own wish', findings: [finding('failed', 'hold')], kind: 'hold' },
    { name: 'the gravest counts', findings: [finding('inconclusive'), finding('failed', 'abort')], kind: 'abort' },
  ] as const)('$name', ({ findings, kind }) => {
    expect(withFindings(verdict, findings, 'rollback').kind).toBe(kind);
  });
});

describe('the watch', () => {
  it.each([
    { name: 'goes on at the limit', matching: 10, all: 100, kind: 'proceed' },
    { name: 'holds one above', matching: 11, all: 100, kind: 'hold' },
    { name: 'holds where there is nobody to count', matching: 0, all: 0, kind: 'hold' },
  ])('$name', ({ matching, all, kind }) => {
    const verdict = failingVerdict({ where: 'tags.bad = true', limit: 0.1 }, { matching, all }, tallyOf({}));

    expect(verdict).toMatchObject({ kind, gate: 'failing' });
  });
});

const tallies = fc.record({
  pending: fc.nat(50),
  running: fc.constant(0),
  succeeded: fc.nat(1_000_000),
  failed: fc.nat(1_000_000),
  timedOut: fc.nat(1_000_000),
  offline: fc.nat(1_000_000),
  skipped: fc.nat(1_000_000),
});
const shares = fc.integer({ min: 0, max: 10_000 }).map((part) => part / 10_000);

it('trips exactly where whole numbers say so, for every share of four digits', () => {
  fc.assert(
    fc.property(tallies, shares, (tally, limit) => {
      const failed = BigInt(tally.failed + tally.timedOut);
      const finished = failed + BigInt(tally.succeeded);

      const exact = finished > 0n && failed * 10_000n > BigInt(Math.round(limit * 10_000)) * finished;
      expect(failureLimit(gate({ failureLimit: limit }), tally).tripped).toBe(exact);
    }),
  );
});

it('never goes on without a success, nor with a tripped limit, nor with devices that were not begun', () => {
  fc.assert(
    fc.property(tallies, shares, shares, (tally, limit, target) => {
      const rules = { gate: gate({ failureLimit: limit, successTarget: target }), onBreach: 'hold' } as const;
      if (waveVerdict(rules, tally).kind !== 'proceed') return;

      expect(failureLimit(rules.gate, tally).tripped).toBe(false);
      expect(tally.pending).toBe(0);
      expect(tally.succeeded >= target * (tally.succeeded + tally.failed + tally.timedOut + tally.offline) - 1e-9).toBe(
        true,
      );
    }),
  );
});

it.each([
  [{ skipped: 1 }, 'all 1 devices were skipped: no data'],
  [{}, 'no device: no data'],
])('says why %j is no data', (counts, reason) => {
  const rules = { gate: gate(), onBreach: 'abort' } as const;

  expect(waveVerdict(rules, tallyOf(counts))).toMatchObject({ kind: 'hold', gate: 'successTarget', reason });
});

it('names the devices that are left to the catch-up, where there are some and one comes', () => {
  const reasonOf = (offline: number, caughtUp: boolean): string => {
    const rule = caughtUp ? { offline: { quorum: 0, catchUpMs: 1 } } : {};
    return waveVerdict(
      { gate: gate({ successTarget: 0 }), onBreach: 'abort', ...rule },
      tallyOf({ succeeded: 1, offline }),
    ).reason;
  };

  expect(reasonOf(2, true)).toMatch(/, 2 offline left to the catch-up$/);
  expect(reasonOf(0, true)).not.toMatch(/offline/);
  expect(reasonOf(2, false)).not.toMatch(/catch-up/);
});
