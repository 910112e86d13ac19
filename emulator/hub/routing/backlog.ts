import type { Collection } from '../../world/store';

/**
 * What one endpoint may have waiting, in bytes: a named setting. Azure keeps trying for 24 hours; here the oldest gives
 * way when an endpoint cannot be written for long.
 */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

interface Waiting {
  readonly sequence: number;
}

/** Messages that wait for an endpoint, in their order; kept in the store. */
export class Backlog<R extends Waiting> {
  #waiting: R[];
  #bytes: number;
  #next: number;

  /** @param waiting of before a restart, in any order. @param name of the endpoint, by which `kept` has them */
  constructor(
    private readonly kept: Pick<Collection<R>, 'put' | 'delete'>,
    waiting: readonly R[],
    private readonly name: string,
    private readonly sizeOf: (record: R) => number,
  ) {
    this.#waiting = [...waiting].sort((a, b) => a.sequence - b.sequence);
    this.#bytes = this.#waiting.reduce((sum, record) => sum + sizeOf(record), 0);
    this.#next = (this.#waiting.at(-1)?.sequence ?? 0) + 1;
  }

  get all(): readonly R[] {
    return this.#waiting;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(make: (sequence: number) => R): void {
    const record = make(this.#next++);
    this.kept.put(this.#keyOf(record), record);
    this.#waiting.push(record);
    this.#bytes += this.sizeOf(record);
    while (this.#bytes > MOST_WAITING_BYTES) this.forget(this.#waiting.slice(0, 1));
  }

  forget(records: readonly R[]): void {
    const gone = new Set(records);
    for (const record of records) {
      this.kept.delete(this.#keyOf(record));
      this.#bytes -= this.sizeOf(record);
    }
    this.#waiting = this.#waiting.filter((record) => !gone.has(record));
  }

  #keyOf = ({ sequence }: R): string => `${this.name}/${sequence}`;
}
