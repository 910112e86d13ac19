import type { Tally } from '../../domain/tally';
import { TIME_UNITS } from '../../domain/time';

/** The day and time of an ISO instant in UTC: '2026-11-21 11:03:22Z'. */
export const utc = (iso: string): string => new Date(iso).toISOString().replace('T', ' ').replace(/\.\d+/, '');

/** The time alone: '11:03:22Z'. */
export const utcTime = (iso: string): string => utc(iso).slice(11);

/**
 * A duration in its two largest units; below ten seconds with one decimal.
 *
 * @example duration(3_723_000) // => '1 h 2 min'
 */
export function duration(ms: number): string {
  if (ms < 100) return '<0.1 s';
  if (ms < 9_950) return `${Number((ms / 1_000).toFixed(1))} s`;
  let rest = Math.round(ms / 1_000) * 1_000;
  const parts = TIME_UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? [] : [`${count} ${unit}`];
  });
  return parts.slice(0, 2).join(' ');
}

/** @example count(1, 'device') // => '1 device' */
export const count = (n: number, noun: string): string =>
  `${n} ${n === 1 ? noun : noun.endsWith('ch') ? `${noun}es` : `${noun}s`}`;

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
