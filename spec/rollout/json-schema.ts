import { z } from 'zod';
import { ALTERNATIVES } from '../fields';
import { document } from './document';

/** A JSON Schema, as far as it is made and read here. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Ours: what may stand there, for people. Not in the published form. */
  readonly allowed?: string;
  /** Ours: what holds when the field is left out, where that is no value. */
  readonly without?: string;
  /** Ours: the section that has the same fields. */
  readonly sameAs?: string;
}

/** What a spec's author writes, before defaults and units are read; the alternatives of a field are schemas of their own. */
const written = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const forms = ALTERNATIVES.get(zodSchema);
      if (forms === undefined) return;
      for (const key of ['type', 'properties', 'required', 'additionalProperties', 'oneOf'] as const) {
        Reflect.deleteProperty(jsonSchema, key);
      }
      jsonSchema.anyOf = forms.map((form) => {
        const schema = { ...written(form) };
        Reflect.deleteProperty(schema, '$schema');
        return schema as z.core.JSONSchema.JSONSchema;
      });
    },
  }) as JsonSchema;

/** The rollout spec's schema with `allowed` in it: what the reference in docs/spec.md is made from. */
export const annotatedSchema = (): JsonSchema => written(document);

type Mapped = (schema: JsonSchema) => object;

/** Applies a function to all schemas within a schema; values, such as defaults, are none. */
function mapSchemas(schema: JsonSchema, map: Mapped): object {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]: [string, unknown]) => {
      if (key === 'properties') {
        const fields = Object.entries(value as Record<string, JsonSchema>);
        return [key, Object.fromEntries(fields.map(([name, field]) => [name, map(field)]))];
      }
      if (key === 'anyOf') return [key, (value as JsonSchema[]).map(map)];
      return [key, key === 'items' ? map(value as JsonSchema) : value];
    }),
  );
}

/** Puts into words, which editors show, what no keyword can say. */
function published({ allowed, without, sameAs, ...schema }: JsonSchema): object {
  const remarks = [allowed && `Allowed: ${allowed}.`, without && `Without it: ${without}.`];
  const words = [schema.description, ...remarks, sameAs && `As in \`${sameAs}\`.`].filter(Boolean).join(' ');
  return mapSchemas({ ...schema, ...(words !== '' && { description: words }) }, published);
}

/**
 * The rollout spec as a JSON Schema (draft 2020-12), for editors and other tools. It knows every field and form; ranges of
 * durations and percentages and the rules between fields are beyond it: `groundswell rollout lint` checks those.
 */
export const rolloutSchema = (): object => ({
  $id: 'urn:groundswell:rollout:v1',
  title: 'Groundswell rollout spec',
  ...published(annotatedSchema()),
});
