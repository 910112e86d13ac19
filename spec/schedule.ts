import { Cron } from 'croner';
import { z } from 'zod';
import { matching } from './fields';
import { problemsOf, type SpecProblem } from './problems';
import { duration } from './rollout/units';
import { cron, date, timeZone } from './rollout/window';

/** Room for the time that Temporal appends: a rollout's id has 60 characters at most, and `-2026-11-21t020000z` takes 19. */
const NAME = /^(?=.{1,41}$)[a-z0-9]+(-[a-z0-9]+)*$/;

const BOTH_DAYS =
  "a cron expression with '*' as the day of the month or as the day of the week: Temporal would want both to match, other crons either";
const oneDay = (pattern: string): boolean => {
  const [, , ofMonth, , ofWeek] = pattern.split(/ +/);
  return ofMonth === '*' || ofWeek === '*';
};

const schedule = z.object({
  name: matching(NAME, 'lower-case letters, digits and single dashes, 1 to 41 characters'),
  cron: cron.refine(oneDay, { error: BOTH_DAYS }),
  timeZone,
  jitter: duration('0s', '1d').optional(),
  until: date.optional(),
});

/** When a recurring rollout starts. */
export interface ScheduleTimes {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  /** Each start is put off by up to this. */
  readonly jitterMs?: number;
  /** After this moment it starts no more. */
  readonly endAt?: Date;
}

/** The last second of a date in a zone. */
function endOf(day: string, zone: string): Date | undefined {
  const next = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
  const midnight = new Cron(`${next}T00:00:00`, { timezone: zone }).nextRun(new Date(0));
  return midnight ? new Date(midnight.getTime() - 1_000) : undefined;
}

export type ParsedSchedule =
  | { readonly kind: 'valid'; readonly times: ScheduleTimes }
  | { readonly kind: 'invalid'; readonly problems: readonly SpecProblem[] };

/** Checks what a command line says of a schedule, and tells all mistakes at once. */
export function parseSchedule(given: Readonly<Record<keyof z.input<typeof schedule>, unknown>>): ParsedSchedule {
  const parsed = schedule.safeParse(given);
  if (!parsed.success) return { kind: 'invalid', problems: problemsOf(parsed.error.issues, given) };
  const { name, cron: pattern, timeZone: zone, jitter, until } = parsed.data;
  const endAt = until === undefined ? undefined : endOf(until, zone);
  const times = { name, cron: pattern, timeZone: zone };
  return {
    kind: 'valid',
    times: { ...times, ...(jitter !== undefined && { jitterMs: jitter }), ...(endAt !== undefined && { endAt }) },
  };
}
