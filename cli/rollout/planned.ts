import { setTimeout as sleep } from 'node:timers/promises';
import type { RolloutId } from '../../domain/ids';
import type { FaultCode } from '../../domain/errors';
import type { Rollouts } from '../rollouts';

const LOOK_EVERY_MS = 300;

/** Faults of planning: a rollout that ended in one has frozen nothing and touched nothing, so its id is free again. */
const NOTHING_BEGUN: readonly FaultCode[] = [
  'GS_PLAN_STALE',
  'GS_PLAN_WAVES',
  'GS_TARGET_EMPTY',
  'GS_DEVICE_UNKNOWN',
  'GS_HUB_UNKNOWN',
  'GS_HUB_TIER',
  'GS_QUERY_INVALID',
  'GS_MOVE_REFUSED',
  'GS_DPS_UNKNOWN',
];

/** @param failure why a rollout failed, in the words that its history has */
export const hasBegunNothing = (failure: string): boolean =>
  NOTHING_BEGUN.some((code) => failure.startsWith(`${code}:`));

/**
 * Waits until a rollout that was just started has its plan.
 *
 * @returns why it has none, or undefined when it has one
 */
export async function planningFailure(rollouts: Rollouts, rolloutId: RolloutId): Promise<string | undefined> {
  for (;;) {
    const { state, execution, failure } = await rollouts.look(rolloutId);
    if (failure !== undefined) return failure;
    if (state?.plan !== undefined || execution !== 'RUNNING') return undefined;
    await sleep(LOOK_EVERY_MS);
  }
}
