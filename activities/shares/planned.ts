import { batchesOf } from '../../domain/batches';
import type { DeviceId } from '../../domain/ids';
import type { ShareRef } from '../../domain/share';
import { EMPTY_TALLY } from '../../domain/tally';
import type { PlanRecord, Plans } from '../ledger/plans';
import type { BatchDevice } from '../ledger/results';
import type { Work } from './work';

/** One chunk, cut into batches. */
interface Held {
  readonly first: number;
  readonly batches: readonly (readonly DeviceId[])[];
  readonly grouped: ReadonlySet<DeviceId>;
}

/** The batches of a share in the plan's order. Holds one chunk of the plan at a time. */
export async function plannedWork(plans: Plans, plan: PlanRecord, { wave, part }: ShareRef): Promise<Work> {
  const { deviceCount } = await plans.share(plan, wave, part);
  let held: Held = { first: 1, batches: [], grouped: new Set() };

  const devicesOf = ({ first, batches, grouped }: Held, batch: number): BatchDevice[] | undefined =>
    batches[batch - first]?.map((deviceId) => ({
      deviceId,
      home: { wave, part, batch },
      failures: 0,
      ...(grouped.has(deviceId) && { grouped: true as const }),
    }));

  async function batchOf(batch: number): Promise<BatchDevice[] | undefined> {
    if (held.batches[batch - held.first] !== undefined) return devicesOf(held, batch);
    const read = await plans.devices(plan, wave, part, batch).next();
    if (read.done === true) return undefined;
    const chunk = read.value;
    held = {
      first: chunk.firstBatch,
      batches: batchesOf(chunk.deviceIds, plan.spec.batch.size),
      grouped: chunk.grouped,
    };
    return devicesOf(held, batch);
  }

  return {
    size: deviceCount,
    start: EMPTY_TALLY,
    async fresh(batch) {
      const devices = await batchOf(batch);
      return devices === undefined ? { kind: 'none' } : { kind: 'batch', devices };
    },
  };
}
