import { Cron } from 'croner';
import type { WindowRule } from '../domain/spec';
import { type Calendar, windowAt } from '../domain/windows';
import type { WindowActivities } from './contracts';

/** A zone's calendar. On the change to summer time, an opening in the hour that is left out comes when that hour would begin. */
function calendarOf(opens: string, timeZone: string): Calendar {
  const cron = new Cron(opens, { timezone: timeZone });
  return {
    // croner looks strictly before the moment that it is given.
    last: (at) => cron.previousRuns(1, new Date(at + 1))[0]?.getTime(),
    next: (after) => cron.nextRun(new Date(after))?.getTime(),
    startOf: (date) => new Cron(`${date}T00:00:00`, { timezone: timeZone }).nextRun(new Date(0))?.getTime() ?? 0,
  };
}

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** The zone that counts: a device's own where it is one that is known, else the one the window names. */
const zoneOf = ({ zone }: WindowRule, own: string | undefined): string =>
  zone.kind === 'fixed' ? zone.timeZone : own !== undefined && isTimeZone(own) ? own : zone.otherwise;

const iso = (at: number): string => new Date(at).toISOString();

/** Windows by the time zone database of the worker's Node.js; touches nothing outside. */
export const createWindowActivities = (): WindowActivities => ({
  nextOpening({ window, zone, after }) {
    const timeZone = zoneOf(window, zone);
    const found = windowAt(window, calendarOf(window.opens, timeZone), Date.parse(after));
    // A spec whose expression never matches is refused, and its freezes end; so this is a defect.
    if (found === undefined) throw new Error(`the window ${window.opens} (${timeZone}) never opens after ${after}`);
    return Promise.resolve({ opensAt: iso(found.from), shutsAt: iso(found.to) });
  },
});
