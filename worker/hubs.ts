import type { TokenCredential } from '@azure/identity';
import type { Hub, Hubs } from '../activities/ports';
import { createIotHub } from '../activities/azure/iot-hub';
import { GroundswellError } from '../domain/errors';
import type { HubName } from '../domain/ids';
import type { StackOutputs } from '../spec/stack-outputs';

/**
 * The stack's hubs, each with one client for the worker's whole life.
 *
 * @param credential for hubs without a connection string: those of a stack that signs in by Entra ID
 */
export function createHubs({ hubs: outputs }: Pick<StackOutputs, 'hubs'>, credential: TokenCredential): Hubs {
  const hubs: ReadonlyMap<HubName, Hub> = new Map(
    [...outputs].map(([name, { sku, hostName, connectionString }]) => [
      name,
      createIotHub(name, sku, connectionString ?? { hostName, credential }),
    ]),
  );
  return {
    get(name) {
      const hub = hubs.get(name);
      if (hub === undefined) throw new GroundswellError('GS_HUB_UNKNOWN', { hub: name, known: [...hubs.keys()] });
      return hub;
    },
  };
}
