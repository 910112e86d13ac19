import type { DeviceId, HubName } from './ids';

/** A JSON value, as method payloads and twin patches hold it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Which devices: the hubs to look in and either a WHERE expression of the hub's query language, or ids. */
export type Target =
  | { readonly kind: 'query'; readonly hubs: readonly HubName[]; readonly where: string }
  | { readonly kind: 'devices'; readonly hubs: readonly HubName[]; readonly devices: readonly DeviceId[] };

/** Invokes a direct method. A device succeeds when it answers with a status from 200 to 299. */
export interface MethodAction {
  readonly kind: 'method';
  readonly name: string;
  readonly payload: Json;
  readonly responseTimeoutMs: number;
}

/**
 * Merges a patch into the twin. Without `confirmWithinMs` a device succeeds when the hub has merged the patch; with it,
 * when the device has reported each desired value back within that time after its batch.
 */
export interface TwinAction {
  readonly kind: 'twin';
  readonly tags?: JsonObject;
  readonly desired?: JsonObject;
  readonly etag: string;
  readonly confirmWithinMs?: number;
}

export type Action = MethodAction | TwinAction;

/** How large a wave is: a number of devices, a share (0 to 1] of the target set, or all that are left. */
export type WaveSize =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'rest' };

/** What decides after a batch and after a wave; docs/spec.md states both comparisons. */
export interface Gate {
  /** Trips when failed / finished is above it, strictly. 0 to 1. */
  readonly failureLimit: number;
  /** The failure limit is not asked before this many devices have finished. At least 1. */
  readonly minimum: number;
  /** Passes when succeeded / (wave - skipped) is at least this. 0 to 1. */
  readonly successTarget: number;
  /** Rest between a passed wave and the next one. */
  readonly soakMs: number;
}

export interface BatchRule {
  /** Devices in one hub job, at most. */
  readonly size: number;
  /** How long a hub job may run; a device that stays offline is given up then. */
  readonly timeoutMs: number;
}

/** A rollout spec, checked, with all defaults filled in: the only form that workflows and activities see. */
export interface RolloutSpec {
  readonly name: string;
  readonly target: Target;
  readonly action: Action;
  readonly waves: readonly WaveSize[];
  readonly gate: Gate;
  readonly batch: BatchRule;
  /** What a tripped failure limit does. An unmet success target always holds. */
  readonly onBreach: 'hold' | 'abort';
}
