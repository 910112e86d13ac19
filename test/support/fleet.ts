import type { FoundDevice, Hub } from '../../activities/ports';
import { deviceIdOf } from '../../domain/ids';
import type { HubSku } from '../../domain/limits';
import type { JsonObject } from '../../domain/spec';

/** A device of a fake fleet. */
export interface FleetDevice {
  readonly id: string;
  readonly connected?: boolean;
  readonly tags?: JsonObject;
  readonly desired?: JsonObject;
  /** Conditions that hold for it, word by word; `*` holds for all. */
  readonly where?: readonly string[];
}

export interface FleetHub extends Hub {
  /** Conditions in the order in which they were asked. */
  readonly asked: string[];
}

const UNUSED = () => {
  throw new Error('this fake only answers membership queries');
};

/** Whether a condition of the planner's making holds: `*`, a condition, two of them, or a list of ids. */
function holds(where: string, { id, where: known = [] }: FleetDevice): boolean {
  const both = /^\((.*)\) AND \((.*)\)$/.exec(where);
  if (both !== null) return both.slice(1).every((part) => holds(part, { id, where: known }));
  const ids = /^deviceId IN \[(.*)\]$/.exec(where);
  if (ids !== null) return (ids[1] ?? '').split(',').includes(`'${id}'`);
  return where === '*' || known.includes(where);
}

/** A hub that only answers membership queries, from memory and in pages. */
export function fleetHub(
  devices: readonly FleetDevice[],
  { page = 7, sku = { name: 'S1', units: 1 } }: { readonly page?: number; readonly sku?: HubSku } = {},
): FleetHub {
  const asked: string[] = [];
  return {
    sku,
    asked,
    async *devices(where, parts = []) {
      asked.push(where);
      const found = devices
        .filter((device) => holds(where, device))
        .map(({ id, connected = true, tags = {}, desired = {} }): FoundDevice => ({
          deviceId: deviceIdOf(id),
          connected,
          ...(parts.includes('tags') && { tags }),
          ...(parts.includes('desired') && { desired }),
        }));
      for (let from = 0; from < found.length; from += page) yield Promise.resolve(found.slice(from, from + page));
    },
    count: (where) => Promise.resolve(devices.filter((device) => holds(where, device)).length),
    findJob: UNUSED,
    scheduleJob: UNUSED,
    cancelJob: UNUSED,
    jobRows: UNUSED,
    turn: UNUSED,
    invokeMethod: UNUSED,
    twin: UNUSED,
    updateTwin: UNUSED,
  };
}
