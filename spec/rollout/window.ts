import { Cron } from 'croner';
import { z } from 'zod';
import type { WindowRule, WindowZone } from '../../domain/spec';
import { exactlyOneOf, listOf, record, wordOrObject } from '../fields';
import { duration, share, tagName } from './units';

const CRON_FORM =
  "five fields of cron (minute, hour, day of month, month, day of week) that some day match, such as '0 22 * * MON-FRI'";
const FIVE_FIELDS = /^\S+( +\S+){4}$/;

function everFires(pattern: string): boolean {
  try {
    return new Cron(pattern, { timezone: 'UTC' }).nextRun() !== null;
  } catch {
    return false;
  }
}

export const cron = z
  .string({ error: CRON_FORM })
  .regex(FIVE_FIELDS, { error: CRON_FORM, abort: true })
  .meta({ allowed: 'five fields of cron' })
  .refine(everFires, { error: CRON_FORM });

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const ZONE_FORM = 'the name of a time zone, such as Europe/Berlin or UTC';
export const timeZone = z
  .string({ error: ZONE_FORM })
  // Intl takes offsets such as +01:00, too; they know no summer time, and Temporal's schedules do not take them.
  .regex(/^[A-Za-z][\w+-]*(\/[\w+-]+)*$/, { error: ZONE_FORM, abort: true })
  .meta({ allowed: 'an IANA name' })
  .refine(isTimeZone, { error: ZONE_FORM });

const DATE_FORM = 'a date such as 2026-12-24';
const isDate = (text: string): boolean =>
  !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().slice(0, 10) === text;
export const date = z
  .string({ error: DATE_FORM })
  .regex(/^\d{4}-\d{2}-\d{2}$/, { error: DATE_FORM, abort: true })
  .meta({ allowed: 'a date' })
  .refine(isDate, { error: DATE_FORM });

const span = record({
  from: date.describe('First date.'),
  to: date.describe('Last date.'),
}).refine(({ from, to }) => from <= to, { path: ['to'], error: 'a date not before `from`' });

const frozen = wordOrObject(
  date.transform((day) => ({ from: day, to: day })),
  span,
);

const one = exactlyOneOf('timeZone', 'timeZoneTag');
export const window = record({
  opens: cron.describe('When it opens, in its time zone.'),
  for: duration('1m', '7d').describe(
    'How long it stays open, in real time: over a change of the clock it is not longer or shorter.',
  ),
  timeZone: timeZone.optional().describe('The zone of `opens` and `freeze`.'),
  timeZoneTag: tagName
    .optional()
    .describe(
      "The device's own zone, by a tag that holds an IANA name; each zone of a wave then waits for its own window.",
    ),
  otherwise: timeZone.optional().describe('The zone of devices without that tag, or whose tag holds no known zone.'),
  freeze: listOf(frozen, 100, 'dates, or spans of { from, to }')
    .optional()
    .describe('Dates, or spans of dates, on which it stays shut.'),
  quorum: share('aboveZero')
    .optional()
    .meta({ without: '`100%`' })
    .describe(
      'Of a wave that spans zones: the share of its devices that must have ended before the gate is asked; the others go on beside.',
    ),
})
  .refine(one.test, one.options)
  .meta(one.meta)
  .refine(({ timeZoneTag, otherwise }) => (timeZoneTag === undefined) === (otherwise === undefined), {
    path: ['otherwise'],
    error: 'a time zone, given together with timeZoneTag and only then',
  })
  .refine(({ timeZoneTag, quorum }) => timeZoneTag !== undefined || quorum === undefined, {
    path: ['quorum'],
    error: 'nothing unless timeZoneTag is given: in one zone the whole wave has one window',
  })
  .transform((rule): WindowRule => {
    const zone: WindowZone =
      rule.timeZoneTag === undefined
        ? { kind: 'fixed', timeZone: rule.timeZone ?? 'UTC' }
        : { kind: 'tag', tag: rule.timeZoneTag, otherwise: rule.otherwise ?? 'UTC' };
    return { opens: rule.opens, forMs: rule.for, zone, freeze: rule.freeze ?? [], quorum: rule.quorum ?? 1 };
  });
