import { beat } from './beat';
import type { FleetActivities } from './contracts';
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
