import type { DeviceId } from './ids';
import { isObject, sameJson } from './json';
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
/** Cuts words of a hub or a device to what an outcome keeps. */
export const cut = (text: string): string => (text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL - 1)}…` : text);

// Which codes rows carry is documented nowhere. Seen on real hubs: JobRunPreconditionFailed (azure-iot-service-client of
// Java, JobsResponseParserTest) and "Device Not Online" (Azure/iotedge issue 2958, where the device was never asked). The
// others, and the numbers beside the names, are those of IoT Hub's list of error codes: a guess that rows use them, too.
// What is in none of the sets counts as failed, with the hub's own words.
// The device did not come online within the job's window, or went offline before it could be asked.
const OFFLINE = new Set(['jobrunpreconditionfailed', '412003', 'devicenotonline', '404103']);
// The device was asked and gave no answer in time.
const TIMED_OUT = new Set(['gatewaytimeout', '504101', 'devicemethodtimedout', 'timeout']);
// The device was deleted after the plan was made.
const GONE = new Set(['devicenotfound', '404001']);
const codeOf = (code: string): string => code.replaceAll(' ', '').toLowerCase();

const CANCELLED = 'the job was cancelled before this device was touched';
const DELETED = 'the hub has no row for this device: it was deleted after the plan was made';

function outcomeOfFailure(deviceId: DeviceId, error: JobRow['error']): DeviceOutcome {
  const { code, description } = error ?? { code: 'unknown', description: 'the hub gave no reason' };
  const detail = cut(`${code}: ${description}`);
  const known = codeOf(code);
  if (OFFLINE.has(known)) return { deviceId, kind: 'offline', detail };
  if (TIMED_OUT.has(known)) return { deviceId, kind: 'timedOut', detail };
  return { deviceId, kind: GONE.has(known) ? 'skipped' : 'failed', detail };
}

/** A device succeeded when it answered with a status from 200 to 299. */
export function outcomeOfAnswer(
  deviceId: DeviceId,
  { status, payload }: NonNullable<JobRow['response']>,
): DeviceOutcome {
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

/**
 * Outcomes of a job that failed as a whole, or vanished: only of devices that it had begun. The others may be tried again.
 *
 * @returns at most one outcome a device, in the batch's order
 */
export function outcomesOfBroken(deviceIds: readonly DeviceId[], rows: Iterable<JobRow>): DeviceOutcome[] {
  const begun = [...rows].filter(({ status }) => status === 'completed' || status === 'failed' || status === 'running');
  const byDevice = new Map(begun.map((row) => [row.deviceId, row]));
  return deviceIds.flatMap((deviceId) => {
    const row = byDevice.get(deviceId);
    return row === undefined ? [] : [outcomeOfRow(row)];
  });
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
    const twin = twins.get(outcome.deviceId);
    if (twin === undefined)
      return { ...outcome, kind: 'skipped', detail: 'the device was deleted before it could confirm' };
    if (isReported(desired, twin.reported)) return outcome;
    return twin.connected
      ? { ...outcome, kind: 'timedOut', detail: 'the device did not report the desired properties in time' }
      : { ...outcome, kind: 'offline', detail: 'the device was not connected to report the desired properties' };
  });

/**
 * Whether an attempt may have changed something of the device or its twin. One that is offline or skipped was not reached,
 * unless the hub had merged its twin before.
 */
export const isTouched = ({ kind, desiredVersion }: DeviceOutcome): boolean =>
  kind === 'succeeded' || kind === 'failed' || kind === 'timedOut' || desiredVersion !== undefined;

/** Whether an attempt counts for the quarantine. */
export const isFailure = ({ kind }: DeviceOutcome): boolean => kind === 'failed' || kind === 'timedOut';
