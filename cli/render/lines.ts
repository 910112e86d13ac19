import type { Decision, RolloutState } from '../../domain/progress';
import { mergeTallies } from '../../domain/tally';
import { COMMAND } from '../output';
import type { Look } from '../rollout/look';
import { count, countsText, duration, utcTime } from './format';
import { type LiveWave, liveWaves } from './waves';

/** One thing that happened, for one line; `progress` repeats itself, so a reader may leave some out. */
export interface Line {
  readonly kind: 'event' | 'progress';
  readonly text: string;
}

const event = (at: string, text: string): Line => ({ kind: 'event', text: `${utcTime(at)} ${text}` });

export const decisionText = (decision: Decision): string =>
  decision.kind === 'gate'
    ? `gate after wave ${decision.wave}: ${decision.verdict.kind} (${decision.verdict.gate}: ${decision.verdict.reason})`
    : `${decision.kind} at wave ${decision.wave} by ${decision.order.actor}: ${decision.order.reason}`;

/** The commands that end a hold, as the user would type them. */
export const heldAdvice = (rolloutId: string): string[] => [
  `  to go on:  ${COMMAND} rollout proceed ${rolloutId} --reason "..."`,
  `  to end it: ${COMMAND} rollout abort ${rolloutId} --reason "..."`,
];

const took = (from: string, to: string): string => duration(Date.parse(to) - Date.parse(from));

function waveLines(before: LiveWave | undefined, wave: LiveWave, waveCount: number): Line[] {
  const name = `wave ${wave.index}/${waveCount}`;
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

/** The decisions made since, on the waves that `on` picks. */
const decisionLines = (before: RolloutState | undefined, now: RolloutState, on: (wave: number) => boolean): Line[] =>
  now.decisions
    .slice(before?.decisions.length ?? 0)
    .filter(({ wave }) => on(wave))
    .map((decision) => event(decision.at, decisionText(decision)));

function statusLines(before: RolloutState | undefined, state: RolloutState, soakMs: number): Line[] {
  if (before?.status === state.status) return [];
  const at = state.endedAt ?? state.decisions.at(-1)?.at ?? state.startedAt;
  switch (state.status) {
    case 'planning':
      return [event(at, `planning; started by ${state.startedBy.actor}: ${state.startedBy.reason}`)];
    case 'soaking':
      return [event(at, `soaking until ${utcTime(new Date(Date.parse(at) + soakMs).toISOString())}`)];
    case 'held':
      return [
        event(at, 'held: a person decides'),
        ...heldAdvice(state.rolloutId).map((text): Line => ({ kind: 'event', text })),
      ];
    case 'aborting':
      return [{ kind: 'event', text: 'aborting: batches in flight end, no further device is touched' }];
    case 'completed':
    case 'aborted':
    case 'denied':
    case 'rolledBack':
      return [event(at, endText(state))];
    case 'running':
      return [];
    case 'awaitingApproval':
    case 'waiting':
    case 'paused':
    case 'catchingUp':
    case 'watching':
    case 'rollingBack':
      return [event(at, state.status)];
  }
}

function endText({ status, startedAt, endedAt, waves }: RolloutState): string {
  const time = endedAt === undefined ? '' : ` after ${took(startedAt, endedAt)}`;
  return `${status}${time}: ${countsText(mergeTallies(waves.map(({ tally }) => tally)))}`;
}

const planLines = (before: RolloutState | undefined, { plan, startedAt }: RolloutState): Line[] =>
  plan === undefined || before?.plan !== undefined
    ? []
    : [event(startedAt, `planned: ${count(plan.deviceCount, 'device')} in ${count(plan.waves.length, 'wave')}`)];

function retryLines(before: Look | undefined, { retries }: Look): Line[] {
  const known = new Set(before?.retries.map(({ activity, attempt }) => `${activity} ${attempt}`));
  return retries
    .filter(({ activity, attempt }) => !known.has(`${activity} ${attempt}`))
    .map(({ activity, attempt, lastFailure }) => ({
      kind: 'event',
      text: `${activity}: attempt ${attempt}, since the one before failed: ${lastFailure}`,
    }));
}

/**
 * What has happened between two looks. It goes by what is recorded, not by what was seen, so nothing that began and ended
 * in between is missed.
 *
 * @param soakMs the spec's soak
 */
export function linesBetween(before: Look | undefined, now: Look, soakMs: number): Line[] {
  const { state } = now;
  const retries = retryLines(before, now);
  if (state === undefined) return retries;
  const old = before?.state;
  const oldWaves = before === undefined ? [] : liveWaves(before);
  const waves = liveWaves(now).flatMap((wave, i) => [
    ...waveLines(oldWaves[i], wave, state.plan?.waves.length ?? state.waves.length),
    ...decisionLines(old, state, (index) => index === wave.index),
  ]);
  const elsewhere = decisionLines(old, state, (index) => !state.waves.some((wave) => wave.index === index));
  return [...planLines(old, state), ...retries, ...waves, ...elsewhere, ...statusLines(old, state, soakMs)];
}
