import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { timelineOf, timelineText } from '../../../cli/audit';

/** Histories of real runs, as a Temporal dev server kept them. */
const entriesOf = (name: string) =>
  timelineOf([historyFromJSON(JSON.parse(readFileSync(join(__dirname, 'histories', `${name}.json`), 'utf8')))]);

const story = (name: string): string[] =>
  timelineText(entriesOf(name))
    .split('\n')
    .map((line) => line.slice('2026-11-21 11:35:39Z  '.length));

it('tells of a takeover after a lost worker, and of the gate that then aborted, with its numbers', () => {
  expect(story('takeover')).toEqual([
    'started by ana@door-desk: quarterly drill (spec takeover, SHA-256 70878c1891a7b9e56c99ec10899ed8adfa78a76c6fcbbd860ad94fe375530940)',
    'planned: 100 devices in waves of 5, 20, 75',
    'wave 1 on main started',
    'wave 1 on main ended after <0.1 s: 5 succeeded',
    'gate after wave 1: proceed (successTarget: succeeded 5 of 5 (100%), target 95%)',
    'soaking until 2026-11-21 11:35:40Z',
    'wave 2 on main started',
    'wave 2 on main: attempt 2 took over; the one before failed: activity Heartbeat timeout',
    'wave 2 on main ended after 11 s, stopped early (failureLimit): 18 succeeded, 2 failed',
    'gate after wave 2: abort (failureLimit: failed 2 of 20 finished (10%), limit 5%)',
    'aborted: 23 succeeded, 2 failed, 75 pending; failed 2 of 20 finished (10%), limit 5%',
  ]);
});

it('tells who let a held wave pass and why, once', () => {
  const told = story('held');

  expect(told).toContain('gate after wave 2: hold (failureLimit: failed 2 of 20 finished (10%), limit 5%)');
  expect(told.filter((line) => line.includes('ben@night-shift'))).toEqual([
    'proceed at wave 2 ordered by ben@night-shift: both doors are being repaired',
  ]);
  expect(told.at(-1)).toBe('completed: 98 succeeded, 2 failed; every wave passed');
});

it('tells of an abort in a soak, and that the soak was cut', () => {
  expect(story('aborted').slice(-4)).toEqual([
    'soaking until 2026-11-21 12:35:41Z',
    'abort at wave 1 ordered by ben@night-shift: a visitor is locked in',
    'soak cut short',
    'aborted: 5 succeeded, 95 pending; a visitor is locked in',
  ]);
});

it('tells of an end that the rollout itself had no hand in', () => {
  expect(story('terminated').at(-1)).toMatch(/^terminated: the cluster is being moved/);
});

it('reads a chain of runs as one story', () => {
  const read = (name: string) =>
    historyFromJSON(JSON.parse(readFileSync(join(__dirname, 'histories', `${name}.json`), 'utf8')));
  const second = read('held');
  const first = second.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (!first) throw new Error('the fixture does not begin with its start');
  first.continuedExecutionRunId = 'the-run-before';

  const kinds = timelineOf([read('aborted'), second]).map(({ kind }) => kind);

  expect(kinds.filter((kind) => kind === 'started')).toHaveLength(1);
  expect(kinds).toContain('continued');
});
