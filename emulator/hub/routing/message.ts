import type { Json, JsonObject } from '../../world/json';
import { stampOf } from '../../world/time';
import type { HubEvent, SystemProperties } from '../events/event';
import type { Value } from '../conditions/operators';
import type { Message } from './evaluate';

/** Names of system properties in conditions (iot-hub-devguide-routing-query-syntax.md), in lower case. */
const SYSTEM: Readonly<Record<string, keyof SystemProperties>> = {
  contenttype: 'contentType',
  contentencoding: 'contentEncoding',
  messageid: 'messageId',
  correlationid: 'correlationId',
  userid: 'userId',
  'iothub-creation-time-utc': 'creationTimeUtc',
  'dt-dataschema': 'interfaceId',
  'dt-subject': 'componentName',
};

/**
 * An event as conditions see it.
 *
 * @param now  ms since the epoch: when it was enqueued
 * @param twin what is there of the device's or module's twin
 */
export function messageOf(event: HubEvent, now: number, twin: () => JsonObject | undefined): Message {
  let body: { readonly value: Value } | undefined;
  return {
    system: systemOf(event, now),
    properties: new Map(Object.entries(event.properties).map(([name, value]) => [name.toLowerCase(), value])),
    body: () => (body ??= { value: jsonBodyOf(event) }).value,
    twin,
  };
}

function systemOf({ system, deviceId, moduleId, source }: HubEvent, now: number): Map<string, string> {
  const found = new Map([
    ['connectiondeviceid', deviceId],
    ['enqueuedtime', stampOf(now)],
    ['messagesource', source],
  ]);
  if (moduleId !== undefined) found.set('connectionmoduleid', moduleId);
  for (const [name, key] of Object.entries(SYSTEM)) {
    const value = system[key];
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

const DECODERS: Readonly<Record<string, string>> = { 'utf-8': 'utf-8', 'utf-16': 'utf-16le' };

/** The body as JSON, where content type and encoding say that it is; undefined otherwise, and where it is not. */
export function jsonBodyOf({ system, body }: Pick<HubEvent, 'system' | 'body'>): Json | undefined {
  const encoding = DECODERS[system.contentEncoding?.toLowerCase() ?? ''];
  if (!/^application\/json(;|$)/i.test(system.contentType ?? '') || encoding === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder(encoding).decode(body)) as Json; // JSON.parse gives nothing else
  } catch {
    return undefined;
  }
}
