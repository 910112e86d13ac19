import type { DeviceId } from '../../../domain/ids';
import { operationIdOf } from '../../../domain/share';
import type { DeviceOutcome } from '../../../domain/tally';
import type { MoveSnapshot } from '../../ledger/moves';
import type { BatchEnd } from '../executor';
import { bringHome, type Homecoming } from './home';
import type { Road } from './road';

/** What became of a device that was to come home. */
function outcomeOf(deviceId: DeviceId, { kind, detail }: Homecoming): DeviceOutcome {
  if (kind === 'home')
    return { deviceId, kind: detail === undefined ? 'succeeded' : 'failed', ...(detail && { detail }) };
  return { deviceId, kind: kind === 'away' ? 'timedOut' : 'offline', ...(detail && { detail }) };
}

/**
 * Brings the devices of a batch back to where they were, with enrollments and twins as they were before. Running it twice
 * changes nothing.
 *
 * @param snapshots what there was of the devices before they moved; one without was not touched
 */
export async function undo(road: Road, snapshots: ReadonlyMap<DeviceId, MoveSnapshot>): Promise<BatchEnd> {
  const open = road.batch.devices.filter(({ deviceId }) => !road.outcomes.has(deviceId));
  const returning = new Map<DeviceId, { readonly snapshot: MoveSnapshot }>();
  for (const { deviceId } of open) {
    const snapshot = snapshots.get(deviceId);
    if (snapshot) returning.set(deviceId, { snapshot });
    else road.settle({ deviceId, kind: 'succeeded', detail: 'the move had not touched it' });
  }
  if (road.go()) {
    road.says(`devices to come back to ${road.home.name}`);
    const came = await bringHome(road, returning, {
      withinMs: road.action.arriveWithinMs,
      operationIdOf: (deviceId) => operationIdOf(road.batch, deviceId),
      go: road.go,
    });
    for (const [deviceId, homecoming] of came) road.settle(outcomeOf(deviceId, homecoming));
  }
  const outcomes = road.inOrder;
  return outcomes.length < road.batch.devices.length
    ? { kind: 'stopped', outcomes }
    : { kind: 'ended', endedAt: new Date().toISOString(), outcomes };
}
