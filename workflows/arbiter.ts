import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  log,
  makeContinueAsNewFunc,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ArbiterActivities } from '../activities/slots';
import {
  ARBITER,
  type ArbiterState,
  claim,
  forget,
  freshArbiter,
  inOrder,
  isIdle,
  look,
  release,
  request,
  type SlotRelease,
  type SlotRequest,
  unclaim,
} from '../domain/arbiter';
import type { HubName, RolloutId } from '../domain/ids';

const now = (): string => new Date().toISOString();

const { findLost } = proxyActivities<ArbiterActivities>({
  startToCloseTimeout: '30 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  // The next check asks again.
  retry: { maximumAttempts: 3 },
});

const arbiterState = defineQuery<ArbiterState>(ARBITER.state);
const requestSlot = defineUpdate<boolean, [SlotRequest]>(ARBITER.request);
const releaseSlot = defineUpdate<undefined, [SlotRelease]>(ARBITER.release);
const claimHub = defineUpdate<undefined, [RolloutId]>(ARBITER.claim);
const unclaimHub = defineUpdate<undefined, [RolloutId]>(ARBITER.unclaim);

export interface ArbiterInput {
  readonly hub: HubName;
  /** Where the run before has come to. */
  readonly state?: ArbiterState;
}

/** How long after the last one the next check of the holders is due. */
const CHECK_EVERY_MS = { waiting: 10_000, held: 60_000, claimed: 60 * 60_000 } as const;
/** Without anything to do for so long, the arbiter ends; a later request starts it anew. */
const IDLE_MS = 5 * 60_000;
/** Beside the holders so many are checked: those that come next, and so many of the claims. */
const NEXT = 10;
/** An update is five events, and 2,000 updates are the most that a run takes. */
const MAX_EVENTS = 2_000;

const restOf = (state: ArbiterState): number => {
  if (state.waiting.length > 0) return CHECK_EVERY_MS.waiting;
  if (state.held.length > 0) return CHECK_EVERY_MS.held;
  return isIdle(state) ? IDLE_MS : CHECK_EVERY_MS.claimed;
};

const toCheck = (state: ArbiterState): RolloutId[] => {
  const slots = [...state.held, ...inOrder(state).slice(0, NEXT)];
  return [...new Set([...slots.map(({ rolloutId }) => rolloutId), ...state.claims.slice(0, NEXT)])];
};

const isCount = (value: number): boolean => Number.isInteger(value) && value >= 1;

const assertRequest = ({ id, priority, slots, of }: SlotRequest): void => {
  if (id !== '' && isCount(slots) && isCount(of) && Number.isFinite(priority)) return;
  const found = JSON.stringify({ id, priority, slots, of });
  throw ApplicationFailure.nonRetryable(
    `a request for slots has an id, a priority, and slots and of of at least 1; got ${found}`,
  );
};

/** A moved worker deployment, or a history that has grown: both are reasons for a run of its own. */
const outgrown = (): boolean => {
  const { continueAsNewSuggested, historyLength, targetWorkerDeploymentVersionChanged } = workflowInfo();
  return continueAsNewSuggested || historyLength > MAX_EVENTS || targetWorkerDeploymentVersionChanged;
};

/** Shares a hub's job slots out among rollouts. One for each hub; it lives while somebody needs it. */
export async function hubArbiter({ hub, state = freshArbiter(hub) }: ArbiterInput): Promise<void> {
  let current = state;
  let restedFrom = Date.now();
  const become = (next: ArbiterState): undefined => {
    current = next;
    if (isIdle(next)) restedFrom = Date.now();
  };
  const dueAt = (): number => restedFrom + restOf(current);

  setHandler(arbiterState, () => current);
  setHandler(
    requestSlot,
    (asked) => {
      become(request(current, asked, now()));
      return look(current, asked.id).granted;
    },
    { validator: assertRequest },
  );
  setHandler(releaseSlot, (given) => become(release(current, given, now())));
  setHandler(claimHub, (rolloutId) => become(claim(current, rolloutId)));
  setHandler(unclaimHub, (rolloutId) => become(unclaim(current, rolloutId, now())));

  const rest = async (): Promise<void> => {
    const due = dueAt();
    if (due > Date.now()) await condition(() => dueAt() < due || outgrown(), due - Date.now());
  };

  const check = async (): Promise<void> => {
    const asOf = now();
    try {
      const lost = await findLost({ rolloutIds: toCheck(current) });
      // Only now: requests and releases that came meanwhile are in it.
      become(forget(current, lost, asOf, now()));
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('could not ask which rollouts still run; asking again later', { error });
    }
    restedFrom = Date.now();
  };

  for (;;) {
    await rest();
    if (outgrown()) {
      await condition(allHandlersFinished);
      await makeContinueAsNewFunc<typeof hubArbiter>({ initialVersioningBehavior: 'AUTO_UPGRADE' })({
        hub,
        state: current,
      });
    }
    if (dueAt() > Date.now()) continue;
    if (isIdle(current)) return;
    await check();
  }
}
