import { linesBetween } from '../../../cli/render/lines';
import { linesView } from '../../../cli/render/views';
import { hubNameOf } from '../../../domain/ids';
import { tallyOf } from '../../../domain/tally';
import { collectingIo } from '../collecting-io';
import { at, look, main, passed, wave } from '../looks';

const SOAK_MS = 2_000;
const texts = (...[before, now]: [Parameters<typeof linesBetween>[0], Parameters<typeof linesBetween>[1]]): string[] =>
  linesBetween(before, now, SOAK_MS).map(({ text }) => text);

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

it('says until when it soaks, from the decision on', () => {
  const waves = [{ ...wave1, status: 'soaking' as const }, wave(2, 20)];
  const before = look({ waves, decisions: [passed(1, '04')] });

  expect(texts(before, look({ status: 'soaking', waves, decisions: [passed(1, '04')] }))).toEqual([
    '11:00:04Z soaking until 11:00:06Z',
  ]);
});

it('counts the answers that heartbeats report, hub by hub', () => {
  const [east, west] = [hubNameOf('east'), hubNameOf('west')];
  const shares = [east, west].map((hub) => ({ hub, tally: tallyOf({ pending: 20 }) }));
  const waves = [wave(1, 40, { status: 'running', startedAt: at('01'), shares })];
  const beats = [
    { wave: 1, hub: east, batchesDone: 1, tally: tallyOf({ succeeded: 9, failed: 1, running: 10 }), answered: 4 },
    { wave: 1, hub: west, batchesDone: 0, tally: tallyOf({ running: 10, pending: 10 }), answered: 1 },
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
  const beats = [{ wave: 1, hub: main, batchesDone: 0, tally: tallyOf({ running: 10, pending: 10 }), answered: 0 }];
  const before = look({ waves: [held] });
  const now = look({ waves: [{ ...held, status: 'running' }] }, { beats });

  expect(texts(before, now)).toEqual(['wave 1/1 goes on: 10 devices left']);
});

it('tells a lost worker by the next attempt, once', () => {
  const retries = [{ activity: 'runWave', attempt: 2, lastFailure: 'activity Heartbeat timeout' }];
  const now = look({}, { retries });

  expect(texts(look({}), now)).toEqual(['runWave: attempt 2, since the one before failed: activity Heartbeat timeout']);
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
