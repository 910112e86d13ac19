import type { DeviceId } from '../../domain/ids';
import { confirmOutcomes, isReported, type TwinReport } from '../../domain/outcome';
import type { JsonObject } from '../../domain/spec';
import type { DeviceOutcome } from '../../domain/tally';
import { allOf } from '../pages';
import type { Batch, BatchWatch } from './old-executor';

const POLL_MS = 3_000;

const unreported = (asked: readonly DeviceId[], desired: JsonObject, twins: ReadonlyMap<DeviceId, TwinReport>) =>
  asked.filter((deviceId) => {
    const twin = twins.get(deviceId);
    return twin !== undefined && !isReported(desired, twin.reported);
  });

/**
 * Where the action asks for it, waits until the devices report what was desired of them, or their time is up.
 *
 * @param endedAt when the hub had merged the patches: the devices' time counts from there, on a retry too
 */
export async function confirmed(
  { hub, deviceIds, spec: { action } }: Batch,
  watch: BatchWatch,
  outcomes: readonly DeviceOutcome[],
  endedAt: string,
): Promise<readonly DeviceOutcome[]> {
  if (action.kind !== 'twin' || action.confirmWithinMs === undefined || action.desired === undefined) return outcomes;
  const { desired } = action;
  const deadline = Date.parse(endedAt) + action.confirmWithinMs;
  const twins = new Map<DeviceId, TwinReport>();
  let open: readonly DeviceId[] = outcomes.flatMap(({ kind, deviceId }) => (kind === 'succeeded' ? [deviceId] : []));
  while (open.length > 0) {
    for (const deviceId of open) twins.delete(deviceId);
    for (const [deviceId, twin] of await allOf(hub.twins(open))) twins.set(deviceId, twin);
    open = unreported(open, desired, twins);
    const left = deadline - Date.now();
    if (left <= 0) break;
    watch.beat(deviceIds.length - open.length);
    if (open.length > 0) await watch.rest(Math.min(POLL_MS, left));
  }
  return confirmOutcomes(outcomes, desired, twins);
}
