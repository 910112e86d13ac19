import type { TokenCredential } from '@azure/identity';
import { createIdentities } from '../activities/azure/identities';
import { createIotHub } from '../activities/azure/iot-hub';
import type { Hub, Hubs } from '../activities/ports';
import type { Identities, IdentityStores } from '../activities/provisioning-ports';
import { GroundswellError } from '../domain/errors';
import type { HubName } from '../domain/ids';
import type { HubOutputs, StackOutputs } from '../spec/stack-outputs';

/** One hub, with one client of each kind for the worker's whole life. */
interface Reached {
  readonly hub: Hub;
  readonly identities: Identities;
}

function reach(name: HubName, outputs: HubOutputs, credential: TokenCredential): Reached {
  const { sku, hostName, quarantine, connectionString } = outputs;
  const access = connectionString ?? { hostName, credential };
  const hub = createIotHub(name, sku, access);
  return { hub, identities: createIdentities({ name, hostName, hub, quarantine, access }) };
}

/**
 * The stack's hubs, and the identities on them.
 *
 * @param credential for hubs without a connection string: those of a stack that signs in by Entra ID
 */
export function createHubs(
  { hubs: outputs }: Pick<StackOutputs, 'hubs'>,
  credential: TokenCredential,
): { readonly hubs: Hubs; readonly identities: IdentityStores } {
  const reached: ReadonlyMap<HubName, Reached> = new Map(
    [...outputs].map(([name, hub]) => [name, reach(name, hub, credential)]),
  );
  function get(name: HubName): Reached {
    const found = reached.get(name);
    if (found === undefined) throw new GroundswellError('GS_HUB_UNKNOWN', { hub: name, known: [...reached.keys()] });
    return found;
  }
  return { hubs: { get: (name) => get(name).hub }, identities: { get: (name) => get(name).identities } };
}
