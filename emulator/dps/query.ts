import { z } from 'zod';
import { HubError } from '../hub/errors';
import type { Expression } from '../hub/query/ast';
import { compileCondition } from '../hub/query/evaluate';
import { parseCondition } from '../hub/query/parser';
import { openContinuation, sealContinuation } from '../world/continuation';
import type { JsonObject } from '../world/json';
import { badRequest } from './errors';

/** Entries of a page unless asked otherwise, and at most: a named setting, the documentation names neither. */
const PAGE = { usual: 100, most: 1000 } as const;

/** `SELECT *`, with or without a collection (the Azure CLI sends none) and a condition. */
const QUERY = /^\s*SELECT\s+\*(?:\s+FROM\s+(\w+))?(?:\s+WHERE\s+(.+))?\s*$/is;
const COLLECTIONS = ['enrollments', 'enrollmentgroups', 'registrations', 'deviceregistrationstates', 'devices'];
const LONGEST = 8192;

/** Documents with their positions, in rising order, after a position. */
export type Source = (position: number) => Iterable<readonly [position: number, document: JsonObject]>;

export interface QueryPage {
  readonly items: readonly JsonObject[];
  /** Opaque; undefined at the end. */
  readonly continuation: string | undefined;
}

/**
 * Runs one page of a query.
 *
 * @throws DpsError BadRequest for a query that cannot be read, a page size below 1, or a continuation of another query
 */
export function runDpsQuery(
  source: Source,
  { query, pageSize, continuation }: { query: string; pageSize: string | undefined; continuation: string | undefined },
): QueryPage {
  const holds = compileCondition(conditionOf(query));
  const size = sizeOf(pageSize);
  const items: JsonObject[] = [];
  let last = positionOf(query, continuation);
  for (const [position, document] of source(last)) {
    if (!holds(document)) continue;
    if (items.length === size) return { items, continuation: sealContinuation(query, { position: last }) };
    items.push(document);
    last = position;
  }
  return { items, continuation: undefined };
}

function conditionOf(query: string): Expression | undefined {
  const [match, collection = 'enrollments', where = '*'] = QUERY.exec(query.slice(0, LONGEST + 1)) ?? [];
  if (match === undefined || query.length > LONGEST) throw badRequest('The query is invalid: only SELECT * is known.');
  if (!COLLECTIONS.includes(collection.toLowerCase()))
    throw badRequest(`The query is invalid: there is no '${collection}'.`);
  try {
    return parseCondition(where);
  } catch (error) {
    throw error instanceof HubError ? badRequest(error.message) : error;
  }
}

function sizeOf(text: string | undefined): number {
  if (text === undefined || text === '') return PAGE.usual;
  const size = Number(text);
  if (Number.isSafeInteger(size) && size >= 1) return Math.min(size, PAGE.most);
  throw badRequest('x-ms-max-item-count must be a whole number from 1.');
}

const Cursor = z.object({ position: z.int().min(0) });

function positionOf(query: string, continuation: string | undefined): number {
  if (continuation === undefined || continuation === '') return 0;
  const opened = openContinuation(query, continuation, Cursor);
  if (opened === undefined) throw badRequest('The continuation token is not one of this query.');
  return opened.position;
}
