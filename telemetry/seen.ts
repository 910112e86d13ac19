/** Sequence numbers from the first to the last, both included. */
export type Range = readonly [first: number, last: number];

/** What a device's row remembers of one partition of one source. */
export interface SeenStream {
  /** Every message of the device in these is in the row. Rising, apart, never touching; at least one. */
  readonly ranges: readonly Range[];
  /** When the message of the highest sequence number was taken by the event hub, ms since 1970. */
  readonly atMs: number;
  /** From the lowest range's first up to this, nobody knows any more which messages are in the row. */
  readonly floor?: number;
  /** The event hub was made anew under its name; what was taken up to then is of the former. */
  readonly sinceMs?: number;
}

/** By {@link streamName}. */
export type Seen = Readonly<Record<string, SeenStream>>;

/** A key of {@link Seen}. */
export const streamName = (source: string, partition: string): string => `${source}/${partition}`;

/**
 * Times of one partition rise with its sequence numbers, but for the clocks of the machines that it moves between. A
 * lower number with a time later by more than this is of another event hub of the same name, whose numbers begin anew.
 */
export const RESTART_MS = 10_000;

interface Place {
  readonly sequence: number;
  readonly enqueuedAtMs: number;
}

const highestOf = ({ ranges }: SeenStream): number => ranges.at(-1)?.[1] ?? -1;

/** Ranges made of sequence numbers in rising order: one for each run without a gap. */
export function runsOf(sequences: readonly number[]): Range[] {
  const runs: [number, number][] = [];
  for (const sequence of sequences) {
    const last = runs.at(-1);
    if (last !== undefined && sequence <= last[1] + 1) last[1] = sequence;
    else runs.push([sequence, sequence]);
  }
  return runs;
}

/** The union of ranges; those that touch become one. */
export function united(ranges: readonly Range[]): Range[] {
  const joined: [number, number][] = [];
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** What a row knows of a message: not in it, in it, or neither can be said any more. */
export type Standing = 'new' | 'duplicate' | 'tooLate';

/** @param stream undefined before the first message */
export function standingOf(stream: SeenStream | undefined, { sequence, enqueuedAtMs }: Place): Standing {
  if (stream === undefined) return 'new';
  if (stream.sinceMs !== undefined && enqueuedAtMs <= stream.sinceMs) return 'tooLate';
  if (!stream.ranges.some(([first, last]) => first <= sequence && sequence <= last)) return 'new';
  return stream.floor !== undefined && sequence <= stream.floor ? 'tooLate' : 'duplicate';
}

/** The stream as messages of it find it: forgotten but for its time, where they are of an event hub made anew. */
export function streamFor(stream: SeenStream | undefined, places: readonly Place[]): SeenStream | undefined {
  if (stream === undefined) return undefined;
  const highest = highestOf(stream);
  const isAnew = places.some((place) => place.sequence <= highest && place.enqueuedAtMs > stream.atMs + RESTART_MS);
  return isAnew ? { ranges: [], atMs: stream.atMs, sinceMs: stream.atMs } : stream;
}

/** @param ranges at least one, rising; @param atMs when the last of them was taken */
export function covering(stream: SeenStream | undefined, ranges: readonly Range[], atMs: number): SeenStream {
  if (stream === undefined) return { ranges: united(ranges), atMs };
  const isHigher = (ranges.at(-1)?.[1] ?? -1) > highestOf(stream);
  return { ...stream, ranges: united([...stream.ranges, ...ranges]), atMs: isHigher ? atMs : stream.atMs };
}

/** Closes the oldest gap: what lies in it or below it, down to the lowest range's first, is given up. */
function closed({ ranges: [lowest, second, ...rest], ...stream }: SeenStream): SeenStream {
  if (lowest === undefined || second === undefined) throw new Error('a stream of one range has no gap');
  return {
    ...stream,
    ranges: [[lowest[0], second[1]], ...rest],
    floor: Math.max(stream.floor ?? -1, second[0] - 1),
  };
}

/** Closes gaps, the oldest of the stream with most, until no more ranges are left than `max`, or one a stream. */
export function bounded(seen: Seen, max: number): Seen {
  const streams = Object.entries(seen);
  const total = streams.reduce((sum, [, { ranges }]) => sum + ranges.length, 0);
  if (total <= max) return seen;
  const [name, most] = streams.reduce((a, b) => (b[1].ranges.length > a[1].ranges.length ? b : a));
  return most.ranges.length < 2 ? seen : bounded({ ...seen, [name]: closed(most) }, max);
}
