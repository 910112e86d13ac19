import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { timelineOf, timelineText } from '../../../cli/audit';

/** Histories of real runs, as a Temporal dev server kept them: those that are replayed, too. */
const read = (name: string) =>
  historyFromJSON(JSON.parse(readFileSync(join(__dirname, '../../histories', `${name}.json`), 'utf8')));

/** What each line says, without the times, which change whenever the histories are recorded anew. */
const story = (...names: readonly string[]): string[] =>
  timelineText(timelineOf(names.map(read)))
    .split('\n')
    .map((line) => line.slice('2026-11-21 11:35:39Z  '.length))
    .map((line) =>
      line.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, 'TIME').replace(/after <?[\d.]+ s/, 'after TIME'),
    );

const CLOSED = expect.stringMatching(/^ledger closed: rollouts\/.*\/closing\.json, SHA-256 c0ffee$/) as string;

it('tells of a takeover after a lost try', () => {
  expect(story('taken-over').slice(0, 8)).toEqual([
    'started by ada: doors must lock (spec lock-doors, SHA-256 abc)',
    'planned: 100 devices in waves of 5, 20, 75',
    'wave 1 on west started',
    'wave 1 on west ended after TIME: 5 succeeded',
    'gate after wave 1: proceed (successTarget: succeeded 5 of 5 (100%), target 90%)',
    'wave 2 on west started',
    'wave 2 on west: attempt 2 took over; the one before failed: the hub went away',
    'wave 2 on west ended after TIME: 20 succeeded',
  ]);
});

it('tells of the gate that aborted, with its numbers, and that nothing ran any more', () => {
  expect(story('breached').slice(-4)).toEqual([
    'wave 2 on west ended after TIME, stopped early (failureLimit): 7 succeeded, 3 failed, 10 pending',
    'gate after wave 2: abort (failureLimit: failed 3 of 10 finished (30%), limit 10%)',
    CLOSED,
    'aborted: 12 succeeded, 3 failed, 85 pending; failed 3 of 10 finished (30%), limit 10%',
  ]);
});

it('tells who let a held wave pass and why, once', () => {
  const told = story('held-then-proceeded');

  expect(told).toContain('gate after wave 2: hold (failureLimit: failed 3 of 10 finished (30%), limit 10%)');
  expect(told.filter((line) => line.includes('grace'))).toEqual(['proceed at wave 2 ordered by grace: seen enough']);
  expect(told.at(-1)).toBe('completed: 100 succeeded; every wave passed');
});

it('tells of an abort in a soak, and that the wait was cut', () => {
  expect(story('aborted-in-a-soak').slice(-5)).toEqual([
    'waits until TIME: soak after wave 1',
    'abort at wave 1 ordered by grace: seen enough',
    'wait cut short: soak after wave 1',
    CLOSED,
    'aborted: 5 succeeded, 95 pending; grace: seen enough',
  ]);
});

it('tells of pauses and of what was changed', () => {
  expect(story('paused-and-resumed').filter((line) => line.includes('ordered'))).toEqual([
    'pause at wave 2 ordered by grace: seen enough',
    'resume at wave 2 ordered by grace: seen enough',
  ]);
  expect(story('changed')).toContain('change (failureLimit 0.5, parallel 2) at wave 2 ordered by grace: seen enough');
});

it('tells of a denial that nobody spoke, of the way back, and of the catch-up', () => {
  expect(story('denied-by-deadline').slice(-3)).toEqual([
    'deny at wave 2 ordered by the deadline: nobody answered in time',
    CLOSED,
    'denied: 5 succeeded, 95 pending; the deadline: nobody answered in time',
  ]);
  expect(story('rolled-back')).toEqual(
    expect.arrayContaining([
      'undoing wave 2 on west started',
      'gate after undoing wave 1: proceed (successTarget: succeeded 5 of 5 (100%), target 90%)',
    ]),
  );
  expect(story('caught-up')).toContain(
    'gate after the catch-up: proceed (successTarget: 1 of 2 caught up, 1 still offline)',
  );
});

it('tells of an end that the rollout itself had no hand in', () => {
  expect(story('terminated').at(-1)).toMatch(/^terminated: the cluster is being moved/);
  expect(story('failed').at(-1)).toBe('failed: GS_QUERY_INVALID: =!');
});

it('reads a chain of runs as one story', () => {
  const told = story('continued-as-new-1', 'continued-as-new-2');

  expect(told.filter((line) => line.startsWith('started by'))).toHaveLength(1);
  expect(told.filter((line) => line === 'continued as a new run')).toHaveLength(1);
  expect(told.filter((line) => line.startsWith('gate after wave'))).toHaveLength(3);
  expect(told.at(-1)).toBe('completed: 100 succeeded; every wave passed');
});

it('tells which late joiners cannot be moved, once until that changes', () => {
  const looks = [['a'], ['a'], []].flatMap((devices, index) => {
    const turnedAway = devices.map((id) => ({
      why: 'without enrollment at dps',
      devices: { count: 1, devices: [id] },
    }));
    const data = Buffer.from(JSON.stringify({ turnedAway })).toString('base64');
    const metadata = { encoding: Buffer.from('json/plain').toString('base64') };
    const scheduledEventId = String(2 * index + 1);
    return [
      {
        eventId: scheduledEventId,
        activityTaskScheduledEventAttributes: { activityType: { name: 'planJoiners' } },
      },
      {
        eventId: String(2 * index + 2),
        activityTaskCompletedEventAttributes: { scheduledEventId, result: { payloads: [{ metadata, data }] } },
      },
    ];
  });
  const told = timelineOf([historyFromJSON({ events: looks })]).map(
    (entry) => entry.kind === 'turnedAway' && entry.reasons,
  );

  expect(told).toEqual([['1 device without enrollment at dps (a)'], []]);
});
