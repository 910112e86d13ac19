import { proxyActivities } from '@temporalio/workflow';
import type { LedgerActivities, ListActivities, StoryActivities } from '../activities/contracts';
import type { Verification } from '../domain/closing';
import type { DeviceCounts, DevicePage, DeviceQuery, ListCursor } from '../domain/device-list';
import type { DeviceId, RolloutId } from '../domain/ids';
import type { DeviceStory } from '../domain/story';

/** A person waits for them; they only read, so whoever asks again loses nothing. */
const { countListed, listDevices, tellStory, verifyRollout } = proxyActivities<
  StoryActivities & ListActivities & LedgerActivities
>({
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '1 minute',
  cancellationType: 'TRY_CANCEL',
  retry: { maximumAttempts: 5 },
});

/** Tells what all rollouts did to a device, by the worker's right to read the ledger. */
export const deviceStory = (input: { readonly deviceId: DeviceId }): Promise<DeviceStory> => tellStory(input);

/** Lists some hundred devices of a rollout by their last outcomes. A history of its own: the rollout's does not grow. */
export const devicePage = (input: { readonly query: DeviceQuery; readonly cursor?: ListCursor }): Promise<DevicePage> =>
  listDevices(input);

/** Counts devices of a rollout by their last outcomes, and the most frequent details. */
export const deviceCounts = (query: DeviceQuery): Promise<DeviceCounts> => countListed(query);

/** Reads a closed rollout's records again, and says which are not as they were. */
export const verification = (input: {
  readonly rolloutId: RolloutId;
  readonly sha256: string;
}): Promise<Verification> => verifyRollout(input);
