import { type LiveWave, liveWaves, waveName } from '../../domain/live-waves';
import { type RolloutState, totalTally } from '../../domain/progress';
import type { Look } from '../rollout/look';
import { decisionText } from '../../domain/decision-texts';
import { count, countsText, duration, utcTime } from './format';
import { moveSummary } from './move';
import { isQuiet, runbooksOf } from './runbook';
import { adviceOf, waitText } from './wait';

/** One thing that happened, for one line; `progress` repeats itself, so a reader may leave some out. */
export interface Line {
  readonly kind: 'event' | 'progress';
  readonly text: string;
  /** When it happened (UTC, ISO 8601). */
  readonly at?: string;
}

const event = (at: string, text: string): Line => ({ kind: 'event', text: `${utcTime(at)} ${text}`, at });

const took = (from: string, to: string): string => duration(Date.parse(to) - Date.parse(from));

function waveLines(before: LiveWave | undefined, wave: LiveWave, waveCount: number): Line[] {
  const name = wave.pass === 'wave' ? `wave ${wave.index}/${waveCount}` : waveName(wave);
  const lines: Line[] = [];
  if (wave.startedAt !== undefined && before?.startedAt === undefined) {
    lines.push(event(wave.startedAt, `${name} started: ${count(wave.deviceCount, 'device')}`));
  }
  if (before?.status === 'held' && wave.status === 'running') {
    lines.push({ kind: 'event', text: `${name} goes on: ${count(wave.tally.pending, 'device')} left` });
  }
  if (wave.startedAt !== undefined && wave.endedAt !== undefined && wave.endedAt !== before?.endedAt) {
    const ended = `${name} ended after ${took(wave.startedAt, wave.endedAt)}: ${countsText(wave.tally)}`;
    lines.push(event(wave.endedAt, ended));
  } else if (wave.status === 'running' && wave.doneCount > (before?.doneCount ?? 0)) {
    const text = `${name}: ${wave.doneCount} of ${wave.deviceCount} done (${countsText(wave.tally)})`;
    lines.push({ kind: 'progress', text });
  }
  return lines;
}

/** The decisions made since. The state keeps the latest ones only, and counts all. */
function decisionLines(before: RolloutState | undefined, { decisions, decisionCount }: RolloutState): Line[] {
  const news = Math.min(decisionCount - (before?.decisionCount ?? 0), decisions.length);
  return news <= 0 ? [] : decisions.slice(-news).map((decision) => event(decision.at, decisionText(decision)));
}

const plain = (text: string): Line => ({ kind: 'event', text });

function statusLines(before: RolloutState | undefined, state: RolloutState): Line[] {
  if (before?.status === state.status) return [];
  const { status, startedBy, startedAt, waitsFor, decisions, endedAt } = state;
  switch (status) {
    case 'planning':
      return [event(startedAt, `planning; started by ${startedBy.actor}: ${startedBy.reason}`)];
    case 'aborting':
      return [plain('aborting: batches in flight end, no further device is touched')];
    case 'rollingBack':
      return [plain('rolling back: touched devices only, the last wave first')];
    case 'completed':
    case 'aborted':
    case 'denied':
    case 'rolledBack':
      return [event(endedAt ?? decisions.at(-1)?.at ?? startedAt, endText(state))];
    case 'running':
      return [];
    case 'awaitingApproval':
    case 'waiting':
    case 'soaking':
    case 'held':
    case 'paused':
    case 'catchingUp':
    case 'watching': {
      const wait = waitsFor === undefined ? status : `${status}: ${waitText(waitsFor)}`;
      return [event(waitsFor?.since ?? startedAt, wait), ...adviceOf(state).map(plain)];
    }
  }
}

function endText(state: RolloutState): string {
  const { status, startedAt, endedAt } = state;
  const time = endedAt === undefined ? '' : ` after ${took(startedAt, endedAt)}`;
  return `${status}${time}: ${countsText(totalTally(state))}`;
}

const planLines = (before: RolloutState | undefined, { plan, startedAt }: RolloutState): Line[] =>
  plan === undefined || before?.plan !== undefined
    ? []
    : [
        event(startedAt, `planned: ${count(plan.deviceCount, 'device')} in ${count(plan.waves.length, 'wave')}`),
        ...moveSummary(plan).map((text) => event(startedAt, text)),
      ];

function retryLines(before: Look | undefined, { retries }: Look): Line[] {
  const known = new Set(before?.retries.map(({ activity, attempt }) => `${activity} ${attempt}`));
  return retries
    .filter(({ activity, attempt }) => !known.has(`${activity} ${attempt}`))
    .map(({ activity, attempt, lastFailure }) => ({
      kind: 'event',
      text: `${activity}: attempt ${attempt}, since the one before failed: ${lastFailure}`,
    }));
}

/** Sections that did not apply at the look before; waits that end by themselves need nobody to read them. */
function runbookLines(before: Look | undefined, now: Look): Line[] {
  const known = before === undefined ? [] : runbooksOf(before);
  return runbooksOf(now)
    .filter((path) => !known.includes(path) && !isQuiet(path))
    .map((path) => plain(`  runbook: ${path}`));
}

/**
 * What has happened between two looks. It goes by what is recorded, not by what was seen, so nothing that began and ended
 * in between is missed.
 */
export function linesBetween(before: Look | undefined, now: Look): Line[] {
  const { state } = now;
  const retries = retryLines(before, now);
  if (state === undefined) return [...retries, ...runbookLines(before, now)];
  const old = before?.state;
  const oldWaves = before === undefined ? [] : liveWaves(before);
  const waveCount = state.plan?.waves.length ?? state.waves.length;
  const waves = liveWaves(now).flatMap((wave) =>
    waveLines(
      oldWaves.find(({ pass, index }) => pass === wave.pass && index === wave.index),
      wave,
      waveCount,
    ),
  );
  const happened = inOrder([...waves, ...decisionLines(old, state)]);
  const lines = [...planLines(old, state), ...retries, ...happened, ...statusLines(old, state)];
  return [...lines, ...runbookLines(before, now)];
}

/** Events by their time, which they begin with; a line without a time stays behind the one before it. */
function inOrder(lines: readonly Line[]): Line[] {
  let last = '';
  const timed = lines.map((line) => {
    if (line.at !== undefined) last = line.at;
    return { line, at: last };
  });
  return timed.sort((a, b) => a.at.localeCompare(b.at)).map(({ line }) => line);
}
