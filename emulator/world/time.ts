import { randomInt } from 'node:crypto';

/** What Azure writes for a time that was never set. */
export const NEVER = '0001-01-01T00:00:00Z';

/** The last stamp made: every packet is stamped, and many come in one millisecond. */
let last = { time: NaN, stamp: '' };

/** UTC as Azure stamps it: seven digits of a second. @param time ms since the epoch */
export function stampOf(time: number): string {
  if (time !== last.time) last = { time, stamp: new Date(time).toISOString().replace('Z', '0000Z') };
  return last.stamp;
}

/** 0001-01-01 to 1970-01-01 in .NET's ticks of 100 ns. */
const EPOCH_TICKS = 621_355_968_000_000_000n;

/** .NET's ticks, as Azure's generation ids are; what is below a millisecond is made up. @param time ms since the epoch */
export const ticksOf = (time: number): string =>
  String(EPOCH_TICKS + BigInt(time) * 10_000n + BigInt(randomInt(10_000)));
