import type { Tally } from './tally';

const LABELS = {
  succeeded: 'succeeded',
  failed: 'failed',
  timedOut: 'timed out',
  offline: 'offline',
  skipped: 'skipped',
  running: 'running',
  pending: 'pending',
} as const satisfies Record<keyof Tally, string>;

/** The outcomes in the order in which they are shown, with their words. */
export const OUTCOMES = Object.entries(LABELS) as [keyof Tally, string][];

/** The counts of a tally that are not 0: '12 succeeded, 1 failed'. */
export const countsText = (tally: Tally): string =>
  OUTCOMES.filter(([kind]) => tally[kind] > 0)
    .map(([kind, label]) => `${tally[kind]} ${label}`)
    .join(', ') || 'none';
