/** Shared with the page. */
export { countsText, OUTCOMES } from '../../domain/tally-texts';
export { duration } from '../../domain/time';

/** The day and time of an ISO instant in UTC: '2026-11-21 11:03:22Z'. */
export const utc = (iso: string): string => new Date(iso).toISOString().replace('T', ' ').replace(/\.\d+/, '');

/** The time alone: '11:03:22Z'. */
export const utcTime = (iso: string): string => utc(iso).slice(11);

/** @example count(1, 'device') // => '1 device' */
export const count = (n: number, noun: string): string =>
  `${n} ${n === 1 ? noun : noun.endsWith('ch') ? `${noun}es` : `${noun}s`}`;
