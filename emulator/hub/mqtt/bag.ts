import { stampOf } from '../../world/time';
import type { CloudMessage } from '../c2d/message';
import type { HubEvent, SystemProperties } from '../events/event';

/** System properties by their names in topics (iot/iot-mqtt-connect-to-iot-hub.md, "Sending device-to-cloud messages"). */
const SYSTEM: ReadonlyMap<string, keyof SystemProperties | undefined> = new Map([
  ['$.mid', 'messageId'],
  ['$.cid', 'correlationId'],
  ['$.uid', 'userId'],
  ['$.ct', 'contentType'],
  ['$.ce', 'contentEncoding'],
  ['$.ctime', 'creationTimeUtc'],
  ['$.ifid', 'interfaceId'],
  ['$.sub', 'componentName'],
  // The hub sets the address itself, does not expire telemetry, and knows no outputs: an Edge hub does.
  ['$.to', undefined],
  ['$.exp', undefined],
  ['$.on', undefined],
]);

/** Reads a topic's property bag: `k=v&…`, encoded; a key without `=` is an empty value. */
export function messageOf(bag: string): Pick<HubEvent, 'system' | 'properties'> {
  const system: Partial<Record<keyof SystemProperties, string>> = {};
  const properties: [string, string][] = [];
  for (const [name, value] of new URLSearchParams(bag.replaceAll('+', '%2B'))) {
    const known = SYSTEM.get(name);
    if (known !== undefined) system[known] = value;
    else if (!SYSTEM.has(name)) properties.push([name, value]);
  }
  return { system, properties: Object.fromEntries(properties) };
}

/** A cloud-to-device message's properties as its topic holds them (same page, "Receiving cloud-to-device messages"). */
export function bagOf(message: CloudMessage): string {
  const { messageId, correlationId, userId, to, contentType, contentEncoding, expiresAt, ack } = message;
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ['$.mid', messageId],
    ['$.to', to],
    ['$.cid', correlationId],
    ['$.uid', userId],
    ['$.exp', expiresAt === undefined ? undefined : stampOf(expiresAt)],
    ['$.ct', contentType],
    ['$.ce', contentEncoding],
    ['iothub-ack', ack === 'none' ? undefined : ack],
    ...Object.entries(message.properties),
  ];
  return pairs
    .flatMap(([name, value]) => (value === undefined ? [] : `${encodeURIComponent(name)}=${encodeURIComponent(value)}`))
    .join('&');
}
