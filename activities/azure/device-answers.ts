import { cut } from '../../domain/outcome';
import type { Json, JsonObject } from '../../domain/spec';
import type { DeviceTwin, MethodAnswer, TwinAnswer } from '../ports';
import { type HubError, isHubError, reasonOf, statusOf } from './hub-faults';

/** A twin as `GET /twins/{id}` gives it. */
interface TwinDocument {
  readonly etag: string;
  readonly connectionState?: string;
  readonly tags?: JsonObject;
  readonly properties: { readonly desired: JsonObject; readonly reported: JsonObject };
}

/** Takes `$metadata` and `$version` off a section of a twin. */
const bare = (section: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(section).filter(([key]) => !key.startsWith('$')));

const versionOf = ({ $version }: JsonObject): number => (typeof $version === 'number' ? $version : 0);

/** @param body what the SDK hands out as a `Twin` */
export function twinOf(body: unknown): DeviceTwin {
  const { etag, connectionState, tags = {}, properties } = body as TwinDocument;
  return {
    etag,
    connected: connectionState === 'Connected',
    tags,
    desired: bare(properties.desired),
    desiredVersion: versionOf(properties.desired),
    reported: bare(properties.reported),
  };
}

export const twinAnswer = (body: unknown): TwinAnswer => ({
  kind: 'merged',
  desiredVersion: versionOf((body as TwinDocument).properties.desired),
});

/** @param result the hub's answer to a method call that the device has answered */
export function methodAnswer(result: unknown): MethodAnswer {
  const { status, payload = null } = result as { readonly status: number; readonly payload?: Json };
  return { kind: 'answered', status, payload };
}

const detailOf = (error: unknown): string => cut(`${statusOf(error) ?? ''} ${reasonOf(error as HubError)}`.trim());

/** Whether a refusal says something of this one call. 401, 429, the daily quota and the hub's own troubles do not. */
const isOfTheCall = (error: unknown): boolean => {
  const status = statusOf(error);
  if (status === undefined || isHubError(error, 'dailyQuotaExceeded')) return false;
  return status >= 400 && status < 500 && ![401, 408, 429].includes(status);
};

/**
 * Reads a refused method call: DeviceNotOnline (404103), time-out (504101), DeviceNotFound (404001), and the device's bad
 * answer (502). Source: IoT Hub documentation, "Troubleshoot error codes" and "Understand and invoke direct methods".
 *
 * @throws the error itself when it says nothing of the device
 */
export function methodRefusal(error: unknown): MethodAnswer {
  const detail = detailOf(error);
  if (statusOf(error) === 404 && isHubError(error, 'deviceNotOnline')) return { kind: 'offline', detail };
  if (statusOf(error) === 404 && isHubError(error, 'deviceNotFound')) return { kind: 'gone', detail };
  if (statusOf(error) === 504) return { kind: 'timedOut', detail };
  if (statusOf(error) === 502 || isOfTheCall(error)) return { kind: 'failed', detail };
  throw error;
}

/** Reads a refused twin update. @throws the error itself when it says nothing of the device */
export function twinRefusal(error: unknown): TwinAnswer {
  const detail = detailOf(error);
  if (statusOf(error) === 404 && isHubError(error, 'deviceNotFound')) return { kind: 'gone', detail };
  if (statusOf(error) === 412) return { kind: 'changed', detail };
  if (isOfTheCall(error)) return { kind: 'failed', detail };
  throw error;
}
