import { Client, QueryRejectedError, WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client';
import { activityInfo, getClient, log } from '@temporalio/activity';
import { setTimeout as sleep } from 'node:timers/promises';
import { ARBITER, type ArbiterState, look, type Lost, type SlotRelease, type SlotRequest } from '../domain/arbiter';
import type { HubName, RolloutId } from '../domain/ids';
import type { ClaimActivities } from './contracts';
import type { Claims, SlotClaim, Slots } from './ports';
import { sharedAnswers } from './shared-answers';

/** One call, which waits for the workflow's answer. */
const CALL_TIMEOUT_MS = 20_000;
/** An arbiter that ends or continues as new just now refuses; the next call finds the new one. */
const TRIES = 4;
const REST_MS = 250;

async function trying<Result>(call: () => Promise<Result>, left = TRIES): Promise<Result> {
  try {
    return await getClient().withDeadline(Date.now() + CALL_TIMEOUT_MS, call);
  } catch (error) {
    if (left <= 1) throw error;
    log.debug('the arbiter did not answer; asking again', { error });
    await sleep(REST_MS);
    return trying(call, left - 1);
  }
}

type Argument = SlotRequest | SlotRelease | RolloutId;

/** An attempt that has lost its heartbeats may still run beside its successor, and must not give the slots of that away. */
const fence = (): number => activityInfo().currentAttemptScheduledTimestampMs;

/** Starts the hub's arbiter unless it runs, and gives it an update. */
const update = <Result>(hub: HubName, name: string, argument: Argument): Promise<Result> =>
  trying(async () => {
    const startWorkflowOperation = new WithStartWorkflowOperation(ARBITER.workflow, {
      workflowId: ARBITER.workflowIdOf(hub),
      taskQueue: activityInfo().taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `job slots of hub ${hub}`,
      args: [{ hub }],
    });
    const args = [argument] as [Argument];
    return await getClient().workflow.executeUpdateWithStart(name, { args, startWorkflowOperation });
  });

/** A closed workflow would answer, too, with what it knew last. */
const openOnly = ({ connection, options: { namespace, dataConverter } }: Client): Client =>
  new Client({ connection, namespace, dataConverter, workflow: { queryRejectCondition: 'NOT_OPEN' } });

/** @returns how the arbiter stands, or undefined when there is none: then nobody holds a slot */
async function arbiterStateOf(client: Client, hub: HubName): Promise<ArbiterState | undefined> {
  try {
    const handle = openOnly(client).workflow.getHandle(ARBITER.workflowIdOf(hub));
    return await handle.query<ArbiterState>(ARBITER.state);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof QueryRejectedError) return undefined;
    throw error;
  }
}

/** Hundreds of shares may wait in one worker, each looking every second: those of one hub share an answer for so long. */
const SHARED_MS = 500;

/** Job slots by the hubs' arbiters. Waiting is by query, which leaves nothing in a history. */
export function createSlots(): Slots {
  const states = sharedAnswers(SHARED_MS, (hub: HubName) => trying(() => arbiterStateOf(getClient(), hub)));
  /** What this worker has asked for: an arbiter that knows nothing of it, because somebody ended it, is asked again. */
  const asked = new Map<string, SlotClaim>();
  const keyOf = (hub: HubName, id: string): string => `${hub} ${id}`;
  const slots: Slots = {
    async request(hub, claim) {
      asked.set(keyOf(hub, claim.id), claim);
      const granted = await update<boolean>(hub, ARBITER.request, { ...claim, fence: fence() });
      states.forget(hub);
      return granted;
    },
    async look(hub, id) {
      const state = await states.of(hub);
      const { known, granted, contended } = state
        ? look(state, id)
        : { known: false, granted: false, contended: false };
      const claim = asked.get(keyOf(hub, id));
      if (known || claim === undefined) return { granted, contended };
      return { granted: await slots.request(hub, claim), contended: false };
    },
    async release(hub, id) {
      asked.delete(keyOf(hub, id));
      await update(hub, ARBITER.release, { id, fence: fence() });
      states.forget(hub);
    },
  };
  return slots;
}

/** A rollout's execution as it stands; the newest run counts. */
async function standingOf(rolloutId: RolloutId): Promise<'ended' | 'idle' | 'active'> {
  try {
    const { status, raw } = await getClient().workflow.getHandle(rolloutId).describe();
    if (status.name !== 'RUNNING') return 'ended';
    return (raw.pendingActivities?.length ?? 0) > 0 ? 'active' : 'idle';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'ended';
    throw error;
  }
}

const standingsOf = (rolloutIds: readonly RolloutId[]) =>
  Promise.all(rolloutIds.map(async (rolloutId) => ({ rolloutId, standing: await standingOf(rolloutId) })));

export function createClaims(): Claims {
  return {
    async rolloutsOn(hub) {
      const state = await trying(() => arbiterStateOf(getClient(), hub));
      const standings = await standingsOf(state?.claims ?? []);
      return standings.filter(({ standing }) => standing !== 'ended').map(({ rolloutId }) => rolloutId);
    },
  };
}

/** What the arbiter itself asks. */
export interface ArbiterActivities {
  /** Says which of these rollouts have ended, and which run with no activity in flight. */
  findLost(input: { readonly rolloutIds: readonly RolloutId[] }): Promise<Lost>;
}

export function createArbiterActivities(): ClaimActivities & ArbiterActivities {
  const onAll = async (hubs: readonly HubName[], name: string, rolloutId: RolloutId): Promise<void> => {
    await Promise.all(hubs.map((hub) => update(hub, name, rolloutId)));
  };
  return {
    claimHubs: ({ rolloutId, hubs }) => onAll(hubs, ARBITER.claim, rolloutId),
    releaseHubs: ({ rolloutId, hubs }) => onAll(hubs, ARBITER.unclaim, rolloutId),
    async findLost({ rolloutIds }) {
      const standings = await standingsOf(rolloutIds);
      const those = (wanted: string) =>
        standings.filter(({ standing }) => standing === wanted).map(({ rolloutId }) => rolloutId);
      return { ended: those('ended'), idle: those('idle') };
    },
  };
}
