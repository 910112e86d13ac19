import { proxyActivities } from '@temporalio/workflow';
import type { TwinActivities } from '../activities/contracts';
import type { DeviceId, HubName } from '../domain/ids';
import type { TwinLook } from '../domain/twin';

/** A person waits for it. */
const { readTwin } = proxyActivities<TwinActivities>({
  startToCloseTimeout: '30 seconds',
  cancellationType: 'TRY_CANCEL',
  retry: { maximumAttempts: 3 },
});

/** Reads a device's twin, by the worker's right to read hubs. */
export const deviceTwin = (input: { readonly hub: HubName; readonly deviceId: DeviceId }): Promise<TwinLook | null> =>
  readTwin(input);
