import { linesBetween } from '../../../cli/render/lines';
import { linesView } from '../../../cli/render/views';
import { hubNameOf } from '../../../domain/ids';
import { tallyOf } from '../../../domain/tally';
import { collectingIo } from '../collecting-io';
import { at, beatOf, look, main, passed, wave } from '../looks';

const texts = (...[before, now]: [Parameters<typeof linesBetween>[0], Parameters<typeof linesBetween>[1]]): string[] =>
  linesBetween(before, now).map(({ text }) => text);

const wave1 = wave(1, 5, {
  status: 'passed',
  tally: tallyOf({ succeeded: 5 }),
  startedAt: at('01'),
  endedAt: at('04'),
});

it('misses nothing that began and ended between two looks', () => {
  const before = look({ waves: [wave(1, 5), wave(2, 20)] });
  const now = look({
    waves: [wave1, wave(2, 20, { status: 'running', startedAt: at('06') })],
    decisions: [passed(1, '04')],
  });

  expect(texts(before, now)).toEqual([
    '11:00:01Z wave 1/2 started: 5 devices',
    '11:00:04Z wave 1/2 ended after 3 s: 5 succeeded',
    '11:00:04Z gate after wave 1: proceed (successTarget: succeeded 5 of 5 (100%), target 95%)',
    '11:00:06Z wave 2/2 started: 20 devices',
  ]);
});

it('says nothing when nothing has changed', () => {
  const now = look({ status: 'held', waves: [wave1], decisions: [passed(1, '04')] });

  expect(texts(now, now)).toEqual([]);
});

it('says what it waits for, since when, until when and from whom', () => {
  const waves = [{ ...wave1, status: 'soaking' as const }, wave(2, 20)];
  const before = look({ waves, decisions: [passed(1, '04')] });
  const soak = { for: 'soak', since: at('04'), until: at('06'), why: 'after wave 1' } as const;
  const approval = { for: 'approval', since: at('06'), until: at('30'), whom: 'ben, eva' } as const;

  const soaking = look({ status: 'soaking', waves, decisions: [passed(1, '04')], waitsFor: soak });
  const asking = look({ status: 'awaitingApproval', waves, decisions: [passed(1, '04')], waitsFor: approval });

  expect(texts(before, soaking)).toEqual([
    '11:00:04Z soaking: waits for the soak to end since 2026-11-21 11:00:04Z until 2026-11-21 11:00:06Z: after wave 1',
  ]);
  expect(texts(soaking, asking)).toEqual([
    '11:00:06Z awaitingApproval: waits for an approval (ben, eva) since 2026-11-21 11:00:06Z until 2026-11-21 11:00:30Z',
    '  to let it begin: npx groundswell rollout approve lock-doors --reason "..."',
    '  to end it here:  npx groundswell rollout deny lock-doors --reason "..."',
    '  to undo it:      npx groundswell rollout rollback lock-doors --reason "..."',
    '  to end it:       npx groundswell rollout abort lock-doors --reason "..."',
    '  runbook: docs/runbooks/waits.md#approval',
  ]);
});

it('tells of every decision, also where the state keeps only the latest ones', () => {
  const before = look({ waves: [wave1], decisions: [passed(1, '04')], decisionCount: 500 });
  const paused = { kind: 'pause', at: at('05'), wave: 1, order: { actor: 'ben', reason: 'lunch' } } as const;
  const now = look({ waves: [wave1], decisions: [passed(1, '04'), paused], decisionCount: 501 });

  expect(texts(before, now)).toEqual(['11:00:05Z pause at wave 1 by ben: lunch']);
});

it('counts the answers that heartbeats report, hub by hub', () => {
  const [east, west] = [hubNameOf('east'), hubNameOf('west')];
  const shares = [east, west].map((hub, index) => ({
    part: index + 1,
    hub,
    status: 'running' as const,
    tally: tallyOf({ pending: 20 }),
  }));
  const waves = [wave(1, 40, { status: 'running', startedAt: at('01'), shares })];
  const beats = [
    beatOf(1, east, {
      tally: tallyOf({ succeeded: 9, failed: 1, running: 10 }),
      answered: 4,
    }),
    beatOf(2, west, { tally: tallyOf({ running: 10, pending: 10 }), answered: 1 }),
  ];

  expect(texts(look({ waves }), look({ waves }, { beats }))).toEqual([
    'wave 1/1: 15 of 40 done (9 succeeded, 1 failed, 20 running, 10 pending)',
  ]);
});

it('does not count a wave that goes on after a hold a second time', () => {
  const held = wave(1, 20, {
    status: 'held',
    tally: tallyOf({ failed: 2, succeeded: 8, pending: 10 }),
    startedAt: at('01'),
    endedAt: at('05'),
  });
  const beats = [beatOf(1, main, { tally: tallyOf({ running: 10, pending: 10 }) })];
  const before = look({ waves: [held] });
  const now = look({ waves: [{ ...held, status: 'running' }] }, { beats });

  expect(texts(before, now)).toEqual(['wave 1/1 goes on: 10 devices left']);
});

it('tells a lost worker by the next attempt, once', () => {
  const retries = [{ activity: 'runShare', attempt: 2, lastFailure: 'activity Heartbeat timeout' }];
  const now = look({}, { retries });

  expect(texts(look({}), now)).toEqual([
    'runShare: attempt 2, since the one before failed: activity Heartbeat timeout',
  ]);
  expect(texts(now, now)).toEqual([]);
});

it('leaves out progress that comes too often, and never an event', () => {
  const io = collectingIo();
  let time = 0;
  const view = linesView(io, () => time);
  for (const [elapsed, kind] of [
    [0, 'progress'],
    [1_000, 'progress'],
    [1_100, 'event'],
    [3_000, 'progress'],
  ] as const) {
    time = elapsed;
    view.show(look({}), [{ kind, text: `${kind} at ${elapsed}` }]);
  }

  expect(io.out()).toBe('progress at 0\nevent at 1100\nprogress at 3000\n');
});
