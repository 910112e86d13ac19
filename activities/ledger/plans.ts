import { createHash } from 'node:crypto';
import { GroundswellError } from '../../domain/errors';
import type { DeviceId, HubName, RolloutId } from '../../domain/ids';
import type { PlannedWave, PlanSummary, TurnedAway, WaveShare } from '../../domain/plan';
import type { RolloutSpec } from '../../domain/spec';
import type { Ledger } from '../ports';
import { recordsOf, rolloutPath } from './records';

/** Device ids in one chunk of a plan, at most: about 1 MB of the longest ids. */
export const CHUNK = 8_000;

/** Some devices of a share, in the plan's order. Whole batches: `batchesOf(deviceIds, size)` gives them. */
export interface PlannedChunk {
  /** Number of its first batch, within the share, from 1. */
  readonly firstBatch: number;
  readonly deviceIds: readonly DeviceId[];
  /** Of a move: those that had no enrollment of their own when the plan went over all of them, but were in a group. */
  readonly grouped: ReadonlySet<DeviceId>;
}

/** A chunk as it is written. */
interface ChunkRecord {
  readonly deviceIds: readonly DeviceId[];
  /** Positions among them. */
  readonly grouped?: readonly number[];
}

/** What the manifest says of a chunk, so that a device is found without reading the others. */
export interface ChunkRef {
  /** A wave's devices; or those of the target that no wave takes: in the target state already, or in no ring or cohort. */
  readonly kind: 'wave' | 'skipped' | 'leftOut';
  /** 0 where no wave takes them; so is `part`. */
  readonly wave: number;
  readonly part: number;
  readonly hub: HubName;
  readonly path: string;
  readonly firstBatch: number;
  readonly batchCount: number;
  readonly deviceCount: number;
  /** Ranks of its first and its last device (`rankOf` of domain/order.ts); both included. */
  readonly ranks: readonly [number, number];
  /** Of the record as it was written. */
  readonly sha256: string;
}

/** The frozen plan: what `rollouts/<id>/plan.json` holds. Its chunks are written before it. */
export interface PlanRecord {
  /** The first run of the workflow that froze it; another run under the same id must not take it for its own. */
  readonly runId: string;
  readonly spec: RolloutSpec;
  readonly summary: PlanSummary;
  readonly chunks: readonly ChunkRef[];
}

/** A wave that came after the plan was made: what `rollouts/<id>/plan-w<wave>.json` holds. */
export interface JoinersRecord {
  readonly runId: string;
  readonly wave: PlannedWave;
  readonly turnedAway?: readonly TurnedAway[];
  readonly chunks: readonly ChunkRef[];
}

const planPath = (rolloutId: RolloutId): string => `${rolloutPath(rolloutId)}/plan.json`;
const joinersPath = (rolloutId: RolloutId, wave: number): string => `${rolloutPath(rolloutId)}/plan-w${wave}.json`;

/** SHA-256 of a record as the ledger writes it. */
export const sha256Of = (record: object): string => createHash('sha256').update(JSON.stringify(record)).digest('hex');

/** The plans of rollouts in the ledger. The first writer of one wins. */
export const createPlans = (ledger: Ledger) => {
  const { required, firstOf } = recordsOf(ledger);

  /** The wave and its chunks, which lie in the plan, or, where it came later, in a manifest of its own. */
  async function waveOf(
    { summary, chunks }: PlanRecord,
    wave: number,
  ): Promise<Pick<JoinersRecord, 'wave' | 'chunks'>> {
    const planned = summary.waves.find(({ index }) => index === wave);
    if (planned !== undefined) return { wave: planned, chunks };
    return (await required(joinersPath(summary.rolloutId, wave))) as JoinersRecord;
  }

  const chunkRecord = async ({ path }: ChunkRef) => (await required(path)) as ChunkRecord;
  const chunkOf = async (chunk: ChunkRef): Promise<readonly DeviceId[]> => (await chunkRecord(chunk)).deviceIds;

  const findJoiners = async (rolloutId: RolloutId, wave: number) =>
    (await ledger.get(joinersPath(rolloutId, wave))) as JoinersRecord | undefined;

  return {
    findJoiners,

    /** A chunk's devices, in the plan's order. @throws GS_LEDGER_MISSING */
    chunk: chunkOf,

    /** All chunks of a rollout, also those of waves that came after the plan was made. */
    async chunks(plan: PlanRecord): Promise<ChunkRef[]> {
      const chunks = [...plan.chunks];
      for (let wave = plan.summary.waves.length + 1; ; wave += 1) {
        const joiners = await findJoiners(plan.summary.rolloutId, wave);
        if (joiners === undefined) return chunks;
        chunks.push(...joiners.chunks);
      }
    },

    /** @returns the frozen plan, or undefined when none was frozen yet */
    find: async (rolloutId: RolloutId) => (await ledger.get(planPath(rolloutId))) as PlanRecord | undefined,

    /** @throws GS_LEDGER_MISSING when no plan was frozen */
    record: async (rolloutId: RolloutId) => (await required(planPath(rolloutId))) as PlanRecord,

    /** The planned share; also of a wave that came after the plan was made. @throws GS_LEDGER_MISSING */
    async share(record: PlanRecord, wave: number, part: number): Promise<WaveShare> {
      const planned = await waveOf(record, wave);
      const share = planned.wave.shares.find((each) => each.part === part);
      if (share === undefined)
        throw new GroundswellError('GS_LEDGER_MISSING', { path: planPath(record.summary.rolloutId), wave, part });
      return share;
    },

    /** All waves, then those that came after the plan was made, in order. */
    async *waves({ summary }: PlanRecord): AsyncGenerator<PlannedWave> {
      yield* summary.waves;
      for (let index = summary.waves.length + 1; ; index += 1) {
        const joined = (await ledger.get(joinersPath(summary.rolloutId, index))) as JoinersRecord | undefined;
        if (joined === undefined) return;
        yield joined.wave;
      }
    },

    /**
     * A share's devices, chunk by chunk, in the order of its batches; also of a wave that came after the plan was made.
     *
     * @param fromBatch chunks that end before this batch are not read
     * @throws GS_LEDGER_MISSING
     */
    async *devices(record: PlanRecord, wave: number, part: number, fromBatch = 1): AsyncGenerator<PlannedChunk> {
      for (const chunk of (await waveOf(record, wave)).chunks) {
        if (chunk.wave !== wave || chunk.part !== part) continue;
        if (chunk.firstBatch + chunk.batchCount <= fromBatch) continue;
        const { deviceIds, grouped = [] } = await chunkRecord(chunk);
        const inGroups = new Set(grouped.flatMap((position) => deviceIds[position] ?? []));
        yield { firstBatch: chunk.firstBatch, deviceIds, grouped: inGroups };
      }
    },

    /** Freezes a plan whose chunks are written. @returns the plan that counts: an earlier one, where there is one */
    freeze: (record: PlanRecord): Promise<PlanRecord> => firstOf(planPath(record.summary.rolloutId), record),

    /** Freezes a further wave whose chunks are written. @returns the one that counts */
    freezeJoiners: (rolloutId: RolloutId, record: JoinersRecord): Promise<JoinersRecord> =>
      firstOf(joinersPath(rolloutId, record.wave.index), record),
  };
};

export type Plans = ReturnType<typeof createPlans>;
