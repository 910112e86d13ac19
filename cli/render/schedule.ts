import type { ScheduleDetails, ScheduleLook } from '../schedules';
import { actionText, targetText } from '../rollout/describe';
import { duration, utc } from './format';
import { table } from './table';

const timesText = ({ cron, timeZone }: ScheduleLook): string => `${cron} (${timeZone})`;
const nextText = ({ paused, next }: ScheduleLook): string =>
  paused ? 'paused' : next[0] === undefined ? 'never again' : utc(next[0]);

/** Schedules, one a row. */
export const schedulesTable = (found: readonly ScheduleLook[]): string =>
  table(
    ['schedule', 'starts', 'next', 'last rollout'],
    found.map((look) => [look.name, timesText(look), nextText(look), look.recent.at(-1)?.rolloutId ?? '']),
  );

const SHOWN = 3;

/** All there is to say of one schedule, a line each. */
export function scheduleText(look: ScheduleDetails): string {
  const { jitterMs, endAt, note, createdBy, spec, specHash, running, recent } = look;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['starts', timesText(look)],
    ['jitter', jitterMs ? `up to ${duration(jitterMs)}` : undefined],
    ['until', endAt && utc(endAt)],
    ['next', look.paused ? 'paused' : look.next.slice(0, SHOWN).map(utc).join(', ') || 'never again'],
    ['note', note],
    ['rollout', `${actionText(spec.action)}: ${targetText(spec.target)}`],
    ['spec', `${look.specName}, SHA-256 ${specHash}`],
    ['created by', `${createdBy.actor}: ${createdBy.reason}`],
    ['running', running.join(', ') || 'none'],
    [
      'last',
      recent
        .slice(-SHOWN)
        .map(({ rolloutId, at }) => `${rolloutId} (${utc(at)})`)
        .join(', ') || 'none',
    ],
    ['so far', `${look.started} started, ${look.skipped} left out while one ran, ${look.missed} missed`],
  ];
  return lines.flatMap(([name, text]) => (text ? [`${name.padEnd(10)}  ${text}`] : [])).join('\n');
}
