import { proxyActivities } from '@temporalio/workflow';
import type { LedgerActivities, StoryActivities } from '../activities/contracts';
import type { Verification } from '../domain/closing';
import type { DeviceId, RolloutId } from '../domain/ids';
import type { DeviceStory } from '../domain/story';

/** A person waits for them; they only read, so whoever asks again loses nothing. */
const { tellStory, verifyRollout } = proxyActivities<StoryActivities & LedgerActivities>({
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '1 minute',
  cancellationType: 'TRY_CANCEL',
  retry: { maximumAttempts: 5 },
});

/** Tells what all rollouts did to a device, by the worker's right to read the ledger. */
export const deviceStory = (input: { readonly deviceId: DeviceId }): Promise<DeviceStory> => tellStory(input);

/** Reads a closed rollout's records again, and says which are not as they were. */
export const verification = (input: {
  readonly rolloutId: RolloutId;
  readonly sha256: string;
}): Promise<Verification> => verifyRollout(input);
