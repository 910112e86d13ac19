import type { ScheduleDetails, ScheduleLook, SchedulePlan } from '../schedules';
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
  const { jitterMs, endAt, note, createdBy, startsBy, spec, specHash, running, recent } = look;
  const isChanged = startsBy.actor !== createdBy.actor || startsBy.reason !== createdBy.reason;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['starts', timesText(look)],
    ['jitter', jitterMs ? `up to ${duration(jitterMs)}` : undefined],
    ['until', endAt && utc(endAt)],
    ['next', look.paused ? 'paused' : look.next.slice(0, SHOWN).map(utc).join(', ') || 'never again'],
    ['note', note],
    ['rollout', `${actionText(spec.action)}: ${targetText(spec.target)}`],
    ['spec', `${spec.name}, SHA-256 ${specHash}`],
    ['created by', `${createdBy.actor}: ${createdBy.reason}`],
    ['changed by', isChanged ? `${startsBy.actor}: ${startsBy.reason}` : undefined],
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

/** Every field with its value, lists whole; a path such as `gate.failureLimit`. */
function fieldsOf(value: unknown, path: string): [string, string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date)
    return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, field]) => fieldsOf(field, path === '' ? name : `${path}.${name}`));
}

/**
 * What a change would change, like a diff: a line with `-` for what is, one with `+` for what will be.
 *
 * @returns no line where all stays as it is
 */
export function scheduleDiff(before: SchedulePlan, after: SchedulePlan): string[] {
  const [old, next] = [new Map(fieldsOf(before, '')), new Map(fieldsOf(after, ''))];
  const paths = [...new Set([...old.keys(), ...next.keys()])].filter((path) => old.get(path) !== next.get(path));
  return paths.flatMap((path) =>
    (
      [
        ['-', old.get(path)],
        ['+', next.get(path)],
      ] as const
    ).flatMap(([sign, value]) => (value === undefined ? [] : [`${sign} ${path}: ${value}`])),
  );
}
