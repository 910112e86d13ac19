import type { LedgerActivities } from '../../../activities/contracts';
import { createClosingActivities } from '../../../activities/ledger/closing';
import type { Ledger } from '../../../activities/ports';
import type { Closing, Verification } from '../../../domain/closing';
import type { RolloutId } from '../../../domain/ids';
import { type RolloutState, settingsOf } from '../../../domain/progress';
import { activityContext } from '../../support/activity';
import { fakeLedger } from '../../support/fake-hub';
import { specOf } from '../../support/specs';

const rolloutId = 'lock-doors' as RolloutId;
const state: RolloutState = {
  rolloutId,
  name: 'lock-doors',
  status: 'completed',
  startedBy: { actor: 'ada', reason: 'doors must lock' },
  startedAt: '2026-01-01T00:00:00.000Z',
  settings: settingsOf(specOf()),
  waves: [],
  decisions: [],
  decisionCount: 0,
};
const PLAN = 'rollouts/lock-doors/plan.json';
const RESULT = 'rollouts/lock-doors/results/wave-w1-p1/a1-b1.json';

/** The real activities, in a context outside any server. */
function closingOn(ledger: Ledger): LedgerActivities {
  const env = activityContext();
  const { closeRollout, verifyRollout } = createClosingActivities(ledger);
  return {
    closeRollout: (input) => env.run<[typeof input], Closing, typeof closeRollout>(closeRollout, input),
    verifyRollout: (input) => env.run<[typeof input], Verification, typeof verifyRollout>(verifyRollout, input),
  };
}

async function closed(records = 0) {
  const ledger = fakeLedger();
  const { closeRollout, verifyRollout } = closingOn(ledger);
  await ledger.put(PLAN, { plan: true });
  await ledger.put(RESULT, { outcomes: [1] });
  await ledger.put('rollouts/lock-doors-2/plan.json', { other: true });
  for (let number = 0; number < records; number += 1) await ledger.put(`rollouts/lock-doors/x/${number}.json`, {});
  const closing = await closeRollout({ rolloutId, state });
  const verify = () => verifyRollout({ rolloutId, sha256: closing.sha256 });
  return { ledger, closing, verify, again: () => closeRollout({ rolloutId, state }) };
}

it('lists every record of this rollout and of no other, and finds them as they were', async () => {
  const { closing, verify } = await closed();

  expect(closing).toMatchObject({ path: 'rollouts/lock-doors/closing.json', recordCount: 2 });
  await expect(verify()).resolves.toEqual({ recordCount: 2, missing: [], altered: [], added: [] });
});

it('comes to the same when it is done again', async () => {
  const { closing, again } = await closed();

  await expect(again()).resolves.toEqual(closing);
});

it('names records that are missing, altered or new', async () => {
  const { ledger, verify } = await closed();
  ledger.records.delete(PLAN);
  ledger.records.set(RESULT, JSON.stringify({ outcomes: [2] }));
  ledger.records.set('rollouts/lock-doors/results/extra.json', '{}');

  await expect(verify()).resolves.toMatchObject({
    missing: [PLAN],
    altered: [RESULT],
    added: ['rollouts/lock-doors/results/extra.json'],
  });
});

it('names the closing record itself, when it is not what the history says', async () => {
  const { ledger, closing, verify } = await closed();
  ledger.records.set(closing.path, (ledger.records.get(closing.path) ?? '').replace('completed', 'aborted'));

  await expect(verify()).resolves.toMatchObject({ recordCount: 0, altered: [closing.path] });
});

it('names the closing record where it is not even JSON any more', async () => {
  const { ledger, closing, verify } = await closed();
  ledger.records.set(closing.path, '');

  await expect(verify()).resolves.toEqual({ recordCount: 0, missing: [], altered: [closing.path], added: [] });
});

it('names a page of the list that was altered, and does not call its records new', async () => {
  const { ledger, verify } = await closed();
  ledger.records.set('rollouts/lock-doors/closing/1.json', '{"records":[]}');

  await expect(verify()).resolves.toEqual({
    recordCount: 0,
    missing: [],
    altered: ['rollouts/lock-doors/closing/1.json'],
    added: [],
  });
});

it('names the closing record where it is gone', async () => {
  const { ledger, closing, verify } = await closed();
  ledger.records.delete(closing.path);

  await expect(verify()).resolves.toEqual({ recordCount: 0, missing: [closing.path], altered: [], added: [] });
});

it('lists more records than a page holds', async () => {
  const { ledger, closing, verify } = await closed(10_500);

  expect(closing.recordCount).toBe(10_502);
  ledger.records.delete('rollouts/lock-doors/x/9999.json');
  await expect(verify()).resolves.toMatchObject({ recordCount: 10_502, missing: ['rollouts/lock-doors/x/9999.json'] });
});
