declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** A device's id on its hub: 1 to 128 ASCII characters, case-sensitive. */
export type DeviceId = Brand<'DeviceId'>;
/** A hub's logical name: the key under `hubs` in the stack's outputs, not its host name. */
export type HubName = Brand<'HubName'>;
/** A rollout's id, which is also its Temporal workflow id and so its idempotency key. */
export type RolloutId = Brand<'RolloutId'>;
/** A hub job's id, unique on its hub. */
export type JobId = Brand<'JobId'>;

export const deviceIdOf = (text: string): DeviceId => text as DeviceId;
export const hubNameOf = (text: string): HubName => text as HubName;

/** Ids that the identity registry takes. Source: IoT Hub developer guide, identity registry, "Device identity properties". */
export const DEVICE_ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;
/** The same in words. */
export const DEVICE_ID_RULE = "1 to 128 of A-Z a-z 0-9 - : . + % _ # * ? ! ( ) , = @ ; $ '";

/** Lower-case letters, digits and single dashes, 1 to 60 characters: safe in workflow ids, blob paths and job ids alike. */
export const ROLLOUT_ID = /^(?=.{1,60}$)[a-z0-9]+(-[a-z0-9]+)*$/;

/** @returns the id, or undefined when it does not match ROLLOUT_ID */
export const rolloutIdOf = (text: string): RolloutId | undefined =>
  ROLLOUT_ID.test(text) ? (text as RolloutId) : undefined;

/**
 * The rollout id of a workflow that was started without one. A schedule's workflow id ends in a time, whose capitals and
 * colons a rollout id must not have.
 *
 * @example rolloutIdOfWorkflow('nightly-2026-11-21T02:00:00Z') // => 'nightly-2026-11-21t020000z'
 */
export const rolloutIdOfWorkflow = (workflowId: string): RolloutId | undefined =>
  rolloutIdOf(workflowId.toLowerCase().replaceAll(':', ''));
