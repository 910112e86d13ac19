import type { TokenCredential } from '@azure/identity';
import type { Activities } from '../activities';
import { createBlobLedger } from '../activities/azure/blob-ledger';
import { createJobExecutor } from '../activities/executors/job';
import { lifelineOf } from '../activities/lifeline';
import { createPlanningActivities } from '../activities/planning';
import { createRecords } from '../activities/records';
import { createArbiterActivities } from '../activities/slots';
import { createWaveActivities } from '../activities/waves';
import type { StackOutputs } from '../spec/stack-outputs';
import { createHubs } from './hubs';

/** Composes the activities over a stack's real hubs and ledger. */
export function createActivities(outputs: StackOutputs, credential: TokenCredential): Activities {
  const { blobEndpoint, container } = outputs.ledger;
  const hubs = createHubs(outputs, credential);
  const records = createRecords(createBlobLedger(new URL(container, blobEndpoint).href, credential));
  return {
    ...createArbiterActivities(),
    ...createPlanningActivities(hubs, records),
    ...createWaveActivities({ hubs, records, executor: createJobExecutor(records), lifelineOf }),
  };
}
