import type { TokenCredential } from '@azure/identity';
import { createProvisioning } from '../activities/azure/provisioning';
import type { Provisioning, Provisionings } from '../activities/provisioning-ports';
import { GroundswellError } from '../domain/errors';
import type { ProvisioningOutputs, StackOutputs } from '../spec/stack-outputs';

function reach(outputs: ProvisioningOutputs, credential: TokenCredential): Provisioning {
  const { name, idScope, deviceHostName: endpoint, serviceHostName: hostName, linkedHubs, connectionString } = outputs;
  const facts = { name, idScope, endpoint, ...(linkedHubs && { linkedHubs }) };
  return createProvisioning(facts, connectionString ?? { hostName, credential });
}

/**
 * The stack's provisioning service and those of its neighbours, each with one client for the worker's whole life.
 *
 * @param credential for services without a connection string
 */
export function createProvisionings(
  { provisioning, provisioningServices }: Pick<StackOutputs, 'provisioning' | 'provisioningServices'>,
  credential: TokenCredential,
): Provisionings {
  const own = provisioning && reach(provisioning, credential);
  const others = new Map(Object.entries(provisioningServices).map(([key, each]) => [key, reach(each, credential)]));
  return {
    get(name) {
      const found = name === undefined ? own : others.get(name);
      if (found !== undefined) return found;
      const known = [...others.keys()];
      throw new GroundswellError('GS_DPS_UNKNOWN', { provisioning: name ?? "the stack's own", known });
    },
  };
}
