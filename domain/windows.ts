import type { WindowRule } from './spec';

/** A stretch of time, in milliseconds since 1970; `to` is not in it. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The clock and calendar of one time zone, for one cron expression. */
export interface Calendar {
  /** The last moment, not after another, at which the expression matches. */
  last(at: number): number | undefined;
  /** The first moment strictly after another at which the expression matches, or undefined when it never does again. */
  next(after: number): number | undefined;
  /** When a date (YYYY-MM-DD) begins in the zone. */
  startOf(date: string): number;
}

/** The date after another: both YYYY-MM-DD. */
const dayAfter = (date: string): string => new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);

/**
 * Takes stretches of time out of another.
 *
 * @param cuts in any order, overlapping or not
 * @returns    what is left, in order; no piece is empty
 * @example    without({ from: 0, to: 10 }, [{ from: 2, to: 4 }, { from: 3, to: 6 }]) // => [{ from: 0, to: 2 }, { from: 6, to: 10 }]
 */
export const without = (whole: Stretch, cuts: readonly Stretch[]): Stretch[] =>
  cuts
    .reduce<Stretch[]>(
      (pieces, cut) =>
        pieces.flatMap(({ from, to }) => [
          { from, to: Math.min(to, cut.from) },
          { from: Math.max(from, cut.to), to },
        ]),
      [whole],
    )
    .filter(({ from, to }) => from < to);

const frozenOf = ({ freeze }: WindowRule, calendar: Calendar): Stretch[] =>
  freeze.map(({ from, to }) => ({ from: calendar.startOf(from), to: calendar.startOf(dayAfter(to)) }));

/** The last opening not after a moment, when that window is still open then; else the next opening. */
function openingAt({ forMs }: WindowRule, calendar: Calendar, at: number): number | undefined {
  const last = calendar.last(at);
  return last !== undefined && last + forMs > at ? last : calendar.next(at);
}

/**
 * Finds the window that is open at a moment, or the next one to open. Where a freeze cuts a window in two, each part is a
 * window of its own.
 *
 * @param after milliseconds since 1970
 * @returns     the window: open at `after` when its `from` is not later; undefined when it never opens again
 */
export function windowAt(rule: WindowRule, calendar: Calendar, after: number): Stretch | undefined {
  const frozen = frozenOf(rule, calendar);
  let opens = openingAt(rule, calendar, after);
  while (opens !== undefined) {
    const whole = { from: opens, to: opens + rule.forMs };
    const piece = without(whole, frozen).find(({ to }) => to > after);
    if (piece !== undefined) return piece;
    // All that is left of it is frozen; a later window that began within the freeze may still be open when that ends.
    const thawed = frozen.filter(({ from }) => from <= whole.to).map(({ to }) => to);
    opens = openingAt(rule, calendar, Math.max(whole.to, ...thawed));
  }
  return undefined;
}
