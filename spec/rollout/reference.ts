import { annotatedSchema, type JsonSchema } from './json-schema';

interface Row {
  readonly path: string;
  readonly allowed: string;
  readonly standard: string;
  readonly meaning: string;
}

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

function rangeText({ minimum, maximum }: JsonSchema): string {
  const shown = (bound: number | undefined): string => (bound ?? 0).toLocaleString('en-US');
  return `${shown(minimum)} to ${shown(maximum)}`;
}

/** What may stand in a field, in words. */
function allowedText(schema: JsonSchema): string {
  if (schema.allowed !== undefined) return schema.allowed;
  if (schema.sameAs !== undefined) return `as ${code(schema.sameAs)}`;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(allowedText))].join('; or ');
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.const !== undefined) return code(schema.const);
  if (schema.type === 'integer' || schema.type === 'number') return rangeText(schema);
  if (schema.type === 'boolean') return '`true`, `false`';
  return schema.type === 'object' ? 'an object' : 'text';
}

/** The fields of which a record takes exactly one; none where it asks for no such thing. */
const choiceOf = ({ oneOf = [] }: JsonSchema): readonly string[] => oneOf.flatMap(({ required = [] }) => required);

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** What holds when a field is left out. */
function standardText(name: string, field: JsonSchema, parent: JsonSchema): string {
  const choice = choiceOf(parent);
  if (choice.includes(name)) return `one of ${choice.map(code).join(', ')}`;
  if (field.without !== undefined) return field.without;
  if (field.default === undefined) return parent.required?.includes(name) ? 'required' : 'none';
  return isEmpty(field.default) ? 'its own defaults' : code(field.default);
}

/** The record that stands in a field: itself, what a list of it holds, or the alternative that is one. */
const recordIn = (schema: JsonSchema): JsonSchema | undefined =>
  schema.properties ? schema : schema.items ? recordIn(schema.items) : schema.anyOf?.find((form) => recordIn(form));

const holdsList = (schema: JsonSchema): boolean => schema.items !== undefined && recordIn(schema.items) !== undefined;

/** The rows of a field's own fields, and of theirs, depth first. */
function rowsBelow(path: string, schema: JsonSchema): Row[] {
  if (schema.sameAs !== undefined) return [];
  const record = recordIn(schema);
  const parent = record?.properties ? record : recordIn(record?.items ?? record?.anyOf?.find(recordIn) ?? {});
  if (parent === undefined) return [];
  const at = holdsList(schema) ? `${path}[]` : path;
  return Object.entries(parent.properties ?? {}).flatMap(([name, field]) =>
    rowsOf(`${at}.${name}`, name, field, parent),
  );
}

const rowsOf = (path: string, name: string, field: JsonSchema, parent: JsonSchema): Row[] => [
  {
    path,
    allowed: allowedText(field),
    standard: standardText(name, field, parent),
    meaning: field.description ?? '',
  },
  ...rowsBelow(path, field),
];

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const tableOf = (rows: readonly Row[]): string =>
  [
    '| field | allowed | without it | meaning |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ path, allowed, standard, meaning }) => `| ${[code(path), allowed, standard, meaning].map(cell).join(' | ')} |`,
    ),
  ].join('\n');

/**
 * Every field of the spec as Markdown tables, one for the fields of the document and one for each section that has fields of
 * its own.
 */
export function specReference(): string {
  const root = annotatedSchema();
  const fields = Object.entries(root.properties ?? {});
  const top = fields.flatMap(([name, field]) => rowsOf(name, name, field, root).slice(0, 1));
  const sections = fields.flatMap(([name, field]) => {
    const rows = rowsBelow(name, field);
    return rows.length === 0 ? [] : [`### ${name}\n\n${field.description ?? ''}\n\n${tableOf(rows)}`];
  });
  return [tableOf(top), ...sections].join('\n\n');
}

const BEGIN = '<!-- The tables down to the next such line are written by `npm run generate`. -->';
const END = '<!-- End of what is written by `npm run generate`. -->';

/**
 * Puts the tables into their page.
 *
 * @throws when the page lacks the lines between which they stand
 */
export function withReference(page: string, tables: string): string {
  const [before, rest] = page.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined) throw new Error(`the page lacks ${BEGIN} or ${END}`);
  return `${before}${BEGIN}\n\n${tables}\n\n${END}${after}`;
}
