import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceId, HubName } from '../../domain/ids';
import { rankOf } from '../../domain/order';
import { LineFiles, linesOf } from './lines';

/** Files that devices are spread over by rank: one of them is sorted in memory at a time. */
const BUCKETS = 256;

/** Something that was found out about a device. Several may be told of one, in any order. */
export type Mark =
  | {
      readonly kind: 'member';
      readonly connected: boolean;
      readonly tag?: string;
      readonly zone?: string;
      /** The hub that a quarantine has taken it from, as its tag says. */
      readonly origin?: string;
    }
  /** What a provisioning service would do with it; few texts for many devices. */
  | { readonly kind: 'enrolled'; readonly as: string }
  /** A hub that devices go to has one of its id. */
  | { readonly kind: 'there'; readonly hub: HubName; readonly connected: boolean }
  /** It is in the target state already. */
  | { readonly kind: 'done' }
  /** This ring's condition holds for it. */
  | { readonly kind: 'ring'; readonly ring: number }
  /** Another rollout's plan has it. */
  | { readonly kind: 'other'; readonly rollout: number }
  /** This rollout's plan has it already. */
  | { readonly kind: 'known' };

/** All that was found out about a member of the target. */
export interface Member {
  readonly hub: HubName;
  readonly deviceId: DeviceId;
  readonly rank: number;
  readonly connected: boolean;
  readonly done: boolean;
  readonly known: boolean;
  readonly ring?: number;
  readonly tag?: string;
  readonly zone?: string;
  readonly origin?: string;
  /** Each of the other rollouts that has it, once. */
  readonly others: readonly number[];
  readonly enrolled: readonly string[];
  readonly there: readonly { readonly hub: HubName; readonly connected: boolean }[];
}

/** What a row says of its device, by its first letter; numbers are positions in tables. */
type Row = { readonly rank: number; readonly hub: number; readonly id: string; readonly mark: string };

/** Words that many rows share, each kept once. */
class Table {
  readonly #positions = new Map<string, number>();
  readonly #words: string[] = [];

  of(word: string | undefined): number {
    if (word === undefined) return -1;
    const known = this.#positions.get(word);
    if (known !== undefined) return known;
    this.#words.push(word);
    this.#positions.set(word, this.#words.length - 1);
    return this.#words.length - 1;
  }

  at(position: number): string | undefined {
    return this.#words[position];
  }
}

function rowOf(line: string): Row {
  const [rank = '', hub = '', id = '', mark = ''] = line.split('\t');
  return { rank: Number(rank), hub: Number(hub), id, mark };
}

/**
 * Gathers what is found out about devices on disk, and gives them back one by one in the plan's order. Memory holds one
 * bucket, a 256th of them.
 */
export class Spill {
  readonly #files = new LineFiles();
  readonly #tags = new Table();
  readonly #zones = new Table();
  readonly #hubs = new Table();
  readonly #enrolled = new Table();

  /**
   * @param folder for its files
   * @param seed   of the plan's order
   * @param hubs   that there may be devices of
   */
  constructor(
    private readonly folder: string,
    private readonly seed: string,
    private readonly hubs: readonly HubName[],
  ) {}

  /** Devices of hubs that the plan does not name are passed over. */
  add(hub: HubName, deviceId: DeviceId, mark: Mark): void {
    const position = this.hubs.indexOf(hub);
    if (position < 0) return;
    const rank = rankOf(this.seed, `${hub}/${deviceId}`);
    this.#files.add(this.#bucket(rank >>> 24), `${rank}\t${position}\t${deviceId}\t${this.#markText(mark)}`);
  }

  /** Adds all that another one has found out about a member on its own hub. */
  carry({ hub, deviceId, connected, done, ring, tag, zone, origin }: Member): void {
    this.add(hub, deviceId, {
      kind: 'member',
      connected,
      ...(tag !== undefined && { tag }),
      ...(zone !== undefined && { zone }),
      ...(origin !== undefined && { origin }),
    });
    if (done) this.add(hub, deviceId, { kind: 'done' });
    if (ring !== undefined) this.add(hub, deviceId, { kind: 'ring', ring });
  }

  /** To be called now and then between `add`s. */
  relieve(): Promise<void> {
    return this.#files.relieve();
  }

  /** Members in the plan's order, each once, some thousand at a time. Marks of devices that are no members are dropped. */
  async *members(): AsyncGenerator<Member[]> {
    await this.#files.flush();
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const path = this.#bucket(bucket);
      const rows: Row[] = [];
      for await (const lines of linesOf(path)) for (const line of lines) rows.push(rowOf(line));
      await rm(path, { force: true });
      rows.sort((left, right) => left.rank - right.rank || this.#compareKeys(left, right));
      yield this.#merged(rows);
    }
  }

  #bucket(number: number): string {
    return join(this.folder, `bucket-${number}`);
  }

  #markText(mark: Mark): string {
    switch (mark.kind) {
      case 'member':
        return `m${mark.connected ? 1 : 0},${this.#tags.of(mark.tag)},${this.#zones.of(mark.zone)},${this.#hubs.of(mark.origin)}`;
      case 'enrolled':
        return `e${this.#enrolled.of(mark.as)}`;
      case 'there':
        return `t${this.#hubs.of(mark.hub)},${mark.connected ? 1 : 0}`;
      case 'ring':
        return `r${mark.ring}`;
      case 'other':
        return `o${mark.rollout}`;
      case 'done':
      case 'known':
        return mark.kind;
    }
  }

  #compareKeys(left: Row, right: Row): number {
    const [one, other] = [`${this.hubs[left.hub]}/${left.id}`, `${this.hubs[right.hub]}/${right.id}`];
    return one < other ? -1 : one > other ? 1 : 0;
  }

  #merged(rows: readonly Row[]): Member[] {
    const members: Member[] = [];
    for (let from = 0; from < rows.length;) {
      let to = from + 1;
      while (to < rows.length && rows[to]?.id === rows[from]?.id && rows[to]?.hub === rows[from]?.hub) to += 1;
      const member = this.#memberOf(rows.slice(from, to));
      if (member !== undefined) members.push(member);
      from = to;
    }
    return members;
  }

  #thereOf(mark: string): Member['there'] {
    const [position = -1, connected] = mark.slice(1).split(',').map(Number);
    const hub = this.#hubs.at(position);
    return hub === undefined ? [] : [{ hub: hub as HubName, connected: connected === 1 }];
  }

  /** @param rows of one device */
  #memberOf(rows: readonly Row[]): Member | undefined {
    // Sorted, so that what a device counts as does not depend on which page told it first.
    const marks = rows.map(({ mark }) => mark).sort();
    const [first] = rows;
    const own = marks.findLast((mark) => mark.startsWith('m'));
    const hub = first && this.hubs[first.hub];
    if (first === undefined || own === undefined || hub === undefined) return undefined;
    const [connected, tag, zone, origin] = own.slice(1).split(',').map(Number);
    const numbersOf = (letter: string): number[] =>
      marks.filter((mark) => mark.startsWith(letter)).map((mark) => Number(mark.slice(1)));
    const rings = numbersOf('r');
    return {
      hub,
      deviceId: first.id as DeviceId,
      rank: first.rank,
      connected: connected === 1,
      done: marks.includes('done'),
      known: marks.includes('known'),
      ...(rings.length > 0 && { ring: Math.min(...rings) }),
      ...(tag !== undefined && tag >= 0 && { tag: this.#tags.at(tag) }),
      ...(zone !== undefined && zone >= 0 && { zone: this.#zones.at(zone) }),
      ...(origin !== undefined && origin >= 0 && { origin: this.#hubs.at(origin) }),
      others: [...new Set(numbersOf('o'))],
      enrolled: [...new Set(numbersOf('e'))].flatMap((position) => this.#enrolled.at(position) ?? []).sort(),
      there: marks.filter((mark) => mark.startsWith('t')).flatMap((mark) => this.#thereOf(mark)),
    };
  }
}
