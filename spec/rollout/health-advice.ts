import type { Check, RolloutSpec } from '../../domain/spec';
import type { Path } from '../problems';
import type { Advice, Rule } from './advice';

type HealthCheck = Extract<Check, { kind: 'telemetry' }>;

/** Defaults of the pipeline (telemetry/settings.ts): a spec does not know the stack's own. */
const [WINDOW_MS, KEPT_MS] = [5 * 60_000, 36 * 5 * 60_000];
const MINUTE = 60_000;

const minutes = (ms: number): string => `${Math.ceil(ms / MINUTE)}m`;

/** Gives advice on the first check of telemetry that needs some. */
const onChecks =
  (ask: (check: HealthCheck, spec: RolloutSpec, path: Path) => Advice | false | undefined): Rule =>
  (spec) => {
    for (const [index, check] of spec.gate.checks.entries()) {
      if (check.kind !== 'telemetry') continue;
      const advice = ask(check, spec, ['gate', 'checks', index, 'telemetry']);
      if (advice) return advice;
    }
    return undefined;
  };

/** Of windows the first whole one may begin a window's length after the grace, and is to have something in it. */
const needed = ({ measure, graceMs }: HealthCheck): number =>
  graceMs + (measure.kind === 'missing' ? MINUTE : 2 * WINDOW_MS);

const shortSoak = onChecks(
  (check, { gate: { soakMs } }) =>
    soakMs < needed(check) && {
      path: ['gate', 'soak'],
      why: `${check.name} looks at what devices send after the change and its grace of ${minutes(check.graceMs)}${check.measure.kind === 'missing' ? '' : ', in windows of 5 minutes (the default)'}: with this soak it may find nothing, and hold`,
      write: `soak: ${minutes(needed(check))}, or longer`,
    },
);

const pastGone = onChecks(
  (check, { gate: { soakMs }, watch }, path) =>
    check.past !== undefined &&
    Math.max(soakMs, watch?.forMs ?? 0) + check.past.forMs > KEPT_MS && {
      path: [...path, 'past'],
      why: 'the pipeline keeps 3 hours (the default): when the soak or the watch is over, windows of before the wave are gone, and the check holds',
      write: 'a soak, a watch and past.for that are shorter together, or untouched in place of past',
    },
);

const tooFew = onChecks((check, { waves }, path) => {
  const first = waves.kind === 'ramp' ? waves.first : undefined;
  const size = waves.kind === 'sizes' && waves.sizes[0]?.kind === 'count' ? waves.sizes[0].count : first;
  return (
    size !== undefined &&
    size < check.minimum && {
      path: [...path, 'minimum'],
      why: `the first wave has ${size} devices and the check needs ${check.minimum} with data: there it can only hold`,
      write: `minimum: ${size}, or less; or a larger first wave`,
    }
  );
});

const takesAll = ({ waves }: RolloutSpec): boolean =>
  waves.kind === 'ramp' || (waves.kind === 'sizes' && waves.sizes.at(-1)?.kind === 'rest');

const nobodyLeft = onChecks(
  (check, spec, path) =>
    check.value === undefined &&
    check.past === undefined &&
    takesAll(spec) && {
      path: [...path, 'untouched'],
      why: 'the last wave may leave no device of its hubs untouched: this check then has nothing to compare with, and holds',
      write: 'value or past beside untouched, which then decide',
    },
);

/** Advice on checks of telemetry, by the names under which people look it up. */
export const HEALTH_ADVICE: Readonly<Record<string, Rule>> = {
  'telemetry-soak': shortSoak,
  'telemetry-past': pastGone,
  'telemetry-minimum': tooFew,
  'telemetry-last-wave': nobodyLeft,
};
