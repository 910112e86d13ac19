/** What Azure writes for a time that was never set. */
export const NEVER = '0001-01-01T00:00:00Z';

/** UTC as Azure stamps it: seven digits of a second. @param time ms since the epoch */
export const stampOf = (time: number): string => new Date(time).toISOString().replace('Z', '0000Z');
