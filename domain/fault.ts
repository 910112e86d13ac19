import type { GateVerdict } from './gate';
import type { HubName } from './ids';
import type { ShareFault } from './share';
import type { Tally } from './tally';

const WAYS_OUT = 'rollback or abort end it';

/** What a person can do about a fault, in words. */
const remedyOf = ({ jobIds }: Pick<ShareFault, 'jobIds'>): string =>
  jobIds.length > 0
    ? `proceed begins the batch again as a new job, for the devices that the hub has no answer of; ${WAYS_OUT}`
    : `once it is mended proceed tries again; ${WAYS_OUT}`;

/** One share's fault, with where it is. */
export interface LocatedFault {
  readonly hub: HubName;
  readonly fault: ShareFault;
}

/**
 * The hold of shares that cannot go on: why, in the words of whoever refused, and what a person can do.
 *
 * @param faults at least one
 * @param tally  of the wave that the first of them is in
 */
export function faultVerdict(faults: readonly LocatedFault[], tally: Tally): GateVerdict {
  const named = faults.map(({ hub, fault }) => `on ${hub}: ${fault.message}`).join('; ');
  const jobIds = faults.flatMap(({ fault }) => fault.jobIds);
  return { kind: 'hold', gate: 'fault', reason: `${named}; ${remedyOf({ jobIds })}`, tally };
}

/** The hold where something between two waves cannot be done. @param what in the infinitive: "look for late joiners" */
export const stepVerdict = (what: string, why: string, tally: Tally): GateVerdict => ({
  kind: 'hold',
  gate: 'fault',
  reason: `cannot ${what}: ${why}; ${remedyOf({ jobIds: [] })}`,
  tally,
});
