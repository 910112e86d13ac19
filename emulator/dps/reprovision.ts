import { sameHost, type ReprovisionPolicy } from './enrollment';
import type { Registration, Substatus } from './registration';

/** From this version of the device protocol on, reprovisioning is known (iot-dps/concepts-device-reprovision.md). */
const FIRST_REPROVISIONING_VERSION = '2018-04-02';

/** What is to be done to bring a device where its enrollment wants it. */
export type Step =
  /** It has no hub yet: made there with the initial twin. */
  | { readonly kind: 'create'; readonly substatus: Substatus }
  /** It stays in its hub with its data; its credential is brought up to date. */
  | { readonly kind: 'keep'; readonly substatus: Substatus }
  /** It stays in its hub and its twin starts anew. */
  | { readonly kind: 'reset'; readonly substatus: Substatus }
  /** It goes to another hub, with its data or with the initial twin; its old identity ends. */
  | { readonly kind: 'move'; readonly migrates: boolean; readonly substatus: Substatus };

const DEFAULT: ReprovisionPolicy = { updateHubAssignment: true, migrateDeviceData: true };
const NEVER: ReprovisionPolicy = { updateHubAssignment: false, migrateDeviceData: true };

/** The policy that counts for a device: its enrollment's, else what its protocol version was used to. */
export const effectivePolicy = (policy: ReprovisionPolicy | undefined, apiVersion: string): ReprovisionPolicy =>
  policy ?? (apiVersion < FIRST_REPROVISIONING_VERSION ? NEVER : DEFAULT);

/**
 * Decides on a registration.
 *
 * @param before what is known of the device
 * @param chosen the hub that its enrollment wants; without effect where the policy is never to reprovision
 */
export function stepFor(
  before: Pick<Registration, 'assignment' | 'substatus'> | undefined,
  chosen: string,
  policy: ReprovisionPolicy,
): Step {
  const { assignment, substatus = 'initialAssignment' } = before ?? {};
  if (assignment === undefined) return { kind: 'create', substatus: 'initialAssignment' };
  if (!policy.updateHubAssignment) return { kind: 'keep', substatus };
  if (!sameHost(assignment.hub, chosen)) {
    const migrates = policy.migrateDeviceData;
    return { kind: 'move', migrates, substatus: migrates ? 'deviceDataMigrated' : 'deviceDataReset' };
  }
  if (policy.migrateDeviceData) return { kind: 'keep', substatus };
  return { kind: 'reset', substatus: 'reprovisionedToInitialAssignment' };
}
