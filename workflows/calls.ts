import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
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

/** Asked in the middle of a rollout, which waits until they can be answered. */
export const { planJoiners, countDevices } = proxyActivities<Activities>({
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '1 minute',
  cancellationType: 'TRY_CANCEL',
  retry: { maximumInterval: '1 minute' },
});

/**
 * A share lasts as long as its devices need; its heartbeats say that it lives. It is tried again for as long as its hub is
 * away: giving up half way through a wave helps nobody.
 */
export const { runShare } = proxyActivities<Activities>({
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '10 seconds',
  // The default, TRY_CANCEL, would go on while the last batch still runs. Source: sdk-typescript pull request 2442.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});

/**
 * Checks bound their own time, but for those of telemetry, which read a row for each device of the hubs and beat meanwhile; one
 * that cannot be asked at all is inconclusive after some tries.
 */
export const { askCheck } = proxyActivities<Activities>({
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '5 minutes',
  cancellationType: 'TRY_CANCEL',
  retry: { maximumAttempts: 5, maximumInterval: '30 seconds' },
});

/** Webhooks are told for some minutes and then given up; nothing waits for them but the end. */
export const { notify } = proxyActivities<Activities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '1 minute',
  cancellationType: 'TRY_CANCEL',
  retry: { maximumAttempts: 2 },
});

/** Arbiter and ledger: there again some time, and the rollout's end waits for them. */
export const { claimHubs, releaseHubs, closeRollout } = proxyActivities<Activities>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '1 minute',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { maximumInterval: '1 minute' },
});

/** Arithmetic on the calendar, which only is an activity since workflow code must not carry a table of time zones. */
export const { nextOpening } = proxyLocalActivities<Activities>({ startToCloseTimeout: '10 seconds' });
