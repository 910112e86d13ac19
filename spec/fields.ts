import { z } from 'zod';

/** A strict object whose unknown keys are answered with the known ones. */
export function record<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const fields = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `one of the fields ${fields}` : `an object with the fields ${fields}`,
  });
}

/** A whole number between two others, both included. */
export const whole = (least: number, most: number) => {
  const error = least === most ? `${least}` : `a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};

/** @param error what is allowed, in words */
export const text = (error: string) => z.string({ error }).min(1, { error });

/** Text of one form. */
export const matching = (form: RegExp, error: string) => z.string({ error }).regex(form, { error });

/** One of a few words; the message lists them. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, { error: words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}` });

/** A non-empty list without repetitions. */
export function listOf<Item extends z.ZodType>(item: Item, most: number, what: string) {
  const error = `a list of 1 to ${most} ${what}, none of them twice`;
  return z
    .array(item, { error })
    .min(1, { error })
    .max(most, { error })
    .refine((items) => new Set(items).size === items.length, { error, when: ({ value }) => Array.isArray(value) })
    .meta({ uniqueItems: true, allowed: `a list of 1 to ${most} ${what}` });
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a schema is made of that a JSON Schema cannot see by itself: its reader (spec/rollout/json-schema.ts) looks here. */
export const ALTERNATIVES = new WeakMap<object, readonly z.ZodType[]>();

/**
 * One schema for objects and another for anything else. Unlike `z.union`, whose complaints are all alternatives at once,
 * this says what is wrong in the form that was meant.
 */
export function wordOrObject<Word extends z.ZodType, Body extends z.ZodType>(word: Word, body: Body) {
  const source = z.unknown();
  ALTERNATIVES.set(source, [word, body]);
  return source.transform((raw, { issues }): z.output<Word> | z.output<Body> => {
    const parsed = (isObject(raw) ? body : word).safeParse(raw);
    if (parsed.success) return parsed.data;
    issues.push(...parsed.error.issues.map((issue) => ({ ...issue, input: raw }) as z.core.$ZodRawIssue));
    return z.NEVER;
  });
}

/** An object, or `true` for one with all defaults; `false` is the same as none. */
export function optionalSection<Body extends z.ZodType>(body: Body) {
  const source = z.preprocess((raw) => (raw === true ? {} : raw === false ? undefined : raw), body.optional());
  ALTERNATIVES.set(source, [z.boolean(), body]);
  return source.optional();
}

/** Requires exactly one of some fields; asked even where the object has other mistakes, so that all show at once. */
export const exactlyOneOf = <Field extends string>(...fields: readonly Field[]) => ({
  test: (value: Partial<Record<Field, unknown>>) => fields.filter((field) => value[field] !== undefined).length === 1,
  options: {
    error: `exactly one of ${fields.slice(0, -1).join(', ')} and ${fields.at(-1) ?? ''}`,
    when: ({ value }: { value: unknown }) => isObject(value),
  },
  /** The same for a JSON Schema. */
  meta: { oneOf: fields.map((field) => ({ required: [field] })) },
});

const isJson = (value: unknown): boolean =>
  typeof value === 'number'
    ? Number.isFinite(value)
    : value === null || ['string', 'boolean'].includes(typeof value) || areJson(value);
const areJson = (value: unknown): boolean =>
  (Array.isArray(value) || isObject(value)) && Object.values(value as object).every(isJson);

export const json = z.custom<z.core.util.JSONType>(isJson, { error: 'a JSON value' });
export const jsonObject = z.record(z.string(), json, { error: 'an object' });
