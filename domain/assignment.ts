import type { RolloutId } from './ids';
import type { JsonObject } from './spec';

/**
 * Where a rollout wants one device of an enrollment group to go, while its move is in flight. The worker writes it before it
 * makes the device ask, and removes it when the device has settled; the allocation webhook reads it.
 */
export interface Assignment {
  /** Host name of the hub. */
  readonly hub: string;
  readonly rolloutId: RolloutId;
  /** When it was written (UTC, ISO 8601). */
  readonly at: string;
  /** For the device itself, in the answer to its registration. */
  readonly payload?: JsonObject;
  /**
   * In the place of the enrollment's, while the device is not on `hub` yet. DPS heeds it where the twin starts anew: at a
   * first registration and under the policy of a reset (iot-dps/concepts-custom-allocation.md, "Implementation details").
   */
  readonly initialTwin?: { readonly tags?: JsonObject; readonly properties?: { readonly desired?: JsonObject } };
}

/**
 * Path of a device's assignment in the container of assignments. Registration ids are case-insensitive.
 *
 * @param service name of the provisioning service, or its id scope where only that is known
 */
export const assignmentPath = (service: string, registrationId: string): string =>
  `${service}/${registrationId.toLowerCase()}.json`;
