import { type Command, commandsIn, effectOf, type RolloutStatus } from './machine';
import type { ChangeOrder, Order, RolloutState, Settings } from './progress';
import type { RolloutSpec } from './spec';

/** What a change may hold, field by field. */
interface Rule {
  readonly allowed: string;
  readonly holds: (value: unknown) => boolean;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const SHARE: Rule = { allowed: '0 to 1', holds: (value) => isNumber(value) && value >= 0 && value <= 1 };
const wholeFrom = (least: number): Rule => ({
  allowed: `a whole number from ${least}`,
  holds: (value) => Number.isSafeInteger(value) && Number(value) >= least,
});

const LIMITED = ['failed', 'timedOut', 'offline'];
const LIMITS: Rule = {
  allowed: `an object of ${LIMITED.join(', ')}, each 0 to 1`,
  holds: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([kind, limit]) => LIMITED.includes(kind) && SHARE.holds(limit)),
};

/** Most batches at once on a hub: what the largest SKU runs. Source: IoT Hub quotas, "concurrent jobs": S3 10. */
const MOST_PARALLEL = 10;
const PARALLEL: Rule = {
  allowed: `1 to ${MOST_PARALLEL}`,
  holds: (value) => wholeFrom(1).holds(value) && Number(value) <= MOST_PARALLEL,
};

const RULES: Readonly<Record<keyof Settings, Rule>> = {
  failureLimit: SHARE,
  limits: LIMITS,
  minimum: wholeFrom(1),
  successTarget: SHARE,
  soakMs: wholeFrom(0),
  parallel: PARALLEL,
  devicesPerMinute: wholeFrom(1),
};

/** What of a rollout decides whether an order is taken up. */
export interface Steered {
  readonly state: Pick<RolloutState, 'status' | 'startedBy' | 'decisionCount'>;
  readonly spec: Pick<RolloutSpec, 'approvals' | 'rollback' | 'action'>;
}

function badChange({ settings }: Partial<ChangeOrder>): string | undefined {
  const entries = Object.entries<unknown>(settings ?? {}).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return `a change names at least one of ${Object.keys(RULES).join(', ')}`;
  for (const [field, value] of entries) {
    const rule = (RULES as Readonly<Record<string, Rule>>)[field];
    if (rule === undefined)
      return `settings.${field}: cannot be changed; what can be: ${Object.keys(RULES).join(', ')}`;
    if (!rule.holds(value)) return `settings.${field}: got ${JSON.stringify(value)}; allowed: ${rule.allowed}`;
  }
  return undefined;
}

function badApprover({ actor }: Order, { state, spec }: Steered): string | undefined {
  const { by = [], requesterMay = false } = spec.approvals ?? {};
  if (!requesterMay && actor === state.startedBy.actor) return `${actor} started the rollout and may not approve it`;
  return by.length > 0 && !by.includes(actor) ? `${actor} may not approve it; who may: ${by.join(', ')}` : undefined;
}

/** Denying is the safe way: whoever may approve may deny, and so may who started it. */
function badDenier({ actor }: Order, { state, spec }: Steered): string | undefined {
  const { by = [] } = spec.approvals ?? {};
  return by.length === 0 || by.includes(actor) || actor === state.startedBy.actor
    ? undefined
    : `${actor} may not deny it; who may: ${by.join(', ')}`;
}

function badRollback({ action, rollback }: Steered['spec']): string | undefined {
  return action.kind === 'method' && rollback?.action === undefined
    ? 'a method cannot be undone without rollback.action, which the spec does not have'
    : undefined;
}

function badState(command: Command, status: RolloutStatus): string | undefined {
  if (effectOf(command, status) !== 'refused') return undefined;
  const possible = commandsIn(status);
  return `${command} is not possible while it is ${status}; possible now: ${possible.length === 0 ? 'nothing' : possible.join(', ')}`;
}

/** What lets devices be touched is good for what its giver has seen, and for no later hold or wave. */
function staleOf({ seen }: Partial<Order>, { state }: Steered): string | undefined {
  if (seen === undefined || seen === state.decisionCount) return undefined;
  return `it was meant for an earlier moment: ${seen} decisions were seen, and there are ${state.decisionCount}; look again`;
}

/**
 * Says why an order is not taken up: the state does not allow it, the person may not, or a value is wrong.
 *
 * @returns the reason for people, or undefined when the order is good
 */
export function refusalOf(command: Command, order: Partial<ChangeOrder>, steered: Steered): string | undefined {
  const { actor, reason } = order;
  if (!actor || !reason) return 'an order needs an actor and a reason';
  const state = badState(command, steered.state.status);
  if (state !== undefined) return state;
  switch (command) {
    case 'approve':
      return staleOf(order, steered) ?? badApprover({ actor, reason }, steered);
    case 'deny':
      return badDenier({ actor, reason }, steered);
    case 'rollback':
      return badRollback(steered.spec);
    case 'change':
      return badChange(order);
    case 'proceed':
      return staleOf(order, steered);
    case 'pause':
    case 'resume':
    case 'hold':
    case 'abort':
      return undefined;
  }
}
