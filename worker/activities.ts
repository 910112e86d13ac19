import type { TokenCredential } from '@azure/identity';
import type { Activities } from '../activities';
import { createBlobLedger } from '../activities/azure/blob-ledger';
import { createCheckActivities } from '../activities/checks';
import { createClosingActivities } from '../activities/ledger/closing';
import { createDeviceLists } from '../activities/ledger/device-list';
import { createPlans } from '../activities/ledger/plans';
import { createResults } from '../activities/ledger/results';
import { createStories } from '../activities/ledger/story';
import { createFleetActivities, createTwinActivities } from '../activities/fleet';
import { lifelineOf } from '../activities/lifeline';
import { createNoticeActivities } from '../activities/notices';
import { createPlanningActivities } from '../activities/planning';
import { createShareActivities } from '../activities/shares/share';
import { createArbiterActivities, createClaims, createSlots } from '../activities/slots';
import { createWindowActivities } from '../activities/windows';
import type { StackOutputs } from '../spec/stack-outputs';
import { createHubs } from './hubs';
import { createMoving } from './moving';
import { createTelemetry } from './telemetry';

/** Composes the activities over a stack's real hubs and ledger. */
export function createActivities(outputs: StackOutputs, credential: TokenCredential): Activities {
  const { blobEndpoint, container } = outputs.ledger;
  const { hubs, identities } = createHubs(outputs, credential);
  const ledger = createBlobLedger(new URL(container, blobEndpoint).href, credential);
  const moving = createMoving(outputs, credential, ledger, identities);
  const plans = createPlans(ledger);
  const windows = createWindowActivities();
  return {
    ...createArbiterActivities(),
    ...createCheckActivities(process.env, createTelemetry(outputs, credential, plans)),
    ...createNoticeActivities(process.env),
    ...createPlanningActivities({ ...moving, hubs, ledger, claims: createClaims(), windows }),
    ...windows,
    ...createClosingActivities(ledger),
    ...createFleetActivities(hubs),
    ...createTwinActivities(hubs),
    ...createStories(ledger),
    ...createDeviceLists(ledger),
    ...createShareActivities({ hubs, plans, results: createResults(ledger), slots: createSlots(), lifelineOf, moving }),
  };
}
