import { InvalidArgumentError } from 'commander';
import type { Settings } from '../../../domain/progress';
import type { Gate } from '../../../domain/spec';

/** What `rollout change` reads; shares and durations are written as in a spec. */
export interface ChangeOptions {
  readonly failureLimit?: number;
  readonly failedLimit?: number;
  readonly timedOutLimit?: number;
  readonly offlineLimit?: number;
  readonly minimum?: number;
  readonly successTarget?: number;
  readonly soak?: number;
  readonly parallel?: number;
  readonly devicesPerMinute?: number;
}

function share(text: string): number {
  const value = /^\d+(\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Allowed: a percentage from 0% to 100%, such as 5%.');
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function duration(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('Allowed: a duration such as 30s, 5m, 2h or 1d.');
  return Math.round(Number(count) * UNITS[unit as keyof typeof UNITS]);
}

function whole(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Allowed: a whole number from 1.');
}

export const CHANGE_OPTIONS = [
  ['--failure-limit <share>', '(failed + timed out) / finished that trips, such as 5%', share],
  ['--failed-limit <share>', 'the limit of failed devices alone; sets all three of these limits anew', share],
  ['--timed-out-limit <share>', 'the limit of timed out devices alone', share],
  ['--offline-limit <share>', 'the limit of offline devices', share],
  ['--minimum <devices>', 'no limit is asked before so many have finished', whole],
  ['--success-target <share>', 'succeeded / (wave - skipped) that a wave needs', share],
  ['--soak <duration>', 'rest after each wave, also of the one that runs', duration],
  ['--parallel <batches>', 'batches at once on a hub', whole],
  ['--devices-per-minute <devices>', 'devices begun in a minute on a hub', whole],
] as const satisfies readonly (readonly [string, string, (text: string) => number])[];

const withoutGaps = <Shape extends object>(shape: Shape): Partial<Shape> =>
  Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Partial<Shape>;

/** The settings that the options name; those that they do not name stay as they are. */
export function changesOf(options: ChangeOptions): Partial<Settings> {
  const { failureLimit, minimum, successTarget, soak, parallel, devicesPerMinute } = options;
  const { failedLimit: failed, timedOutLimit: timedOut, offlineLimit: offline } = options;
  const limits = withoutGaps({ failed, timedOut, offline }) as Gate['limits'];
  return withoutGaps({
    failureLimit,
    limits: Object.keys(limits).length === 0 ? undefined : limits,
    minimum,
    successTarget,
    soakMs: soak,
    parallel,
    devicesPerMinute,
  });
}
