import type { HubName } from './ids';
import type { PlanSummary } from './plan';
import type { MigrateAction, RolloutSpec, Target } from './spec';

/** A spec's move, or undefined where its action is another one. */
export const moveOf = ({ action }: Pick<RolloutSpec, 'action'>): MigrateAction | undefined =>
  action.kind === 'migrate' ? action : undefined;

/**
 * Whether a plan asks the target's hubs who is there. For an evacuation it does not, nor where the provisioning service says
 * who is meant.
 */
export const asksHubs = (spec: Pick<RolloutSpec, 'action'> & { readonly target: { readonly kind: string } }): boolean =>
  spec.target.kind !== 'registered' && moveOf(spec)?.evacuate !== true;

/** The hub that all devices go to; none for other actions, and where each goes to the hub it has come from. */
export function destinationOf(spec: Pick<RolloutSpec, 'action'>): HubName | undefined {
  const to = moveOf(spec)?.to;
  return to === 'origin' ? undefined : to;
}

/** Where the watch after the end looks: devices that were moved are on their new hub. */
export function watchedTarget(spec: Pick<RolloutSpec, 'action' | 'target'>): Target {
  const to = destinationOf(spec);
  return to === undefined ? spec.target : { ...spec.target, hubs: [to] };
}

/** Hubs whose devices a rollout changes, as far as its spec says: with a move also where they go. */
export function hubsIn(spec: Pick<RolloutSpec, 'action' | 'target' | 'quarantine'>): HubName[] {
  const also = [destinationOf(spec), spec.quarantine?.hub];
  return [...new Set([...spec.target.hubs, ...also.filter((hub) => hub !== undefined)])];
}

/** The same when it is planned: then it is known where devices come from that a quarantine gives back. */
export const claimedHubs = (
  spec: Pick<RolloutSpec, 'action' | 'target' | 'quarantine'>,
  plan: Pick<PlanSummary, 'move'> | undefined,
): HubName[] => [...new Set([...hubsIn(spec), ...(plan?.move?.to ?? []).map(({ hub }) => hub)])];
