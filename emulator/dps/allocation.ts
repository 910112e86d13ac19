import { createHash } from 'node:crypto';
import { sameHost, type Enrollment } from './enrollment';
import type { AllocationPolicy, DpsSettings, LinkedHub } from './settings';

/** The part of an enrollment that decides which hubs come into question. */
export type Choice = Pick<Enrollment, 'iotHubs' | 'iotHubHostName' | 'allocationPolicy'>;

/** The policy that counts: the enrollment's own, else the service's. One that names just a hub means that hub. */
export function policyOf(
  { allocationPolicy, iotHubHostName, iotHubs }: Choice,
  settings: DpsSettings,
): AllocationPolicy {
  if (allocationPolicy !== undefined) return allocationPolicy;
  return iotHubHostName !== undefined && iotHubs === undefined ? 'static' : settings.allocationPolicy;
}

/**
 * The linked hubs that a device may get: those that the enrollment names, else all. Hubs that do not take part in
 * allocation are left out unless the policy is told outright (iot-dps/how-to-use-allocation-policies.md).
 */
export function candidatesOf(choice: Choice, settings: DpsSettings): readonly LinkedHub[] {
  const named = choice.iotHubs ?? (choice.iotHubHostName === undefined ? undefined : [choice.iotHubHostName]);
  const listed = settings.linkedHubs.filter(({ hostName }) => named?.some((name) => sameHost(name, hostName)) ?? true);
  const isTold = ['static', 'custom'].includes(policyOf(choice, settings));
  return isTold ? listed : listed.filter(({ applyAllocationPolicy }) => applyAllocationPolicy);
}

/**
 * The hub for a device under a policy that needs no webhook.
 *
 * @param current   the hub that it has: hashing leaves it there as long as it is a candidate
 * @param latencyOf ms to a hub, as `geoLatency` compares them
 * @returns undefined when no hub comes into question
 */
export function chooseHub(
  policy: Exclude<AllocationPolicy, 'custom'>,
  candidates: readonly LinkedHub[],
  {
    registrationId,
    current,
    latencyOf,
  }: {
    readonly registrationId: string;
    readonly current: string | undefined;
    readonly latencyOf: (hostName: string) => number;
  },
): LinkedHub | undefined {
  switch (policy) {
    case 'static':
      return candidates.length === 1 ? candidates[0] : undefined;
    case 'hashed':
      return hashed(candidates, registrationId, current);
    case 'geoLatency': {
      const least = Math.min(...candidates.map(({ hostName }) => latencyOf(hostName)));
      const nearest = candidates.filter(({ hostName }) => latencyOf(hostName) === least);
      return hashed(nearest, registrationId, current);
    }
  }
}

function hashed(
  candidates: readonly LinkedHub[],
  registrationId: string,
  current: string | undefined,
): LinkedHub | undefined {
  const kept = candidates.find(({ hostName }) => current !== undefined && sameHost(hostName, current));
  return kept ?? byWeight(candidates, registrationId);
}

/**
 * Weighted rendezvous hashing: each hub gets its share of devices, and a hub that comes or goes moves only its own.
 * Azure does not publish its hash; only the shares are the same.
 */
function byWeight(candidates: readonly LinkedHub[], registrationId: string): LinkedHub | undefined {
  const scored = candidates.map((hub) => ({ hub, score: scoreOf(hub, registrationId.toLowerCase()) }));
  return scored.sort((a, b) => b.score - a.score)[0]?.hub;
}

function scoreOf({ hostName, allocationWeight }: LinkedHub, registrationId: string): number {
  const digest = createHash('sha256').update(`${hostName.toLowerCase()}\n${registrationId}`).digest();
  const draw = (digest.readUIntBE(0, 6) + 1) / (2 ** 48 + 1); // in (0, 1)
  return -allocationWeight / Math.log(draw);
}
