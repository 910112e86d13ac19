import { decisionText } from '../../domain/decision-texts';
import { countsText } from '../../domain/tally-texts';
import type { RolloutState, WaveState } from '../../domain/progress';

/** One thing that has happened. */
export interface TimelineEntry {
  readonly at: string;
  readonly text: string;
}

function waveEntries(name: string, { startedAt, endedAt, deviceCount, tally, approvedBy }: WaveState): TimelineEntry[] {
  const by = approvedBy === undefined ? '' : `, approved by ${approvedBy.actor}`;
  return [
    ...(startedAt === undefined ? [] : [{ at: startedAt, text: `${name} began with ${deviceCount} devices${by}` }]),
    ...(endedAt === undefined ? [] : [{ at: endedAt, text: `${name} ended: ${countsText(tally)}` }]),
  ];
}

/** What has happened to a rollout, the newest first. Of its decisions the state keeps the latest 200. */
export function timelineOf(state: RolloutState): TimelineEntry[] {
  const { startedAt, startedBy, endedAt, status, waves, catchUp, rollback = [], decisions } = state;
  const entries: TimelineEntry[] = [
    { at: startedAt, text: `started by ${startedBy.actor}: ${startedBy.reason}` },
    ...waves.flatMap((wave) => waveEntries(`wave ${wave.index}`, wave)),
    ...(catchUp === undefined ? [] : waveEntries('the catch-up', catchUp)),
    ...rollback.flatMap((wave) => waveEntries(`undoing wave ${wave.index}`, wave)),
    ...decisions.map((decision) => ({ at: decision.at, text: decisionText(decision) })),
    ...(endedAt === undefined ? [] : [{ at: endedAt, text: `ended: ${status}` }]),
  ];
  // Of one moment what comes later here is newer: the sort is stable, and it is turned round before.
  return entries.reverse().sort((a, b) => (a.at === b.at ? 0 : a.at < b.at ? 1 : -1));
}
