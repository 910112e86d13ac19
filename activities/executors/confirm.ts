import type { DeviceId } from '../../domain/ids';
import { confirmOutcomes, isReported, type TwinReport } from '../../domain/outcome';
import type { DeviceOutcome } from '../../domain/tally';
import { CONFIRM_EVERY_MS } from '../../domain/uses';
import { eachBounded } from '../pool';
import type { Batch, BatchWatch } from './executor';

/** Twins read at once; the hub's quota of reads paces them. */
const WIDTH = 16;

/**
 * Settles a twin update: adds each twin's desired version, and, where the action asks for it, waits until the devices
 * report what was desired of them, or their time is up. Reads twins themselves: the index behind queries lags, and a hub
 * allows five times as many reads a second as queries a minute.
 *
 * @param endedAt when the hub had merged the patches: the devices' time counts from there, on a retry too
 */
export async function confirmed(
  { target, devices, deed }: Batch,
  watch: BatchWatch,
  outcomes: readonly DeviceOutcome[],
  endedAt: string,
): Promise<readonly DeviceOutcome[]> {
  if (deed.kind !== 'twin' || deed.desired === undefined) return outcomes;
  const { desired, confirmWithinMs } = deed;
  const deadline = Date.parse(endedAt) + (confirmWithinMs ?? 0);
  const twins = new Map<DeviceId, TwinReport>();
  const versions = new Map<DeviceId, number>();
  let open: readonly DeviceId[] = outcomes.flatMap(({ kind, deviceId, desiredVersion }) =>
    kind === 'succeeded' && (confirmWithinMs !== undefined || desiredVersion === undefined) ? [deviceId] : [],
  );
  while (open.length > 0) {
    await eachBounded(open, WIDTH, async (deviceId) => {
      twins.delete(deviceId);
      const twin = await target.twin(deviceId);
      watch.beat(devices.length - open.length);
      if (twin === undefined) return;
      twins.set(deviceId, twin);
      if (!versions.has(deviceId)) versions.set(deviceId, twin.desiredVersion);
    });
    const left = deadline - Date.now();
    if (confirmWithinMs === undefined || left <= 0) break;
    open = open.filter((deviceId) => {
      const twin = twins.get(deviceId);
      return twin !== undefined && !isReported(desired, twin.reported);
    });
    watch.beat(devices.length - open.length);
    if (open.length > 0) await watch.rest(Math.min(CONFIRM_EVERY_MS, left));
  }
  const versioned = outcomes.map((outcome) => {
    const desiredVersion = outcome.desiredVersion ?? versions.get(outcome.deviceId);
    return desiredVersion === undefined ? outcome : { ...outcome, desiredVersion };
  });
  return confirmWithinMs === undefined ? versioned : confirmOutcomes(versioned, desired, twins);
}
