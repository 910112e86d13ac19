import { z } from 'zod';
import type { Ring, WaveRule, WaveSize } from '../../domain/spec';
import { exactlyOneOf, listOf, oneOf, record, text, whole, wordOrObject } from '../fields';
import { condition, fraction, label, PERCENT, tagName } from './units';

const isPart = (size: string): boolean => PERCENT.test(size) && fraction(size) > 0 && fraction(size) <= 1;

const isWaveSize = (size: unknown): boolean =>
  typeof size === 'number'
    ? Number.isInteger(size) && size >= 1
    : typeof size === 'string' && (size === 'rest' || isPart(size));

const wave = z
  .custom<number | string>(isWaveSize, {
    error: 'a whole number of devices from 1, a percentage above 0% such as 20%, or rest',
    abort: false,
  })
  .meta({
    anyOf: [
      { type: 'integer', minimum: 1 },
      { type: 'string', pattern: `^rest$|${PERCENT.source}` },
    ],
  });

function waveSizeOf(size: number | string): WaveSize {
  if (size === 'rest') return { kind: 'rest' };
  return typeof size === 'number' ? { kind: 'count', count: size } : { kind: 'share', share: fraction(size) };
}

const LIST = 'a list of 1 to 100 wave sizes; or an object with rings, cohorts or ramp';
const sizes = z
  .array(wave, { error: LIST })
  .min(1, { error: LIST })
  .max(100, { error: LIST })
  .refine((list) => list.indexOf('rest') === list.length - 1, {
    error: "wave sizes with 'rest' as the last one, and only there, so that every device has a wave",
    when: ({ value }) => Array.isArray(value) && value.length > 0,
  })
  .meta({ allowed: 'a list of 1 to 100 sizes' })
  .transform((list): WaveRule => ({ kind: 'sizes', sizes: list.map(waveSizeOf) }));

const ringRule = exactlyOneOf('where', 'rest');
const ring = record({
  name: label.describe('Names the ring in plans and gates.'),
  where: condition.optional().describe('Its condition, asked when the rollout is planned.'),
  rest: z
    .literal(true, { error: 'true' })
    .optional()
    .describe(
      '`true`, in place of a condition: all devices that no ring before it has. Only the last ring may be the rest.',
    ),
})
  .refine(ringRule.test, ringRule.options)
  .meta(ringRule.meta)
  .transform(({ name, where }): Ring => ({ name, where: where ?? { kind: 'rest' } }));

const isRest = ({ where }: Ring): boolean => typeof where === 'object';
const rings = listOf(ring, 100, 'rings')
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, { error: 'rings, no two of one name' })
  .refine((list) => !list.slice(0, -1).some(isRest), { error: 'rings of which only the last one is the rest' });

const cohorts = record({
  tag: tagName.describe('The tag whose values make the waves.'),
  order: listOf(text('a value of the tag'), 100, 'values of the tag').describe(
    'A wave for each of these values, in this order.',
  ),
  others: oneOf(['last', 'leaveOut'])
    .default('last')
    .describe('Devices with another value, or none: a last wave, or left out of the rollout.'),
});

const ramp = record({
  first: whole(1, 1_000_000).describe('Devices in the first wave.'),
  factor: z
    .number({ error: 'a number from 1 to 100' })
    .min(1, { error: 'a number from 1 to 100' })
    .max(100, { error: 'a number from 1 to 100' })
    .default(2)
    .describe('By this waves grow.'),
  stepAfter: whole(1, 1_000_000).describe('After each so many devices waves grow by `factor`.'),
  most: whole(1, 1_000_000).optional().describe('No wave is larger than this.'),
});

const one = exactlyOneOf('rings', 'cohorts', 'ramp');
const shapes = record({
  rings: rings.optional().describe('Waves chosen by conditions. A device is in the first ring whose condition holds.'),
  cohorts: cohorts.optional().describe('A wave for each value of a tag.'),
  ramp: ramp.optional().describe('Waves that grow.'),
})
  .refine(one.test, one.options)
  .meta(one.meta)
  .transform((shape): WaveRule => {
    if (shape.rings !== undefined) return { kind: 'rings', rings: shape.rings };
    if (shape.cohorts !== undefined) return { kind: 'cohorts', ...shape.cohorts };
    if (shape.ramp === undefined) throw new Error('exactlyOneOf lets no waves without a shape through');
    return { kind: 'ramp', ...shape.ramp };
  });

export const waves = wordOrObject(sizes, shapes);
