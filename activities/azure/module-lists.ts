import { setTimeout as sleep } from 'node:timers/promises';
import { batchesOf } from '../../domain/batches';
import type { DeviceId } from '../../domain/ids';

/** Who asks within this time shares a query: hubs allow few of them. */
const GATHER_MS = 50;
/** Devices of one query: their modules fill few pages. */
const TOGETHER = 100;

/** A module as its hub's index has it. */
export interface ModuleRow {
  readonly deviceId: string;
  readonly moduleId: string;
}

/**
 * Finds devices' modules, for many devices in one query.
 *
 * @param ask    gives the rows of all modules of some devices
 * @param gather waits for others to ask, too
 * @returns      a function that tells the ids of one device's modules
 */
export function createModuleLists(
  ask: (deviceIds: readonly DeviceId[]) => Promise<readonly ModuleRow[]>,
  gather: () => Promise<unknown> = () => sleep(GATHER_MS),
): (deviceId: DeviceId) => Promise<readonly string[]> {
  let next:
    { readonly wanted: Set<DeviceId>; readonly found: Promise<ReadonlyMap<string, readonly string[]>> } | undefined;

  async function find(wanted: ReadonlySet<DeviceId>): Promise<ReadonlyMap<string, readonly string[]>> {
    await gather();
    next = undefined;
    const found = new Map<string, string[]>();
    for (const together of batchesOf([...wanted], TOGETHER)) {
      for (const { deviceId, moduleId } of await ask(together))
        found.set(deviceId, [...(found.get(deviceId) ?? []), moduleId]);
    }
    return found;
  }

  return async (deviceId) => {
    if (next === undefined) {
      const wanted = new Set<DeviceId>();
      next = { wanted, found: find(wanted) };
    }
    next.wanted.add(deviceId);
    return (await next.found).get(deviceId) ?? [];
  };
}
