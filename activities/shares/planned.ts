import { batchesOf } from '../../domain/batches';
import type { DeviceId } from '../../domain/ids';
import type { ShareRef } from '../../domain/share';
import { EMPTY_TALLY } from '../../domain/tally';
import type { PlanRecord, Plans } from '../ledger/plans';
import type { Work } from './work';

/** The batches of a share in the plan's order. Holds one chunk of the plan at a time. */
export async function plannedWork(plans: Plans, plan: PlanRecord, { wave, part }: ShareRef): Promise<Work> {
  const { deviceCount } = await plans.share(plan, wave, part);
  let held: { readonly first: number; readonly batches: readonly (readonly DeviceId[])[] } = { first: 1, batches: [] };

  async function batchOf(batch: number): Promise<readonly DeviceId[] | undefined> {
    const known = held.batches[batch - held.first];
    if (known !== undefined) return known;
    const read = await plans.devices(plan, wave, part, batch).next();
    if (read.done === true) return undefined;
    const chunk = read.value;
    held = { first: chunk.firstBatch, batches: batchesOf(chunk.deviceIds, plan.spec.batch.size) };
    return held.batches[batch - held.first];
  }

  return {
    size: deviceCount,
    start: EMPTY_TALLY,
    async fresh(batch) {
      const deviceIds = await batchOf(batch);
      if (deviceIds === undefined) return { kind: 'none' };
      const home = { wave, part, batch };
      return {
        kind: 'batch',
        devices: deviceIds.map((deviceId) => ({ deviceId, home, failures: 0 })),
      };
    },
  };
}
