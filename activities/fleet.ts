import { beat } from './beat';
import type { FleetActivities, TwinActivities } from './contracts';
import { bothOf, conditionsOf } from './planning/gather';
import type { Hubs } from './ports';

/** Questions about the fleet as it is now, by query: their answers lag behind the devices by seconds and more. */
export const createFleetActivities = (hubs: Hubs): FleetActivities => ({
  async countDevices({ target, where }) {
    const sum = async (condition: string): Promise<number> => {
      let devices = 0;
      for (const hub of target.hubs) {
        for (const own of conditionsOf(target)) devices += await hubs.get(hub).count(bothOf(own, condition));
        await beat({ hub, devices });
      }
      return devices;
    };
    return { matching: await sum(where), all: await sum('*') };
  },
});

/** What people ask about one device, as its hub has it. */
export const createTwinActivities = (hubs: Hubs): TwinActivities => ({
  async readTwin({ hub, deviceId }) {
    const twin = await hubs.get(hub).twin(deviceId);
    if (twin === undefined) return null;
    const { etag, connected, tags, desired, reported } = twin;
    const connectionState = connected ? 'Connected' : 'Disconnected';
    return { hub, deviceId, etag, connectionState, tags, properties: { desired, reported } };
  },
});
