import type { HubJob, JobRow } from '../domain/outcome';
import type { DeviceId, HubName, JobId, RolloutId } from '../domain/ids';
import type { HubSku } from '../domain/limits';
import type { Action, Json, JsonObject } from '../domain/spec';

/** A device as a membership query finds it. */
export interface FoundDevice {
  readonly deviceId: DeviceId;
  readonly connected: boolean;
  /** Those parts of its twin that were asked for. */
  readonly tags?: JsonObject;
  readonly desired?: JsonObject;
}

/** Parts of the twin that a membership query is to give with each device. */
export type TwinPart = 'tags' | 'desired';

/**
 * One IoT hub, as the activities see it.
 *
 * Every method may throw GS_HUB_UNAUTHORIZED, GS_HUB_THROTTLED, GS_HUB_UNAVAILABLE or GS_HUB_REFUSED.
 */
export interface Hub {
  readonly sku: HubSku;
  /**
   * Devices for which a condition holds, page by page.
   *
   * @param where a WHERE expression, or `*` for all
   * @param parts of each twin, to come with the device; none unless asked for
   * @throws GS_QUERY_INVALID when the hub does not accept the expression
   */
  devices(where: string, parts?: readonly TwinPart[]): AsyncIterable<readonly FoundDevice[]>;
  /** Counts devices for which a condition holds, in one query. @throws GS_QUERY_INVALID */
  count(where: string): Promise<number>;
  /** @returns the job, or undefined when the hub knows none of that id */
  findJob(jobId: JobId): Promise<HubJob | undefined>;
  /**
   * Submits a job that starts at once.
   *
   * @returns `busy` when the hub already runs as many jobs as its SKU allows; nothing was submitted then
   */
  scheduleJob(job: JobRequest): Promise<'scheduled' | 'exists' | 'busy'>;
  /** Cancels what has not started of a job; one that already runs, has ended or is not there stays as it is. */
  cancelJob(jobId: JobId): Promise<void>;
  /** A job's rows, page by page. */
  jobRows(jobId: JobId): AsyncIterable<readonly JobRow[]>;
  /**
   * Waits for a place in what the hub allows of such calls; all users of this hub in the worker share it. Who makes such
   * calls takes his places first, so that he can still change his mind after a wait.
   */
  turn(quota: Quota, places?: number): Promise<void>;
  /** Asks a device once. @returns its answer, or why there is none */
  invokeMethod(deviceId: DeviceId, call: MethodCall): Promise<MethodAnswer>;
  /** Reads a twin itself, not the index that queries read, which lags. @returns undefined when the hub has no such device */
  twin(deviceId: DeviceId): Promise<DeviceTwin | undefined>;
  /** @param etag of the twin that is to be changed, or `*` for whichever it is */
  updateTwin(deviceId: DeviceId, patch: TwinPatch, etag: string): Promise<TwinAnswer>;
}

/** Calls that a hub counts each for itself. */
export type Quota = 'methods' | 'twinUpdates' | 'twinReads' | 'queries';

export type MethodAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly payload: Json }
  /** `gone`: the hub has no such device. `failed`: the hub refused this call, whatever the device. */
  | { readonly kind: 'offline' | 'timedOut' | 'gone' | 'failed'; readonly detail: string };

export type TwinAnswer =
  | { readonly kind: 'merged'; readonly desiredVersion: number }
  /** `changed`: the twin has another etag by now. */
  | { readonly kind: 'gone' | 'changed' | 'failed'; readonly detail: string };

export interface JobRequest {
  readonly jobId: JobId;
  readonly action: Action;
  readonly deviceIds: readonly DeviceId[];
  readonly timeoutMs: number;
}

/** A direct method call. */
export interface MethodCall {
  readonly name: string;
  readonly payload: Json;
  readonly responseTimeoutMs: number;
}

/** A twin as its hub holds it now, without metadata. */
export interface DeviceTwin {
  /** Changes with every change of tags and desired properties. */
  readonly etag: string;
  readonly connected: boolean;
  readonly tags: JsonObject;
  readonly desired: JsonObject;
  /** Counts up with every change of the desired properties. */
  readonly desiredVersion: number;
  readonly reported: JsonObject;
}

/** A merge patch of a twin; null takes a value out. */
export interface TwinPatch {
  readonly tags?: JsonObject;
  readonly desired?: JsonObject;
}

/** Who asks for a hub's job slots. */
export interface SlotClaim {
  /** Unique on the hub. */
  readonly id: string;
  readonly rolloutId: RolloutId;
  /** 1 comes first, 5 last. */
  readonly priority: number;
  /** So many are asked for, and granted together; from 1 to `of`. */
  readonly slots: number;
  /** So many jobs the hub runs at once, by its SKU (`jobSlots` of domain/limits.ts). */
  readonly of: number;
}

/**
 * The job slots of hubs, shared by all rollouts. A lease ends with its holder: a rollout that has ended, or has no activity
 * in flight, loses it. So each attempt of an activity asks before it relies on a slot.
 *
 * Every method may throw; trying again helps.
 */
export interface Slots {
  /** Asks for job slots of a hub; asking again with the same id changes nothing. @returns whether they are granted now */
  request(hub: HubName, claim: SlotClaim): Promise<boolean>;
  /** `contended`: another rollout of at least this priority waits, so the holder gives the slots back between two batches. */
  look(hub: HubName, id: string): Promise<{ readonly granted: boolean; readonly contended: boolean }>;
  /** Gives the slots back, or withdraws the request. */
  release(hub: HubName, id: string): Promise<void>;
}

/** Which rollouts say that they change a hub's devices, and still run. */
export interface Claims {
  rolloutsOn(hub: HubName): Promise<readonly RolloutId[]>;
}

/** The stack's hubs. */
export interface Hubs {
  /** @throws GS_HUB_UNKNOWN naming the hubs that there are */
  get(name: HubName): Hub;
}

/**
 * Device-level facts, by path. Records are written once: writing the same again is no error, so that an activity may
 * repeat itself; writing something else is.
 *
 * Every method may throw GS_LEDGER_UNAVAILABLE.
 */
export interface Ledger {
  /** @throws GS_LEDGER_CONFLICT when another record lies there */
  put(path: string, record: object): Promise<void>;
  /** @returns the record as JSON, or undefined when there is none */
  get(path: string): Promise<unknown>;
  /** @returns the record as it lies there, or undefined when there is none */
  text(path: string): Promise<string | undefined>;
  /** Paths of all records below a folder, sorted, as they come. @param folder without a slash at its end */
  list(folder: string): AsyncIterable<string>;
  /** Names of the folders right below a folder, sorted, without reading what is in them. */
  folders(folder: string): AsyncIterable<string>;
}
