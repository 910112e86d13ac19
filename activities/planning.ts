import { Context } from '@temporalio/activity';
import { batchesOf, deviceCondition } from '../domain/batches';
import { GroundswellError } from '../domain/errors';
import type { HubName } from '../domain/ids';
import { type Plan, planOf, type TargetDevice } from '../domain/planning';
import type { RolloutSpec, Target } from '../domain/spec';
import type { PlanActivities, PreviewInput } from './contracts';
import { CHUNK, type ChunkRef, createPlans, type PlanRecord, sha256Of } from './ledger/plans';
import type { Claims, Hubs, Ledger } from './ports';

export interface PlanningParts {
  readonly hubs: Hubs;
  readonly ledger: Ledger;
  readonly claims: Claims;
}

/** Most devices whose conditions are asked in one query. */
const LOOKUP = 200;
/** Most unknown devices that an error names. */
const NAMED = 20;

const conditionsOf = (target: Target): string[] =>
  target.kind === 'query' ? [target.where] : batchesOf(target.devices, LOOKUP).map(deviceCondition);

/** Says that planning goes on; ends it when nobody waits for it any more. */
async function beat(progress: { readonly hub: HubName; readonly devices: number }): Promise<void> {
  const context = Context.current();
  context.heartbeat(progress);
  if (context.cancellationSignal.aborted) await context.cancelled;
}

export const createPlanningActivities = ({
  hubs,
  ledger,
}: PlanningParts): Pick<PlanActivities, 'previewPlan' | 'planRollout'> => {
  const plans = createPlans(ledger);

  async function devicesOn(hub: HubName, target: Target): Promise<TargetDevice[]> {
    const found: TargetDevice[] = [];
    for (const where of conditionsOf(target)) {
      for await (const page of hubs.get(hub).devices(where)) {
        for (const device of page) found.push({ hub, ...device });
        await beat({ hub, devices: found.length });
      }
    }
    return found;
  }

  async function targetsOf(target: Target): Promise<TargetDevice[]> {
    const perHub = await Promise.all(target.hubs.map((hub) => devicesOn(hub, target)));
    const devices = perHub.flat();
    if (target.kind === 'devices') {
      const known = new Set(devices.map(({ deviceId }) => deviceId));
      const unknown = target.devices.filter((deviceId) => !known.has(deviceId));
      if (unknown.length > 0) {
        const details = { count: unknown.length, devices: unknown.slice(0, NAMED), hubs: target.hubs };
        throw new GroundswellError('GS_DEVICE_UNKNOWN', details);
      }
    }
    if (devices.length === 0) {
      throw new GroundswellError('GS_TARGET_EMPTY', {
        hubs: target.hubs,
        ...(target.kind === 'query' && { where: target.where }),
      });
    }
    return devices;
  }

  async function plan({ rolloutId, spec }: PreviewInput): Promise<Plan> {
    const skus = new Map(spec.target.hubs.map((hub) => [hub, hubs.get(hub).sku]));
    return planOf(rolloutId, spec, await targetsOf(spec.target), skus);
  }

  async function write(runId: string, spec: RolloutSpec, { summary, devices }: Plan): Promise<PlanRecord> {
    const chunks: ChunkRef[] = [];
    for (const { wave, part, hub, deviceIds } of devices) {
      const size = Math.max(1, Math.floor(CHUNK / spec.batch.size)) * spec.batch.size;
      let firstBatch = 1;
      for (let from = 0; from < deviceIds.length; from += size) {
        const record = { deviceIds: deviceIds.slice(from, from + size) };
        const path = `rollouts/${summary.rolloutId}/plan-${sha256Of(devices).slice(0, 16)}/w${wave}-p${part}/${from / size}.json`;
        await ledger.put(path, record);
        const batchCount = batchesOf(record.deviceIds, spec.batch.size).length;
        const counts = { firstBatch, batchCount, deviceCount: record.deviceIds.length };
        chunks.push({ wave, part, hub, path, ...counts, ranks: [0, 0], sha256: sha256Of(record) });
        firstBatch += batchCount;
      }
    }
    return plans.freeze({ runId, spec, summary, chunks });
  }

  return {
    previewPlan: async (input) => (await plan(input)).summary,

    async planRollout({ runId, ...input }) {
      const frozen = (await plans.find(input.rolloutId)) ?? (await write(runId, input.spec, await plan(input)));
      if (frozen.runId !== runId) throw new GroundswellError('GS_ROLLOUT_EXISTS', { rolloutId: input.rolloutId });
      return frozen.summary;
    },
  };
};
