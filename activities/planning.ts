import { Context } from '@temporalio/activity';
import { batchesOf, deviceCondition } from '../domain/batches';
import { GroundswellError } from '../domain/errors';
import type { HubName, RolloutId } from '../domain/ids';
import type { PlanSummary } from '../domain/plan';
import { type Plan, planOf, type TargetDevice } from '../domain/planning';
import type { RolloutSpec, Target } from '../domain/spec';
import type { Hubs } from './ports';
import type { Records } from './records';

export interface PreviewInput {
  readonly rolloutId: RolloutId;
  readonly spec: RolloutSpec;
}

export interface PlanInput extends PreviewInput {
  /** First run of the workflow: tells its own plan from that of an earlier rollout with the same id. */
  readonly runId: string;
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

export const createPlanningActivities = (hubs: Hubs, records: Records) => {
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

  return {
    /** Says what a rollout would do now. Reads only. */
    previewPlan: async (input: PreviewInput): Promise<PlanSummary> => (await plan(input)).summary,

    /**
     * Freezes the target set and its waves in the ledger. Safe to retry: a plan that this rollout has frozen stands.
     *
     * @throws GS_ROLLOUT_EXISTS when the ledger holds the plan of an earlier rollout with this id
     */
    async planRollout({ runId, ...input }: PlanInput): Promise<PlanSummary> {
      const frozen =
        (await records.findPlan(input.rolloutId)) ?? (await records.freezePlan(runId, input.spec, await plan(input)));
      if (frozen.runId !== runId) throw new GroundswellError('GS_ROLLOUT_EXISTS', { rolloutId: input.rolloutId });
      return frozen.summary;
    },
  };
};

export type PlanningActivities = ReturnType<typeof createPlanningActivities>;
