import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

/**
 * Reads of the fleet: a person waits for them, so they give up after a while instead of trying for ever, and an abort
 * does not wait for them.
 */
export const { planRollout, previewPlan } = proxyActivities<Activities>({
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '1 minute',
  cancellationType: 'TRY_CANCEL',
  retry: { maximumAttempts: 5 },
});

/**
 * A wave's part on one hub lasts as long as its devices need; its heartbeats say that it lives. It is tried again for as
 * long as its hub is away: giving up half way through a wave helps nobody.
 */
export const { runWave } = proxyActivities<Activities>({
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '10 seconds',
  // The default, TRY_CANCEL, would go on while the last batch still runs. Source: sdk-typescript pull request 2442.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});
