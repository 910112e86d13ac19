import type { HubEvent, SystemProperties } from '../events/event';

/** System properties by their names in topics (iot/iot-mqtt-connect-to-iot-hub.md, "Sending device-to-cloud messages"). */
const SYSTEM: Readonly<Record<string, keyof SystemProperties>> = {
  '$.mid': 'messageId',
  '$.cid': 'correlationId',
  '$.uid': 'userId',
  '$.ct': 'contentType',
  '$.ce': 'contentEncoding',
  '$.ctime': 'creationTimeUtc',
  '$.ifid': 'interfaceId',
  '$.sub': 'componentName',
};

/** Reads a topic's property bag: `k=v&…`, encoded; a key without `=` is an empty value. */
export function messageOf(bag: string): Pick<HubEvent, 'system' | 'properties'> {
  const system: Partial<Record<keyof SystemProperties, string>> = {};
  const properties: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(bag.replaceAll('+', '%2B'))) {
    const known = SYSTEM[name];
    if (known !== undefined) system[known] = value;
    else properties[name] = value;
  }
  return { system, properties };
}
