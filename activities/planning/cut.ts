import { join } from 'node:path';
import { createBatchCutter } from '../../domain/batches';
import type { DeviceId, HubName } from '../../domain/ids';
import { CHUNK } from '../ledger/plans';
import { LineFiles, linesOf } from './lines';
import type { Member } from './spill';

/** Ids that all open chunks hold together, at most: beyond it the largest is closed early. */
const OPEN = 25 * CHUNK;

/** A device in a sorted file: what is left of a member once it has its place. */
export interface Row {
  readonly rank: number;
  readonly hub: HubName;
  readonly deviceId: DeviceId;
  readonly zone?: string;
  /** The provisioning service has it in a group, and in no enrollment of its own. */
  readonly grouped?: true;
}

// Text cut out of a block keeps the whole block in memory: a copy of its own does not.
const copyOf = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

/** Files of devices in the plan's order, one a group; written once, then read from the start as often as wanted. */
export class SortedFiles {
  readonly #files = new LineFiles();
  readonly #zones = new Map<string, string>();

  constructor(private readonly folder: string) {}

  add(group: string, { rank, hub, deviceId, zone }: Member, grouped = false): void {
    // No column of these can hold a tab: hub names are keys of the stack, zones are names of the time zone database.
    this.#files.add(this.#path(group), `${rank}\t${hub}\t${deviceId}\t${zone ?? ''}\t${grouped ? 'g' : ''}`);
  }

  /** To be called now and then between `add`s. */
  relieve(): Promise<void> {
    return this.#files.relieve();
  }

  /** To be called before the first read. */
  flush(): Promise<void> {
    return this.#files.flush();
  }

  /** A group's devices; none when it has no file. */
  async *rows(group: string): AsyncGenerator<Row> {
    for await (const lines of linesOf(this.#path(group))) yield* lines.map((line) => this.#rowOf(line));
  }

  #path(group: string): string {
    return join(this.folder, `sorted-${group}`);
  }

  #rowOf(line: string): Row {
    const [rank = '', hub = '', id = '', zone = '', grouped = ''] = line.split('\t');
    return {
      rank: Number(rank),
      hub: this.#wordOf(hub) as HubName,
      deviceId: copyOf(id) as DeviceId,
      ...(zone !== '' && { zone: this.#wordOf(zone) }),
      ...(grouped !== '' && { grouped: true as const }),
    };
  }

  /** One copy of words that all rows share. */
  #wordOf(text: string): string {
    const known = this.#zones.get(text);
    if (known !== undefined) return known;
    const word = copyOf(text);
    this.#zones.set(word, word);
    return word;
  }
}

/** Whole batches of one share, in order. */
export interface Chunk {
  readonly hub: HubName;
  readonly zone?: string;
  readonly firstBatch: number;
  readonly batchCount: number;
  readonly largestBatch: number;
  readonly deviceIds: readonly DeviceId[];
  /** Positions of those that are `grouped`; missing where none is. */
  readonly grouped?: readonly number[];
  readonly ranks: readonly [number, number];
}

/** A share's devices as they come, cut into batches, and these into chunks. */
class OpenShare {
  #ids: DeviceId[] = [];
  #grouped: number[] = [];
  #ranks: [number, number] = [0, 0];
  #begun = 0;
  #chunkFirst = 1;
  #batchLength = 0;
  #largest = 0;
  readonly #startsBatch: (deviceId: DeviceId) => boolean;

  constructor(
    private readonly hub: HubName,
    private readonly zone: string | undefined,
    private readonly batchSize: number,
  ) {
    this.#startsBatch = createBatchCutter(batchSize);
  }

  get length(): number {
    return this.#ids.length;
  }

  /** @returns the chunk that this device did not fit into any more */
  add({ deviceId, rank, grouped }: Row, early: boolean): Chunk | undefined {
    const starts = this.#startsBatch(deviceId);
    const full = early || this.#ids.length + this.batchSize > CHUNK;
    const closed = starts && full ? this.close() : undefined;
    if (starts) {
      this.#begun += 1;
      this.#batchLength = 0;
    }
    if (this.#ids.length === 0) this.#ranks = [rank, rank];
    if (grouped) this.#grouped.push(this.#ids.length);
    this.#ids.push(deviceId);
    this.#ranks[1] = rank;
    this.#batchLength += 1;
    this.#largest = Math.max(this.#largest, this.#batchLength);
    return closed;
  }

  /** @returns what it holds, or undefined when that is nothing */
  close(): Chunk | undefined {
    if (this.#ids.length === 0) return undefined;
    const { hub, zone } = this;
    const chunk: Chunk = {
      hub,
      ...(zone !== undefined && { zone }),
      firstBatch: this.#chunkFirst,
      batchCount: this.#begun - this.#chunkFirst + 1,
      largestBatch: this.#largest,
      deviceIds: this.#ids,
      ...(this.#grouped.length > 0 && { grouped: this.#grouped }),
      ranks: this.#ranks,
    };
    this.#ids = [];
    this.#grouped = [];
    this.#chunkFirst = this.#begun + 1;
    this.#largest = 0;
    return chunk;
  }
}

/** Reads some of a group's devices after another, so that waves take theirs one after another. */
export class Taker {
  readonly #rows: AsyncIterator<Row>;

  constructor(rows: AsyncIterable<Row>) {
    this.#rows = rows[Symbol.asyncIterator]();
  }

  /** The next devices. */
  async *take(count: number): AsyncGenerator<Row> {
    for (let taken = 0; taken < count; taken += 1) {
      const next = await this.#rows.next();
      if (next.done === true) return;
      yield next.value;
    }
  }

  async close(): Promise<void> {
    await this.#rows.return?.();
  }
}

/**
 * Cuts a wave's devices into the chunks of its shares, as they come: a share a hub and zone. The same devices give the
 * same chunks.
 */
export async function* chunksOf(rows: AsyncIterable<Row>, batchSize: number): AsyncGenerator<Chunk> {
  const shares = new Map<string, OpenShare>();
  let open = 0;
  for await (const row of rows) {
    const key = `${row.hub}\t${row.zone ?? ''}`;
    const share = shares.get(key) ?? new OpenShare(row.hub, row.zone, batchSize);
    shares.set(key, share);
    // Where many shares are open at once, one closes as soon as it has its part of the memory that there is.
    const chunk = share.add(row, open >= OPEN && share.length * shares.size >= OPEN);
    open += 1;
    if (chunk === undefined) continue;
    open -= chunk.deviceIds.length;
    yield chunk;
  }
  for (const share of shares.values()) {
    const chunk = share.close();
    if (chunk !== undefined) yield chunk;
  }
}
