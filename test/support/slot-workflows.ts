import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { ArbiterActivities } from '../../activities/slots';
import type { ClaimActivities } from '../../activities/contracts';
import type { HubName, RolloutId } from '../../domain/ids';

export { hubArbiter } from '../../workflows/arbiter';

/** What stands in for a rollout: it runs so many jobs, one after the other, each in a slot that it asked for. */
export interface SlotUse {
  readonly hub: HubName;
  readonly rolloutId: RolloutId;
  readonly priority: number;
  readonly of: number;
  readonly jobs: number;
  /** Each job lasts until the test lets it go; without it, no job lasts. */
  readonly isHeld: boolean;
}

interface UseActivities extends ClaimActivities, ArbiterActivities {
  useSlots(use: SlotUse): Promise<void>;
}

const { useSlots, claimHubs, releaseHubs } = proxyActivities<UseActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '2 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '100 milliseconds' },
});

export const slotUser = (use: SlotUse): Promise<void> => useSlots(use);

export const go = defineSignal('go');

/** Claims a hub until it is told to go. */
export async function claimer({ hub, rolloutId }: Pick<SlotUse, 'hub' | 'rolloutId'>): Promise<void> {
  let told = false;
  setHandler(go, () => void (told = true));
  await claimHubs({ rolloutId, hubs: [hub] });
  await condition(() => told);
  await releaseHubs({ rolloutId, hubs: [hub] });
}
