import type { TokenCredential } from '@azure/identity';
import { createBlobAssignments } from '../activities/azure/blob-assignments';
import type { MoveDependencies } from '../activities/executors/migrate';
import { createMoves } from '../activities/ledger/moves';
import type { Ledger } from '../activities/ports';
import type { IdentityStores } from '../activities/provisioning-ports';
import type { StackOutputs } from '../spec/stack-outputs';
import { createProvisionings } from './provisionings';

/** What stacks call it (infra/components/ledger-storage.ts); the outputs say so where a webhook reads it. */
const ASSIGNMENTS = 'allocations';

/** What moves need beside the hubs. */
export function createMoving(
  outputs: StackOutputs,
  credential: TokenCredential,
  ledger: Ledger,
  identities: IdentityStores,
): Omit<MoveDependencies, 'hubs'> {
  const container = new URL(outputs.allocation?.container ?? ASSIGNMENTS, outputs.ledger.blobEndpoint);
  return {
    provisionings: createProvisionings(outputs, credential),
    assignments: createBlobAssignments(container.href, credential),
    identities,
    moves: createMoves(ledger),
  };
}
