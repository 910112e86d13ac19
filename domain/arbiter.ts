import type { HubName, RolloutId } from './ids';

/**
 * How clients and the workflow `hubArbiter` speak. The colon keeps its ids apart from rollouts', which are workflow ids, too.
 */
export const ARBITER = {
  workflow: 'hubArbiter',
  workflowIdOf: (hub: HubName): string => `arbiter:${hub}`,
  /** Updates. */
  request: 'requestSlot',
  release: 'releaseSlot',
  claim: 'claimHub',
  unclaim: 'unclaimHub',
  /** Query. */
  state: 'arbiterState',
} as const;

/** What a rollout asks of a hub: job slots. `id` is unique on the hub; asking again with it changes nothing. */
export interface SlotRequest {
  readonly id: string;
  readonly rolloutId: RolloutId;
  /** 1 comes first, 5 last. */
  readonly priority: number;
  /** So many are asked for, and granted together. At least 1; more than the hub has count as all of them. */
  readonly slots: number;
  /** How many jobs the hub runs at once, by its SKU. At least 1. */
  readonly of: number;
  /** Of two attempts under one id, the later one has the greater number: the lease is its own. */
  readonly fence: number;
}

/** Gives a lease back, or withdraws a request; of an attempt before the one that asked last, it does nothing. */
export type SlotRelease = Pick<SlotRequest, 'id' | 'fence'>;

/** A request that waits, or the lease that it has become. */
export interface Slot extends Omit<SlotRequest, 'of'> {
  /** When it was asked for, or, once granted, when that was (UTC, ISO 8601). */
  readonly since: string;
  /** When it was last asked for: a holder that has come back asks again. */
  readonly askedAt: string;
}

/** Who uses a hub's job slots. Small: it grows with requests in flight, never with devices. */
export interface ArbiterState {
  readonly hub: HubName;
  /** How many there are. */
  readonly slots: number;
  readonly held: readonly Slot[];
  /** In the order in which they came. */
  readonly waiting: readonly Slot[];
  /** Rollouts that were granted a slot lately, the last one last. */
  readonly recent: readonly RolloutId[];
  /** Rollouts that say they change the hub's devices. */
  readonly claims: readonly RolloutId[];
}

/** So many rollouts are remembered for whose turn it is. */
const REMEMBERED = 100;

export const freshArbiter = (hub: HubName): ArbiterState => ({
  hub,
  slots: 1,
  held: [],
  waiting: [],
  recent: [],
  claims: [],
});

const sumOf = (slots: readonly Slot[]): number => slots.reduce((sum, slot) => sum + slot.slots, 0);

const heldBy = ({ held }: ArbiterState, rolloutId: RolloutId): number =>
  sumOf(held.filter((slot) => slot.rolloutId === rolloutId));

/** Slots that nobody has. */
export const freeSlots = ({ held, slots }: ArbiterState): number => Math.max(0, slots - sumOf(held));

/**
 * The requests in the order in which they will be granted: by priority; then the rollout that holds fewest slots; then
 * the one whose last grant is longest ago; then who came first.
 */
export const inOrder = (state: ArbiterState): Slot[] =>
  state.waiting.toSorted(
    (left, right) =>
      left.priority - right.priority ||
      heldBy(state, left.rolloutId) - heldBy(state, right.rolloutId) ||
      state.recent.indexOf(left.rolloutId) - state.recent.indexOf(right.rolloutId),
  );

function grantOne(state: ArbiterState, slot: Slot, now: string): ArbiterState {
  const recent = [...state.recent.filter((id) => id !== slot.rolloutId), slot.rolloutId].slice(-REMEMBERED);
  const waiting = state.waiting.filter(({ id }) => id !== slot.id);
  return { ...state, held: [...state.held, { ...slot, since: now }], waiting, recent };
}

/** What a request counts as on a hub of so many slots. */
const fitted = (slot: Slot, slots: number): Slot => ({ ...slot, slots: Math.min(slot.slots, slots) });

/** Grants what is free. Nobody overtakes: who asks for many would else wait for ever. */
function grant(state: ArbiterState, now: string): ArbiterState {
  const [first] = inOrder(state);
  const next = first && fitted(first, state.slots);
  return next === undefined || next.slots > freeSlots(state) ? state : grant(grantOne(state, next, now), now);
}

const touched = (slots: readonly Slot[], { id, fence }: SlotRelease, askedAt: string): Slot[] =>
  slots.map((slot) => (slot.id === id ? { ...slot, askedAt, fence: Math.max(fence, slot.fence) } : slot));

/** Takes up a request, and grants it if there are slots. The same id again keeps its place, or its lease. */
export function request(state: ArbiterState, { of, ...asked }: SlotRequest, now: string): ArbiterState {
  const known = [...state.held, ...state.waiting].some(({ id }) => id === asked.id);
  const next = { ...state, slots: of };
  if (!known) return grant({ ...next, waiting: [...state.waiting, { ...asked, since: now, askedAt: now }] }, now);
  return grant({ ...next, held: touched(next.held, asked, now), waiting: touched(next.waiting, asked, now) }, now);
}

/** Frees a lease, or withdraws a request; an id that is neither is no error. */
export const release = (state: ArbiterState, { id, fence }: SlotRelease, now: string): ArbiterState =>
  without(state, (slot) => slot.id === id && slot.fence <= fence, now);

const without = (state: ArbiterState, gone: (slot: Slot) => boolean, now: string): ArbiterState =>
  grant(
    {
      ...state,
      held: state.held.filter((slot) => !gone(slot)),
      waiting: state.waiting.filter((slot) => !gone(slot)),
    },
    now,
  );

export const claim = (state: ArbiterState, rolloutId: RolloutId): ArbiterState =>
  state.claims.includes(rolloutId) ? state : { ...state, claims: [...state.claims, rolloutId] };

/** The rollout no longer changes the hub's devices, so it needs no slot of it either. */
export const unclaim = (state: ArbiterState, rolloutId: RolloutId, now: string): ArbiterState =>
  without(
    { ...state, claims: state.claims.filter((id) => id !== rolloutId) },
    (slot) => slot.rolloutId === rolloutId,
    now,
  );

/** What was found out about rollouts: `ended` ones are gone; `idle` ones run, but nothing of them is in flight. */
export interface Lost {
  readonly ended: readonly RolloutId[];
  readonly idle: readonly RolloutId[];
}

/**
 * Frees what lost holders have left behind.
 *
 * @param asOf when the question was put: who has asked for a slot since then has come back, and keeps it
 */
export function forget(state: ArbiterState, { ended, idle }: Lost, asOf: string, now: string): ArbiterState {
  const lost = new Set([...ended, ...idle]);
  const claims = state.claims.filter((id) => !ended.includes(id));
  return without({ ...state, claims }, ({ rolloutId, askedAt }) => lost.has(rolloutId) && askedAt < asOf, now);
}

/** How a request stands. */
export interface SlotLook {
  /** False when the arbiter knows nothing of the id. */
  readonly known: boolean;
  readonly granted: boolean;
  /** The holder should give the slot back: another rollout waits that would get it. */
  readonly contended: boolean;
}

/**
 * Looks at one request. A lease is contended when a rollout of higher priority waits, or one of the same priority that
 * holds fewer slots: with as many, giving back would only swap the two.
 */
export function look(state: ArbiterState, id: string): SlotLook {
  const lease = state.held.find((slot) => slot.id === id);
  if (lease === undefined) {
    return { known: state.waiting.some((slot) => slot.id === id), granted: false, contended: false };
  }
  const contended = state.waiting.some(
    ({ rolloutId, priority }) =>
      rolloutId !== lease.rolloutId &&
      (priority < lease.priority ||
        (priority === lease.priority && heldBy(state, rolloutId) < heldBy(state, lease.rolloutId))),
  );
  return { known: true, granted: true, contended };
}

export const isIdle = ({ held, waiting, claims }: ArbiterState): boolean =>
  held.length + waiting.length + claims.length === 0;
