import { createHash } from 'node:crypto';
import { faultCodeOf, GroundswellError } from '../domain/errors';
import type { BatchAttempt, DeviceId, HubName, RolloutId } from '../domain/ids';
import type { Plan } from '../domain/planning';
import type { PlanSummary } from '../domain/plan';
import type { RolloutSpec } from '../domain/spec';
import type { DeviceOutcome } from '../domain/tally';
import type { Ledger } from './ports';

/** Device ids in one chunk of a plan: about 1 MB of the longest ids. */
const CHUNK = 8_000;

/** The frozen plan: what `rollouts/<id>/plan.json` holds. Its chunks are written before it. */
export interface PlanRecord {
  /** The first run of the workflow that froze it; another run under the same id must not take it for its own. */
  readonly runId: string;
  readonly spec: RolloutSpec;
  readonly summary: PlanSummary;
  /** Path under which this plan's chunks of device ids lie. */
  readonly devices: string;
}

/** How a batch attempt ended, device by device. */
export interface BatchRecord extends BatchAttempt {
  readonly hub: HubName;
  readonly jobId: string;
  readonly endedAt: string;
  readonly outcomes: readonly DeviceOutcome[];
}

const root = (rolloutId: RolloutId): string => `rollouts/${rolloutId}`;
const batchPath = ({ rolloutId, wave, batch, attempt }: BatchAttempt, hub: HubName): string =>
  `${root(rolloutId)}/results/w${wave}/${hub}/b${batch}-a${attempt}.json`;

const hashOf = (value: object): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** The rollout's records in the ledger: a plan, and a result for each batch attempt. The first writer of one wins. */
export const createRecords = (ledger: Ledger) => {
  async function required(path: string): Promise<unknown> {
    const record = await ledger.get(path);
    if (record === undefined) throw new GroundswellError('GS_LEDGER_MISSING', { path });
    return record;
  }

  async function firstOf<Kind extends object>(path: string, record: Kind): Promise<Kind> {
    try {
      await ledger.put(path, record);
      return record;
    } catch (error) {
      if (faultCodeOf(error) !== 'GS_LEDGER_CONFLICT') throw error;
      return (await required(path)) as Kind;
    }
  }

  return {
    /** @returns the frozen plan, or undefined when none was frozen yet */
    findPlan: async (rolloutId: RolloutId) =>
      (await ledger.get(`${root(rolloutId)}/plan.json`)) as PlanRecord | undefined,

    /** @throws GS_LEDGER_MISSING */
    plan: async (rolloutId: RolloutId) => (await required(`${root(rolloutId)}/plan.json`)) as PlanRecord,

    /**
     * Freezes a plan. The record that makes it one is written last: half a plan is none, and leftovers of one that was
     * never finished do not get in the way, since chunks lie under their content's hash.
     */
    async freezePlan(runId: string, spec: RolloutSpec, { summary, devices }: Plan): Promise<PlanRecord> {
      const prefix = `${root(summary.rolloutId)}/plan-${hashOf(devices)}`;
      for (const { wave, hub, deviceIds } of devices) {
        for (let chunk = 0; chunk * CHUNK < deviceIds.length; chunk += 1) {
          const part = deviceIds.slice(chunk * CHUNK, (chunk + 1) * CHUNK);
          await ledger.put(`${prefix}/w${wave}/${hub}/${chunk}.json`, { deviceIds: part });
        }
      }
      return firstOf<PlanRecord>(`${root(summary.rolloutId)}/plan.json`, { runId, spec, summary, devices: prefix });
    },

    /** A wave's devices on one hub, sorted by id. */
    async waveDevices({ summary, devices }: PlanRecord, wave: number, hub: HubName): Promise<DeviceId[]> {
      const share = summary.waves.find(({ index }) => index === wave)?.shares.find((part) => part.hub === hub);
      const chunks: DeviceId[][] = [];
      for (let chunk = 0; chunk * CHUNK < (share?.deviceCount ?? 0); chunk += 1) {
        const record = (await required(`${devices}/w${wave}/${hub}/${chunk}.json`)) as { deviceIds: DeviceId[] };
        chunks.push(record.deviceIds);
      }
      return chunks.flat();
    },

    findBatch: async (at: BatchAttempt, hub: HubName) =>
      (await ledger.get(batchPath(at, hub))) as BatchRecord | undefined,

    /** @returns the record that counts: an earlier one where another worker had already settled this batch */
    settleBatch: (record: BatchRecord) => firstOf(batchPath(record, record.hub), record),
  };
};

export type Records = ReturnType<typeof createRecords>;
