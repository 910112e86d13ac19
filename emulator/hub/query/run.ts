import { z } from 'zod';
import { HubError } from '../errors';
import { openContinuation, sealContinuation } from '../../world/continuation';
import type { JsonObject } from '../../world/json';
import type { Expression, Path, Query } from './ast';
import { compileCondition, withoutSource } from './evaluate';
import { parseQuery } from './parser';
import { aggregate, compileProjection, isGrouped } from './select';

/** Documents with their position, in rising order of position, from the first after `position`. */
export type Documents = Iterable<readonly [position: number, document: JsonObject]>;

/** Where a query reads from. `pinned` holds the only ids that can match, where the condition says so. */
export interface Sources {
  devices(position: number, pinned: ReadonlySet<string> | undefined): Documents;
  /** Twins of modules. */
  modules(position: number): Documents;
  jobRows(position: number, pinned: ReadonlySet<string> | undefined): Documents;
}

export interface Page {
  readonly items: readonly JsonObject[];
  /** As a live hub spells them (see identity.ts). */
  readonly itemType: 'Twin' | 'DeviceJob' | 'Raw';
  /** Opaque; undefined at the end. */
  readonly continuation: string | undefined;
}

/** Largest page (iot-hub/iot-hub-devguide-query-language.md, "IoT Hub query limitations"). More is cut to it. */
export const LARGEST_PAGE = 100;

/**
 * Runs one page of a query.
 *
 * @param pageSize >= 1
 * @throws HubError ArgumentInvalid for a bad query or a continuation of another query
 */
export function runQuery(sources: Sources, text: string, pageSize: number, continuation: string | undefined): Page {
  const query = parseQuery(text);
  checkSource(query);
  const from = cursorOf(text, continuation);
  const page = readPage(sources, query, Math.min(pageSize, LARGEST_PAGE), from);
  const more = page.next && sealContinuation(text, page.next);
  return { items: page.items, itemType: itemTypeOf(query), continuation: more };
}

/** How many rows a query has in all. @throws HubError ArgumentInvalid for a bad query */
export function countRows(sources: Sources, text: string): number {
  const query = parseQuery(text);
  checkSource(query);
  if (isGrouped(query)) return aggregate(query, all(sources, query)).length;
  let count = 0;
  const rows = all(sources, query)[Symbol.iterator]();
  while (count < (query.top ?? Infinity) && !rows.next().done) count += 1;
  return count;
}

/** Where a page begins: after `position`, with `taken` items before it. */
const Cursor = z.object({ position: z.int().min(0), taken: z.int().min(0) });
type Cursor = Readonly<z.infer<typeof Cursor>>;

function readPage(sources: Sources, query: Query, size: number, from: Cursor): { items: JsonObject[]; next?: Cursor } {
  const found = isGrouped(query)
    ? numbered(aggregate(query, all(sources, query)), from)
    : matches(sources, query, from);
  const items: JsonObject[] = [];
  let position = from.position;
  const left = Math.min(size, (query.top ?? Infinity) - from.taken);
  for (const [at, item] of found) {
    if (items.length === left)
      return left === size ? { items, next: { position, taken: from.taken + items.length } } : { items };
    items.push(item);
    position = at;
  }
  return { items };
}

function* matches(sources: Sources, query: Query, from: Cursor): Documents {
  const holds = compileCondition(query.where);
  const show = query.select === '*' ? (document: JsonObject) => document : compileProjection(query.select);
  for (const [position, document] of documentsOf(sources, query, from.position)) {
    if (holds(document)) yield [position, show(document)];
  }
}

function* all(sources: Sources, query: Query): Iterable<JsonObject> {
  const holds = compileCondition(query.where);
  for (const [, document] of documentsOf(sources, query, 0)) if (holds(document)) yield document;
}

const numbered = (rows: readonly JsonObject[], from: Cursor): Documents =>
  rows.map((row, i) => [i + 1, row] as const).slice(from.position);

function documentsOf(sources: Sources, { from, where }: Query, position: number): Documents {
  if (from === 'devices.jobs') return sources.jobRows(position, pinnedBy(where, 'jobid'));
  if (from === 'devices.modules') return sources.modules(position);
  return sources.devices(position, pinnedBy(where, 'deviceid'));
}

/**
 * The ids that a condition pins, or undefined when it leaves them open: `deviceId = 'a' AND …`, `deviceId IN ['a', 'b']`.
 * Saves reading every document where a few can match.
 */
export function pinnedBy(where: Expression | undefined, name: string): ReadonlySet<string> | undefined {
  if (where?.kind === 'binary' && where.op === 'and') return pinnedBy(where.left, name) ?? pinnedBy(where.right, name);
  if (where?.kind === 'in' && !where.negated && isNamed(where.left, name)) return new Set(where.list.filter(isText));
  if (where?.kind !== 'binary' || where.op !== '=') return undefined;
  const [path, literal] = where.left.kind === 'path' ? [where.left, where.right] : [where.right, where.left];
  if (!isNamed(path, name) || literal.kind !== 'literal') return undefined;
  return new Set([literal.value].filter(isText));
}

const isText = (value: unknown): value is string => typeof value === 'string';

function isNamed(expression: Expression, name: string): boolean {
  const steps = expression.kind === 'path' ? withoutSource(expression.steps) : [];
  return steps.length === 1 && steps[0]?.toLowerCase() === name;
}

const itemTypeOf = ({ select, from }: Query): Page['itemType'] =>
  select !== '*' ? 'Raw' : from === 'devices.jobs' ? 'DeviceJob' : 'Twin';

const nameOf = ({ steps }: Path): string => withoutSource(steps).join('.');

function checkSource(query: Query): void {
  const { from, select, group } = query;
  if (from === 'devices.jobs' && (select !== '*' || group !== undefined)) {
    throw new HubError('ArgumentInvalid', 'The query is invalid: devices.jobs allows only SELECT * without GROUP BY.');
  }
  if (select === '*' && group !== undefined) {
    throw new HubError('ArgumentInvalid', 'The query is invalid: GROUP BY needs a list of columns.');
  }
  if (select === '*' || !isGrouped(query)) return;
  const grouped = new Set(group?.map(nameOf));
  const other = select.find(({ value }) => value.kind === 'path' && !grouped.has(nameOf(value)));
  if (other?.value.kind === 'path') {
    const text = `The query is invalid: '${other.value.steps.join('.')}' is neither aggregated nor in GROUP BY.`;
    throw new HubError('ArgumentInvalid', text);
  }
}

function cursorOf(text: string, continuation: string | undefined): Cursor {
  if (continuation === undefined) return { position: 0, taken: 0 };
  const opened = openContinuation(text, continuation, Cursor);
  if (opened === undefined) throw new HubError('ArgumentInvalid', 'The continuation token is not one of this query.');
  return opened;
}
