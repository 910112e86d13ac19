import { failureLimit, percent, waveVerdict } from '../../domain/gate';
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
