import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { JsonObject } from '../../domain/spec';
import { type AllocationRequest, sameHost } from './request';

/** Hubs that take devices which have no hub yet, by host name; devices are spread in proportion to the weights. */
export type NewDevices = Readonly<Record<string, number>>;

/** What holds for the devices of one enrollment group, or for all others. */
export interface GroupRules {
  readonly newDevices: NewDevices;
  /** For the device, in the answer to each registration, unless an assignment brings its own. */
  readonly payload?: JsonObject | undefined;
}

/** What the webhook is set to do with devices that no rollout moves. */
export interface AllocationRules {
  readonly default: GroupRules;
  /** By the group's id, in small letters. */
  readonly groups: Readonly<Record<string, GroupRules>>;
}

const jsonObject = z.record(z.string(), z.json()).transform((value) => value as JsonObject);
const groupRules = z.strictObject({
  newDevices: z.record(z.string().min(1), z.number().positive()),
  payload: jsonObject.optional(),
});
const byLowerName = <Value>(groups: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(groups).map(([name, value]) => [name.toLowerCase(), value]));

/** The shape of the setting `ALLOCATION_RULES`. */
export const allocationRules = z.strictObject({
  default: groupRules,
  groups: z.record(z.string(), groupRules).default({}).transform(byLowerName),
});

export const rulesOf = (rules: AllocationRules, group: string | undefined): GroupRules =>
  (group === undefined ? undefined : rules.groups[group.toLowerCase()]) ?? rules.default;

/** In (0, 1), the same for the same text. */
function uniform(text: string): number {
  const bits = createHash('sha256').update(text).digest().readUIntBE(0, 6);
  return (bits + 0.5) / 2 ** 48;
}

/**
 * The hub of a device that has none: by weighted rendezvous hashing, so that the same device gets the same hub whichever
 * instance is asked and however often, and a hub that is added takes devices only for itself.
 *
 * @returns one of the linked hubs, or undefined where none of them takes new devices
 * @see Thaler and Ravishankar, "A Name-Based Mapping Scheme for Rendezvous"; Schindler and Schomaker, for the weights
 */
export function hubForNew(
  newDevices: NewDevices,
  { registrationId, linkedHubs }: Pick<AllocationRequest, 'registrationId' | 'linkedHubs'>,
): string | undefined {
  const candidates = linkedHubs.flatMap((hub) => {
    const weight = Object.entries(newDevices).find(([name]) => sameHost(name, hub))?.[1];
    if (weight === undefined) return [];
    return [{ hub, score: -weight / Math.log(uniform(`${hub.toLowerCase()}\n${registrationId.toLowerCase()}`)) }];
  });
  return candidates.sort((a, b) => b.score - a.score)[0]?.hub;
}
