import { z } from 'zod';
import { record } from '../../spec/fields';
import { problemsOf } from '../../spec/problems';
import { failure, type FunctionReply } from '../http';

export type Asked<Value> =
  | { readonly kind: 'asked'; readonly value: Value }
  /** 400, naming each field, its value, and what is allowed. */
  | { readonly kind: 'wrong'; readonly reply: FunctionReply };

/** Telemetry's bound of what devices say, and Azure's of device ids. */
const NAME = 'a text of 1 to 128 characters';
const name = z.string({ error: NAME }).min(1, { error: NAME }).max(128, { error: NAME });

export const siteName = name.optional();
export const hubName = name.optional();
export const deviceName = name.optional();
const AFTER = 'what the page before has given as after';
export const afterText = z.string({ error: AFTER }).min(1, { error: AFTER }).max(4_096, { error: AFTER }).optional();

export function checked<Schema extends z.ZodType>(schema: Schema, raw: unknown): Asked<z.output<Schema>> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { kind: 'asked', value: parsed.data };
  const problems = problemsOf(parsed.error.issues, raw).map(
    ({ path, value, allowed }) => `${path} is ${value}, allowed is ${allowed}`,
  );
  return { kind: 'wrong', reply: failure('BAD_REQUEST', problems.join('; ')) };
}

/** Of the key, which the host has looked at. */
const KEY = 'code';

/** Reads the query of a request: fields that are not known, or come twice, are wrong. */
export function paramsOf<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const schema = record(shape);
  return (query: URLSearchParams): Asked<z.output<typeof schema>> => {
    const names = [...new Set(query.keys())].filter((each) => each !== KEY);
    const raw = Object.fromEntries(
      names.map((each) => {
        const values = query.getAll(each);
        return [each, values.length === 1 ? values[0] : values];
      }),
    );
    return checked(schema, raw);
  };
}
