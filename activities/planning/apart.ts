import { type FaultDetails, faultCodeOf, GroundswellError } from '../../domain/errors';
import { FULL_SKUS, isFull } from '../../domain/limits';
import { sameHost } from '../../domain/move-plan';
import { destinationOf } from '../../domain/move-scope';
import type { RolloutSpec } from '../../domain/spec';
import { type MoveParts, movePartsOf } from './moves';

const FIELD = { field: 'quarantine.hub' };

/** What the stack does not have is told with the field that wants it. */
function forField<Result>(ask: () => Result): Result {
  try {
    return ask();
  } catch (error) {
    const code = faultCodeOf(error);
    if (code === undefined) throw error;
    throw new GroundswellError(code, { ...FIELD, ...(error as { details?: FaultDetails }).details }, { cause: error });
  }
}

/**
 * Looks at the hub that failing devices are to be moved to, before anything is begun: a rollout that finds out when a first
 * device has failed stands still in the middle.
 *
 * @throws GS_HUB_UNKNOWN, GS_DPS_UNKNOWN and GS_MOVE_REFUSED, naming the field, its value and what is allowed
 */
export function assertQuarantine(
  { quarantine, target, action }: Pick<RolloutSpec, 'quarantine' | 'target' | 'action'>,
  parts: Pick<MoveParts, 'hubs'> & Partial<MoveParts>,
): void {
  const to = quarantine?.hub;
  if (to === undefined) return;
  const { sku } = forField(() => parts.hubs.get(to));
  const { provisionings, identities } = forField(() => movePartsOf(parts));
  const { name: service, linkedHubs } = forField(() => provisionings.get());
  const { hostName } = identities.get(to);
  const reasons = [
    ...(target.hubs.includes(to)
      ? [`hub ${to} is among target.hubs (${target.hubs.join(', ')}): allowed is one that devices are not on already`]
      : []),
    ...(destinationOf({ action }) === to
      ? [`hub ${to} is where the move goes (action.migrate.to): allowed is another one`]
      : []),
    ...(isFull(sku) ? [] : [`hub ${to} is of tier ${sku.name}: allowed are ${FULL_SKUS.join(', ')}`]),
    ...(linkedHubs === undefined || linkedHubs.some((linked) => sameHost(linked, hostName))
      ? []
      : [
          `hub ${to} (${hostName}) is not linked to the provisioning service ${service}: allowed are ${linkedHubs.join(', ')}`,
        ]),
  ];
  if (reasons.length > 0) throw new GroundswellError('GS_MOVE_REFUSED', { ...FIELD, to, reasons });
}
