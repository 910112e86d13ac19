import type { DeviceId } from '../../domain/ids';
import type { TwinSections } from '../../domain/patches';
import type { BatchRef, Pass, ShareRef } from '../../domain/share';
import type { DeviceOutcome, OutcomeKind } from '../../domain/tally';
import type { Ledger } from '../ports';
import { recordsOf, rolloutPath } from './records';

/** The planned batch that a device is in: where its first outcome and its snapshot lie. */
export interface Home {
  readonly wave: number;
  readonly part: number;
  readonly batch: number;
}

/** A device of a batch, with what came before. */
export interface BatchDevice {
  readonly deviceId: DeviceId;
  readonly home: Home;
  /** It was in a group, without an enrollment of its own, when its move was planned. */
  readonly grouped?: true;
  /** Its last outcome in this pass; none where it is begun for the first time. */
  readonly was?: OutcomeKind;
  /** Attempts that failed or timed out. */
  readonly failures: number;
  /** The pass in which an attempt may have changed it for the first time; none where none may have. */
  readonly touched?: Pass;
  /** The last try at it, of any pass. */
  readonly last?: Omit<BatchRef, 'rolloutId' | 'hub'>;
}

/** Which batches of results a batch was made from, numbered as its pass numbers them; both included. */
export interface Sources {
  readonly from: number;
  readonly to: number;
  /** The catch-up's round. */
  readonly round?: number;
}

/**
 * Says that a batch is about to begin, and with which devices where they do not follow from the plan. Written before
 * the first device is touched.
 */
export interface BegunRecord extends BatchRef {
  readonly startedAt: string;
  readonly sources?: Sources;
  readonly devices?: readonly BatchDevice[];
}

/** How a batch attempt ended, device by device, in the batch's order. */
export interface BatchRecord extends BatchRef {
  readonly jobId?: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly outcomes: readonly DeviceOutcome[];
  /** From the second attempt on, and for rollback and catch-up. */
  readonly sources?: Sources;
}

/** Outcomes that a worker knew right before it moved their devices to the hub for quarantine. */
interface DueRecord {
  readonly outcomes: readonly DeviceOutcome[];
}

/** What twins had where the rollout's patch touches them; null for a device that the hub did not have. */
export interface SnapshotRecord {
  readonly devices: Readonly<Record<string, TwinSections | null>>;
}

const passPath = ({ rolloutId, pass, wave, part }: Omit<ShareRef, 'hub'>): string =>
  `${rolloutPath(rolloutId)}/results/${pass}-w${wave}-p${part}`;
const pathOf = (at: BatchRef): string => `${passPath(at)}/a${at.attempt}-b${at.batch}`;
/** A batch's own record, or one of its parts. */
const SETTLED = /\/a(\d+)-b(\d+)(?:\.part\d+)?\.json$/;
const snapshotPath = ({ rolloutId, wave, part, batch }: Pick<BatchRef, 'rolloutId'> & Home): string =>
  `${rolloutPath(rolloutId)}/snapshots/w${wave}-p${part}/b${batch}.json`;

/** What batches came to. The first writer of a record wins. */
export const createResults = (ledger: Ledger) => {
  const { firstOf } = recordsOf(ledger);
  const partPath = (at: BatchRef, part: number): string => `${pathOf(at)}.part${part}.json`;

  async function lastPart(at: BatchRef): Promise<{ readonly count: number; readonly last?: BatchRecord }> {
    let last: BatchRecord | undefined;
    for (let count = 0; ; count += 1) {
      const part = (await ledger.get(partPath(at, count + 1))) as BatchRecord | undefined;
      if (part === undefined) return { count, ...(last && { last }) };
      last = part;
    }
  }

  return {
    /** @returns the record of a batch that has ended */
    find: async (at: BatchRef) => (await ledger.get(`${pathOf(at)}.json`)) as BatchRecord | undefined,

    /** @returns the record that counts: an earlier one where another worker had already settled this batch */
    settle: (record: BatchRecord): Promise<BatchRecord> => firstOf(`${pathOf(record)}.json`, record),

    begun: async (at: BatchRef) => (await ledger.get(`${pathOf(at)}.begun.json`)) as BegunRecord | undefined,

    /** @returns the record that counts: whoever has begun the batch first has chosen its devices */
    begin: (record: BegunRecord): Promise<BegunRecord> => firstOf(`${pathOf(record)}.begun.json`, record),

    /** What was done of a batch that a stop kept from its end: all outcomes so far. */
    partOf: async (at: BatchRef): Promise<readonly DeviceOutcome[]> => (await lastPart(at)).last?.outcomes ?? [],

    /** Keeps what was done of a batch that a stop keeps from its end. @param record with all outcomes so far */
    async keepPart(record: BatchRecord): Promise<void> {
      const { count, last } = await lastPart(record);
      if (last?.outcomes.length === record.outcomes.length) return;
      await firstOf(partPath(record, count + 1), record);
    },

    /** Outcomes of devices that were to be set apart on another hub, where they are not asked again. */
    async due(at: BatchRef): Promise<readonly DeviceOutcome[]> {
      const all: DeviceOutcome[] = [];
      for (let number = 1; ; number += 1) {
        const record = (await ledger.get(`${pathOf(at)}.due${number}.json`)) as DueRecord | undefined;
        if (record === undefined) return all;
        all.push(...record.outcomes);
      }
    },

    /** Keeps outcomes before their devices leave. */
    async keepDue(at: BatchRef, outcomes: readonly DeviceOutcome[]): Promise<void> {
      const known = new Set((await this.due(at)).map(({ deviceId }) => deviceId));
      const newer = outcomes.filter(({ deviceId }) => !known.has(deviceId));
      if (newer.length === 0) return;
      let number = 1;
      while ((await ledger.get(`${pathOf(at)}.due${number}.json`)) !== undefined) number += 1;
      await firstOf(`${pathOf(at)}.due${number}.json`, { outcomes: newer });
    },

    /** @returns the batch's record, or what a stop has left of it, or undefined when nothing of it was done */
    async ended(at: BatchRef): Promise<BatchRecord | undefined> {
      const whole = (await ledger.get(`${pathOf(at)}.json`)) as BatchRecord | undefined;
      return whole ?? (await lastPart(at)).last;
    },

    /** Batches of which something is settled, by attempts and numbers, without reading them. */
    async batches(at: ShareRef): Promise<readonly Pick<BatchRef, 'attempt' | 'batch'>[]> {
      const found = new Map<string, Pick<BatchRef, 'attempt' | 'batch'>>();
      for await (const path of ledger.list(passPath(at))) {
        const [, attempt, batch] = SETTLED.exec(path) ?? [];
        if (attempt === undefined) continue;
        found.set(`${attempt} ${batch}`, { attempt: Number(attempt), batch: Number(batch) });
      }
      return [...found.values()].sort((left, right) => left.attempt - right.attempt || left.batch - right.batch);
    },

    snapshot: async (at: Pick<BatchRef, 'rolloutId'> & Home) =>
      (await ledger.get(snapshotPath(at))) as SnapshotRecord | undefined,

    keepSnapshot: (at: Pick<BatchRef, 'rolloutId'> & Home, record: SnapshotRecord): Promise<SnapshotRecord> =>
      firstOf(snapshotPath(at), record),

    /** A list of devices that a pass goes over again and again; chunks first, the head last. */
    async keepList(at: ShareRef, round: number, chunks: AsyncIterable<readonly BatchDevice[]>): Promise<ListHead> {
      let [chunkCount, deviceCount] = [0, 0];
      for await (const devices of chunks) {
        chunkCount += 1;
        deviceCount += devices.length;
        await firstOf(`${passPath(at)}/open${round}-${chunkCount}.json`, { devices });
      }
      return firstOf(`${passPath(at)}/open${round}.json`, { chunkCount, deviceCount });
    },

    list: async (at: ShareRef, round: number) =>
      (await ledger.get(`${passPath(at)}/open${round}.json`)) as ListHead | undefined,

    async listChunk(at: ShareRef, round: number, chunk: number): Promise<readonly BatchDevice[]> {
      const record = await ledger.get(`${passPath(at)}/open${round}-${chunk}.json`);
      return (record as { readonly devices: readonly BatchDevice[] } | undefined)?.devices ?? [];
    },
  };
};

export interface ListHead {
  readonly chunkCount: number;
  readonly deviceCount: number;
}

export type Results = ReturnType<typeof createResults>;
