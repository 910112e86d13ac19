import { linesBetween } from '../../../cli/render/lines';
import { lookText } from '../../../cli/render/look';
import { runbooksOf } from '../../../cli/render/runbook';
import type { GateName } from '../../../domain/gate';
import type { Decision } from '../../../domain/progress';
import { tallyOf } from '../../../domain/tally';
import { at, beatOf, look, main, passed, wave } from '../looks';

const held = (gate: GateName, reason = 'too few'): Decision => ({
  kind: 'gate',
  at: at('05'),
  wave: 1,
  after: 'wave',
  verdict: { kind: 'hold', gate, reason, tally: tallyOf({ failed: 1 }) },
});
const byGate = { from: 'running', by: 'gate' } as const;

it.each<[string, Parameters<typeof look>, readonly string[]]>([
  ['a gate that holds', [{ status: 'held', held: byGate, decisions: [held('quorum')] }], ['holds.md#quorum']],
  [
    'a gate that holds, after a person has changed a limit',
    [
      {
        status: 'held',
        held: byGate,
        decisions: [
          held('failureLimit', 'GS_IS_NO_CODE'),
          { kind: 'change', at: at('06'), wave: 1, order: { actor: 'ana', reason: 'x' } },
        ],
      },
    ],
    ['holds.md#failure-limit'],
  ],
  [
    "a person's hold",
    [{ status: 'held', held: { from: 'soaking', by: 'person' }, decisions: [passed(1, '04')] }],
    ['holds.md#person'],
  ],
  [
    'an approval',
    [{ status: 'awaitingApproval', waitsFor: { for: 'approval', since: at('01') } }],
    ['waits.md#approval'],
  ],
  ['a pause', [{ status: 'paused', waitsFor: { for: 'resume', since: at('01') } }], ['waits.md#resume']],
  [
    'a share without a slot',
    [{ waves: [wave(1, 5)] }, { beats: [beatOf(1, main, { waitsFor: 'a job slot of the hub' })] }],
    ['waits.md#job-slot'],
  ],
  [
    'a share at a pace',
    [{ waves: [wave(1, 5)] }, { beats: [beatOf(1, main, { waitsFor: '60 devices a minute' })] }],
    ['waits.md#pace'],
  ],
  [
    'a hub that is away',
    [{}, { retries: [{ activity: 'runShare', attempt: 3, lastFailure: 'GS_HUB_UNAVAILABLE: no answer (hub=main)' }] }],
    ['faults.md#gs_hub_unavailable'],
  ],
  ['a rollout that runs', [{ waves: [wave(1, 5)] }], []],
  ['a completed one', [{ status: 'completed' }, { execution: 'COMPLETED', closedAt: at('09') }], []],
  ['a denied one', [{ status: 'denied' }, { execution: 'COMPLETED', closedAt: at('09') }], ['ends.md#denied']],
  [
    'one that failed by a code',
    [{}, { execution: 'FAILED', closedAt: at('09'), failure: 'GS_TARGET_EMPTY: the target matches no device' }],
    ['faults.md#gs_target_empty'],
  ],
  [
    'one that failed otherwise',
    [{}, { execution: 'FAILED', closedAt: at('09'), failure: 'undefined is not a function' }],
    ['ends.md#failed'],
  ],
  ['a terminated one', [{}, { execution: 'TERMINATED', closedAt: at('09') }], ['ends.md#terminated']],
])('names the section for %s', (_name, seen, expected) => {
  expect(runbooksOf(look(...seen))).toEqual(expected.map((section) => `docs/runbooks/${section}`));
});

it('names the section for a rollout that no worker answers for, or none that has the key', () => {
  const { state, ...rest } = look({});

  expect(state).toBeDefined();
  expect(runbooksOf({ ...rest, unanswered: 'no worker answered in time' })).toEqual([
    'docs/runbooks/surroundings.md#no-worker-answers',
  ]);
  expect(runbooksOf({ ...rest, unanswered: 'GS_CODEC_KEY_UNKNOWN: a payload (keyId=old)' })).toEqual([
    'docs/runbooks/faults.md#gs_codec_key_unknown',
  ]);
});

it('prints the section in status, and in a watch once, where somebody is to read it', () => {
  const soaking = look({ status: 'soaking', waitsFor: { for: 'soak', since: at('01') } });
  const stopped = look({ status: 'held', held: byGate, decisions: [held('check')] });
  const told = (before: typeof soaking | undefined, now: typeof soaking) =>
    linesBetween(before, now).filter(({ text }) => text.includes('runbook'));

  expect(lookText(soaking, Date.parse(at('30')))).toMatch(/runbook: docs\/runbooks\/waits\.md#soak$/);
  expect(told(undefined, soaking)).toEqual([]);
  expect(told(soaking, stopped)).toEqual([{ kind: 'event', text: '  runbook: docs/runbooks/holds.md#check' }]);
  expect(told(stopped, stopped)).toEqual([]);
});
