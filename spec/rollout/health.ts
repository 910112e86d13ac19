import { z } from 'zod';
import type { Comparison, HealthMeasure, HealthRule, Range } from '../../domain/spec';
import { exactlyOneOf, isObject, matching, record, whole } from '../fields';
import type { Path } from '../problems';
import { duration, fraction, PERCENT } from './units';

const NUMBER = '(-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)(%?)';
const RANGE = new RegExp(`^(?:(<=|>=|<|>)\\s*${NUMBER}|${NUMBER}\\s+to\\s+${NUMBER})$`);

/** A range, and whether it was written in per cent. */
interface Written {
  readonly range: Range;
  readonly percent: boolean;
}

/** @returns undefined where the ends of a range do not go together */
function writtenOf(text: string): Written | undefined {
  const [, op, bound, sign, least, leastSign, most, mostSign] = RANGE.exec(text) ?? [];
  const percent = (op === undefined ? leastSign : sign) === '%';
  const read = (number: string | undefined): number => Number(number) / (percent ? 100 : 1);
  if (op !== undefined) return { range: { op: op as '<' | '<=' | '>' | '>=', value: read(bound) }, percent };
  if (leastSign !== mostSign || read(least) > read(most)) return undefined;
  return { range: { op: 'to', least: read(least), most: read(most) }, percent };
}

const range = (form: string) =>
  z
    .string({ error: form })
    // What follows, here and in the rule, reads what this makes of it.
    .regex(RANGE, { error: form, abort: true })
    .meta({ allowed: form })
    .transform((text, context) => {
      const written = writtenOf(text);
      if (written !== undefined) return written;
      context.addIssue({
        code: 'custom',
        message: `${form}; of two numbers the smaller one first, both or none with %`,
      });
      return z.NEVER;
    });

const AMOUNT =
  "a comparison with a number, such as '<= 2%' for a share, or '< 60' or '-3 to 3' for a field, which has no percentages";
const FACTOR = "a comparison with a number, such as '<= 1.5' or '0.8 to 1.2'";

const comparison = {
  difference: range(AMOUNT).optional().describe('What value - reference must be.'),
  ratio: range(FACTOR)
    .optional()
    .describe('What value / reference must be. Two zeros have a ratio of 1. Of a field the reference must be above 0.'),
};

type Compared = { readonly [Name in keyof typeof comparison]?: unknown };
const compares = (given: Compared): boolean => given.difference !== undefined || given.ratio !== undefined;
const COMPARES = {
  error: 'an object with difference, ratio or both',
  when: ({ value }: { value: unknown }) => isObject(value),
};

const untouched = record(comparison).refine(compares, COMPARES);
const past = record({
  for: duration('1s', '1d')
    .prefault('1h')
    .describe(
      'How far back: windows that lie within this time before the wave began. The pipeline keeps 3 hours unless its settings say otherwise.',
    ),
  ...comparison,
}).refine(compares, COMPARES);

const FIELD = 'the name of a field of telemetry, such as Celsius';
const field = matching(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, FIELD).meta({ allowed: 'the name of a field of telemetry' });

const AT = 'a percentage from 1% to 99%, such as 95%';
const quantile = record({
  of: field.describe('Field of telemetry.'),
  at: matching(PERCENT, AT)
    .meta({ allowed: '1% to 99%' })
    .transform(fraction)
    .refine((at) => at >= 0.01 && at <= 0.99, { error: AT })
    .describe('Which quantile; 50% is the median.'),
});

const only = z.literal(true, { error: 'true' });
const one = exactlyOneOf('rejected', 'missing', 'mean', 'quantile');

const rule = record({
  rejected: only.optional().describe('Measures the share of messages that the pipeline has rejected.'),
  missing: only
    .optional()
    .describe('Measures the share of devices that have sent nothing since the change, of those that had sent before.'),
  mean: field.optional().describe("Measures the mean over the devices of each device's mean of this field."),
  quantile: quantile.optional().describe("Measures a quantile over the devices of each device's mean of a field."),
  value: range(AMOUNT).optional().describe("What the value of the wave's devices must be."),
  untouched: untouched
    .optional()
    .describe(
      'Compares with devices of the same hubs that the rollout has not touched: of later waves, or not of the target.',
    ),
  past: past
    .optional()
    .describe("Compares with what the wave's devices sent before the wave began. Not with `missing`."),
  minimum: whole(1, 1_000_000).default(5).describe('Devices with data that each side needs; fewer are inconclusive.'),
  grace: duration('0s', '1d')
    .prefault('1m')
    .describe('Messages count from this time after the last device of the wave was changed.'),
}).refine(one.test, one.options);

type Given = z.output<typeof rule>;

const RANGES = [
  ['value'],
  ['untouched', 'difference'],
  ['past', 'difference'],
  ['untouched', 'ratio'],
  ['past', 'ratio'],
] as const;

const writtenAt = ({ value, ...given }: Given, [side, kind]: (typeof RANGES)[number]): Written | undefined =>
  side === 'value' ? value : given[side]?.[kind];

/** What is wrong between fields: units, and comparisons that say nothing. */
function mistakes(given: Given): { readonly path: Path; readonly message: string }[] {
  const isShare = given.rejected !== undefined || given.missing !== undefined;
  const units = RANGES.flatMap((path) => {
    const written = writtenAt(given, path);
    const wanted = isShare && path[1] !== 'ratio';
    if (written === undefined || written.percent === wanted) return [];
    return [{ path, message: wanted ? "numbers with %, such as '<= 2%'" : "numbers without %, such as '<= 1.5'" }];
  });
  const { value, untouched: beside, past: before } = given;
  return [
    ...units,
    ...(value === undefined && beside === undefined && before === undefined
      ? [{ path: [], message: 'an object with at least one of value, untouched and past' }]
      : []),
    ...(given.missing !== undefined && before !== undefined
      ? [{ path: ['past'], message: 'nothing with missing, which compares with the past by itself' }]
      : []),
  ];
}

function measureOf({ rejected, missing, mean, quantile: asked }: Given): HealthMeasure {
  if (rejected) return { kind: 'rejected' };
  if (missing) return { kind: 'missing' };
  if (mean !== undefined) return { kind: 'mean', field: mean };
  if (asked === undefined) throw new Error('exactlyOneOf lets no rule without a measure through');
  return { kind: 'quantile', field: asked.of, at: asked.at };
}

const comparisonOf = ({
  difference,
  ratio,
}: {
  difference?: Written | undefined;
  ratio?: Written | undefined;
}): Comparison => ({
  ...(difference && { difference: difference.range }),
  ...(ratio && { ratio: ratio.range }),
});

/** What of telemetry lets a wave pass. */
export const health = rule
  .superRefine((given, context) => {
    for (const { path, message } of mistakes(given)) context.addIssue({ code: 'custom', path: [...path], message });
  })
  .meta(one.meta)
  .transform((given): HealthRule => ({
    measure: measureOf(given),
    ...(given.value && { value: given.value.range }),
    ...(given.untouched && { untouched: comparisonOf(given.untouched) }),
    ...(given.past && { past: { forMs: given.past.for, ...comparisonOf(given.past) } }),
    minimum: given.minimum,
    graceMs: given.grace,
  }));
