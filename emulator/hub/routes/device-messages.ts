import { z } from 'zod';
import { stampOf } from '../../world/time';
import type { Locked } from '../c2d/message';
import type { SystemProperties } from '../events/event';
import type { Device } from '../hub-device';
import { takeTelemetry, type DeviceMessage } from '../device-message';
import { callerOf } from './device-call';
import { parse } from './parse';
import type { AddRoute, HubCall } from './route';

/** System properties by their headers (REST reference, "Device - Send Device Event"). */
const SYSTEM: ReadonlyMap<string, keyof SystemProperties> = new Map([
  ['iothub-messageid', 'messageId'],
  ['iothub-correlationid', 'correlationId'],
  ['iothub-userid', 'userId'],
  ['iothub-contenttype', 'contentType'],
  ['iothub-contentencoding', 'contentEncoding'],
  ['iothub-creationtimeutc', 'creationTimeUtc'],
  ['iothub-interface-id', 'interfaceId'],
  ['dt-subject', 'componentName'],
]);
const APPLICATION = 'iothub-app-';
const BATCH = 'application/vnd.microsoft.iothub.json';

/** What devices and modules do over HTTPS (REST reference, "Device"). */
export function deviceMessageRoutes(add: AddRoute): void {
  const route = { right: 'DeviceConnect' } as const;
  const everyTier = { ...route, everyTier: true } as const;
  for (const owner of ['/devices/:id', '/devices/:id/modules/:moduleId']) {
    add('POST', `${owner}/messages/events`, everyTier, takeEvents);
    add('GET', `${owner}/messages/devicebound`, route, receive);
    add('DELETE', `${owner}/messages/devicebound/:lock`, route, settle);
    add('POST', `${owner}/messages/devicebound/:lock/abandon`, route, (call) => {
      callerOf(call).mailbox.abandon(call.params.lock ?? '');
    });
  }
}

function takeEvents(call: HubCall): void {
  const device = activeCallerOf(call);
  const isBatch = call.header('content-type')?.toLowerCase().startsWith(BATCH);
  for (const message of isBatch ? batchOf(call) : [{ ...propertiesOf(call.headers), body: call.raw }]) {
    takeTelemetry(call.hub, device, message, call.proof);
  }
}

const BatchBody = z.array(
  z.object({
    body: z.string(),
    base64Encoded: z.boolean().optional(),
    properties: z.record(z.string(), z.string()).optional(),
  }),
);

/** `[{"body": "<base64>", "properties": {"iothub-app-k": "v"}}]`; `base64Encoded: false` for a body that is plain text. */
const batchOf = ({ body }: HubCall): DeviceMessage[] =>
  parse(BatchBody, body).map(({ body: text, base64Encoded = true, properties = {} }) => ({
    ...propertiesOf(Object.entries(properties)),
    body: Buffer.from(text, base64Encoded ? 'base64' : 'utf8'),
  }));

function propertiesOf(headers: Iterable<readonly [string, string]>): Pick<DeviceMessage, 'system' | 'properties'> {
  const system: Partial<Record<keyof SystemProperties, string>> = {};
  const properties: [string, string][] = [];
  for (const [name, value] of headers) {
    const known = SYSTEM.get(name.toLowerCase());
    if (known !== undefined) system[known] = value;
    else if (name.toLowerCase().startsWith(APPLICATION)) properties.push([name.slice(APPLICATION.length), value]);
  }
  return { system, properties: Object.fromEntries(properties) };
}

/** The oldest message that waits, locked; 204 when there is none. */
function receive(call: HubCall): unknown {
  const locked = activeCallerOf(call).mailbox.receive();
  if (locked === undefined) return undefined;
  for (const [name, value] of headersOf(locked)) call.set(name, value);
  return locked.message.body;
}

/** `?reject`, whatever its value, rejects; else the message is complete. */
function settle(call: HubCall): void {
  const { mailbox } = callerOf(call);
  const lock = call.params.lock ?? '';
  if (call.query.reject === undefined) mailbox.complete(lock);
  else mailbox.reject(lock);
}

function activeCallerOf(call: HubCall): Device {
  const device = callerOf(call);
  device.lastActivityTime = stampOf(call.hub.clock.now());
  return device;
}

function headersOf({ token, message, sequence, deliveryCount, enqueuedAt, expiresAt }: Locked): [string, string][] {
  const { messageId, correlationId, userId, to, contentType, contentEncoding, ack, properties } = message;
  const headers: [string, string | undefined][] = [
    ['etag', `"${token}"`],
    ['content-type', 'application/octet-stream'],
    ['iothub-messageid', messageId],
    ['iothub-sequencenumber', String(sequence)],
    ['iothub-to', to],
    ['iothub-correlationid', correlationId],
    ['iothub-userid', userId],
    ['iothub-contenttype', contentType],
    ['iothub-contentencoding', contentEncoding],
    ['iothub-ack', ack],
    ['iothub-enqueuedtime', stampOf(enqueuedAt)],
    ['iothub-expiry', stampOf(expiresAt)],
    ['iothub-deliverycount', String(deliveryCount)],
    ...Object.entries(properties).map(([name, value]): [string, string] => [`${APPLICATION}${token7(name)}`, value]),
  ];
  return headers.flatMap(([name, value]) => (value === undefined ? [] : [[name, text7(value)]]));
}

/** Headers hold visible ASCII: what else a value has comes percent-encoded. */
const text7 = (value: string): string => (/^[\x20-\x7e]*$/.test(value) ? value : encodeURIComponent(value));
const token7 = (name: string): string =>
  name.replace(/[^\w!#$%&'*+.^`|~-]+/g, (part) => encodeURIComponent(part).replace(/[()]/g, escape7));
const escape7 = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/** What services do about messages to devices over HTTPS: purging, and feedback. */
export function cloudMessageRoutes(add: AddRoute): void {
  const purges = { right: 'ServiceConnect', action: 'cloudToDeviceMessages/queue/purge/action' } as const;
  add('DELETE', '/devices/:id/commands', purges, ({ hub, params: { id = '' } }) => ({
    deviceId: id,
    moduleId: null,
    totalMessagesPurged: hub.devices.require(id).mailbox.purge(),
  }));
  const reads = { right: 'ServiceConnect', action: 'cloudToDeviceMessages/feedback/action' } as const;
  const path = '/messages/serviceBound/feedback';
  add('GET', path, reads, ({ hub, set }) => {
    const taken = hub.feedback.receive();
    if (taken === undefined) return undefined;
    set('etag', `"${taken.token}"`);
    set('content-type', 'application/vnd.microsoft.iothub.feedback.json');
    return JSON.stringify(taken.records);
  });
  add('DELETE', `${path}/:lock`, reads, ({ hub, params }) => hub.feedback.complete(params.lock ?? ''));
  add('POST', `${path}/:lock/abandon`, reads, ({ hub, params }) => hub.feedback.abandon(params.lock ?? ''));
}
