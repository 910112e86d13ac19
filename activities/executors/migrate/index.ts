import type { DeviceId } from '../../../domain/ids';
import type { MoveRef, MoveSnapshot } from '../../ledger/moves';
import type { BatchDevice } from '../../ledger/results';
import type { BatchEnd, Executor, Move, MoveBack } from '../executor';
import { Saga } from './move';
import { type MoveBatch, type MoveDependencies, Road } from './road';
import { undo } from './undo';

export type { MoveDependencies } from './road';

/** The tries that devices come from: where what there was of them before lies. */
function triesOf(rolloutId: MoveRef['rolloutId'], devices: readonly BatchDevice[]) {
  const tries = new Map<string, { readonly at: MoveRef; readonly deviceIds: Set<DeviceId> }>();
  for (const { deviceId, last } of devices) {
    if (last === undefined) continue;
    const key = `${last.pass}/${last.wave}/${last.part}/${last.attempt}/${last.batch}`;
    const found = tries.get(key) ?? { at: { rolloutId, ...last }, deviceIds: new Set() };
    found.deviceIds.add(deviceId);
    tries.set(key, found);
  }
  return tries.values();
}

/**
 * Moves devices to another hub through their provisioning service, or brings them home. Running a batch again goes on where
 * its journal ends.
 *
 * @see docs/migration.md
 */
export function createMigrateExecutor(parts: MoveDependencies): Executor<Move | MoveBack> {
  async function earlierOf({ rolloutId }: MoveBatch, devices: readonly BatchDevice[]) {
    const found = new Map<DeviceId, MoveSnapshot>();
    for (const { at, deviceIds } of triesOf(rolloutId, devices))
      for (const [deviceId, snapshot] of await parts.moves.earlier(at, deviceIds)) found.set(deviceId, snapshot);
    return found;
  }

  return {
    async run(batch, watch): Promise<BatchEnd> {
      const { deed } = batch;
      if (deed.kind === 'moveBack') {
        const road = new Road(parts, batch, deed.applied, watch);
        return road.attended(async () => undo(road, await earlierOf(batch, batch.devices)));
      }
      const road = new Road(parts, batch, deed, watch);
      return road.attended(async () => {
        const go = await parts.moves.go({ ...batch, ...(deed.journal && { journal: deed.journal }) });
        return new Saga(road, go, (devices) => earlierOf(batch, devices)).run();
      });
    },
  };
}
