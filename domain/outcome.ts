import type { DeviceId } from './ids';
import type { Json, JsonObject } from './spec';
import type { DeviceOutcome } from './tally';

/** A hub job as its hub tells it; `waiting` is everything before the first device is touched. */
export interface HubJob {
  readonly status: 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled';
  /** Devices whose row has ended, one way or the other. */
  readonly answered: number;
  /** Why it failed, in the hub's words. */
  readonly reason?: string;
  /** When it ended (UTC, ISO 8601). */
  readonly endedAt?: string;
}

/** One device's row of a hub job. Source: IoT Hub query language, `devices.jobs`. */
export interface JobRow {
  readonly deviceId: DeviceId;
  readonly status: 'pending' | 'scheduled' | 'running' | 'completed' | 'failed' | 'canceled';
  /** What the device answered, for a method. */
  readonly response?: { readonly status: number; readonly payload: Json };
  readonly error?: { readonly code: string; readonly description: string };
}

const MAX_DETAIL = 500;
const cut = (text: string): string => (text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL - 1)}…` : text);

// The device did not come online within the job's window, or went offline before it could be asked.
const OFFLINE = new Set(['JobRunPreconditionFailed', 'DeviceNotOnline']);
// The device was asked and gave no answer in time.
const TIMED_OUT = new Set(['GatewayTimeout', 'DeviceMethodTimedOut', 'Timeout']);
// The device was deleted after the plan was made.
const GONE = new Set(['DeviceNotFound']);

const CANCELLED = 'the job was cancelled before this device was touched';
const DELETED = 'the hub has no row for this device: it was deleted after the plan was made';

function outcomeOfFailure(deviceId: DeviceId, error: JobRow['error']): DeviceOutcome {
  const { code, description } = error ?? { code: 'unknown', description: 'the hub gave no reason' };
  const detail = cut(`${code}: ${description}`);
  if (OFFLINE.has(code)) return { deviceId, kind: 'offline', detail };
  if (TIMED_OUT.has(code)) return { deviceId, kind: 'timedOut', detail };
  return { deviceId, kind: GONE.has(code) ? 'skipped' : 'failed', detail };
}

function outcomeOfAnswer(deviceId: DeviceId, { status, payload }: NonNullable<JobRow['response']>): DeviceOutcome {
  const kind = status >= 200 && status <= 299 ? 'succeeded' : 'failed';
  return { deviceId, kind, status, ...(kind === 'failed' && { detail: cut(JSON.stringify(payload)) }) };
}

/**
 * Reads a device's outcome from its row of a job that has ended. A row that reads `completed` only says that the device
 * answered; for a method the device's own status decides.
 */
export function outcomeOfRow({ deviceId, status, response, error }: JobRow): DeviceOutcome {
  switch (status) {
    case 'completed':
      return response === undefined ? { deviceId, kind: 'succeeded' } : outcomeOfAnswer(deviceId, response);
    case 'failed':
      return outcomeOfFailure(deviceId, error);
    case 'canceled':
      return { deviceId, kind: 'skipped', detail: CANCELLED };
    case 'pending':
    case 'scheduled':
    case 'running':
      return { deviceId, kind: 'timedOut', detail: `the job ended while this device was ${status}` };
  }
}

/**
 * Outcomes of a whole batch whose job has ended. A device without a row was never touched: the job was cancelled before it
 * began, or the device was deleted after the plan was made.
 *
 * @returns one outcome a device, in the batch's order
 */
export function outcomesOf(
  deviceIds: readonly DeviceId[],
  rows: Iterable<JobRow>,
  jobStatus: HubJob['status'] = 'completed',
): DeviceOutcome[] {
  const byDevice = new Map([...rows].map((row) => [row.deviceId, row]));
  const missing = jobStatus === 'cancelled' ? CANCELLED : DELETED;
  return deviceIds.map((deviceId) => {
    const row = byDevice.get(deviceId);
    return row === undefined ? { deviceId, kind: 'skipped', detail: missing } : outcomeOfRow(row);
  });
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item: Json, index) => sameJson(item, right[index] as Json));
  }
  if (isObject(left) && isObject(right)) {
    const keys = Object.keys(left);
    return keys.length === Object.keys(right).length && keys.every((key) => sameJson(left[key], right[key]));
  }
  return left === right;
}

/**
 * Whether a device reports what a patch desired: each value equal at its own path, each null absent. What else it
 * reports does not matter.
 *
 * @example isReported({ floor: 3 }, { floor: 3, uptime: 7 }) // => true
 */
export const isReported = (desired: JsonObject, reported: JsonObject): boolean =>
  Object.entries(desired).every(([key, value]) => {
    const actual = reported[key];
    if (value === null) return actual === undefined;
    return isObject(value) ? isObject(actual) && isReported(value, actual) : sameJson(value, actual);
  });

/** A device's twin, as far as confirming needs it. */
export interface TwinReport {
  readonly connected: boolean;
  readonly reported: JsonObject;
}

/**
 * Settles the outcomes of a twin update by what the devices report, once they have had their time.
 *
 * @param twins of the devices that the hub still knows
 */
export const confirmOutcomes = (
  outcomes: readonly DeviceOutcome[],
  desired: JsonObject,
  twins: ReadonlyMap<DeviceId, TwinReport>,
): DeviceOutcome[] =>
  outcomes.map((outcome) => {
    if (outcome.kind !== 'succeeded') return outcome;
    const { deviceId } = outcome;
    const twin = twins.get(deviceId);
    if (twin === undefined)
      return { deviceId, kind: 'skipped', detail: 'the device was deleted before it could confirm' };
    if (isReported(desired, twin.reported)) return outcome;
    return twin.connected
      ? { deviceId, kind: 'timedOut', detail: 'the device did not report the desired properties in time' }
      : { deviceId, kind: 'offline', detail: 'the device was not connected to report the desired properties' };
  });
