import type { Json, JsonObject } from '../../world/json';
import type { Value } from '../conditions/operators';
import type { Aggregate, Item, Path, Query } from './ast';
import { compilePath } from './evaluate';

/** Makes the row that a projection shows of a document. Members that the document lacks are left out. */
export function compileProjection(items: readonly Item[]): (document: JsonObject) => JsonObject {
  const columns = items.map((item, i) => ({ name: columnOf(item, i), read: compilePath(item.value as Path) }));
  return (document) => Object.fromEntries(columns.flatMap(({ name, read }) => given(name, read(document))));
}

const given = (name: string, value: Value): [string, Json][] => (value === undefined ? [] : [[name, value]]);

/** An item without alias is called by the last step of its path, and an aggregate `$1` by its place. */
const columnOf = ({ value, alias }: Item, i: number): string =>
  alias ?? (value.kind === 'path' ? (value.steps.at(-1) ?? '') : `$${i + 1}`);

/** Whether the query answers with one row a group (or one in all) rather than one a document. */
export const isGrouped = ({ select, group }: Query): boolean =>
  group !== undefined || (select !== '*' && select.some(({ value }) => value.kind === 'aggregate'));

/** Runs all documents through the aggregates, in memory of the number of groups. */
export function aggregate({ select, group }: Query, documents: Iterable<JsonObject>): JsonObject[] {
  const items = select === '*' ? [] : select;
  const keys = (group ?? []).map(compilePath);
  const groups = new Map<string, Tally[]>();
  const tallies = (): Tally[] => items.map((item, i) => new Tally(columnOf(item, i), item.value));
  if (group === undefined) groups.set('[]', tallies());
  for (const document of documents) {
    const key = JSON.stringify(keys.map((read) => read(document) ?? null));
    let row = groups.get(key);
    if (row === undefined) groups.set(key, (row = tallies()));
    for (const tally of row) tally.add(document);
  }
  return [...groups.values()].map((row) =>
    Object.fromEntries(row.flatMap((tally) => given(tally.name, tally.result()))),
  );
}

/** One column of one group. */
class Tally {
  #count = 0;
  #sum = 0;
  #least: number | undefined;
  #most: number | undefined;
  #first: Value;
  readonly #read: ((document: JsonObject) => Value) | undefined;

  constructor(
    readonly name: string,
    private readonly item: Path | Aggregate,
  ) {
    const path = item.kind === 'path' ? item : item.path;
    this.#read = path && compilePath(path);
  }

  add(document: JsonObject): void {
    const value = this.#read?.(document);
    this.#first ??= value;
    if (this.#read === undefined) this.#count += 1;
    if (typeof value !== 'number') return;
    this.#count += 1;
    this.#sum += value;
    this.#least = Math.min(this.#least ?? value, value);
    this.#most = Math.max(this.#most ?? value, value);
  }

  result(): Value {
    if (this.item.kind === 'path') return this.#first;
    switch (this.item.op) {
      case 'count':
        return this.#count;
      case 'sum':
        return this.#sum;
      case 'avg':
        return this.#count === 0 ? undefined : this.#sum / this.#count;
      case 'min':
        return this.#least;
      case 'max':
        return this.#most;
    }
  }
}
