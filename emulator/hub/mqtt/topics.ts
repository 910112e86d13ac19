/** What a device may publish (iot/iot-mqtt-connect-to-iot-hub.md; docs/emulator-parity.md for what is not built). */
export type Publication =
  | { readonly kind: 'telemetry'; readonly properties: string }
  | { readonly kind: 'twinGet'; readonly requestId: string }
  | { readonly kind: 'twinReport'; readonly requestId: string; readonly version: number | undefined }
  | { readonly kind: 'methodAnswer'; readonly requestId: string; readonly status: number };

/** What a device may subscribe to. */
export type Subscription = 'twinAnswers' | 'desired' | 'methods' | 'messages';

const SUBSCRIPTIONS: ReadonlyMap<string, Subscription> = new Map([
  ['$iothub/twin/res/#', 'twinAnswers'],
  ['$iothub/twin/PATCH/properties/desired/#', 'desired'],
  ['$iothub/methods/POST/#', 'methods'],
]);

/** @returns undefined for a topic filter that the hub does not serve */
export const subscriptionOf = (deviceId: string, filter: string): Subscription | undefined =>
  filter === `devices/${deviceId}/messages/devicebound/#` ? 'messages' : SUBSCRIPTIONS.get(filter);

/** @returns undefined for a topic that the device may not publish to */
export function publicationOf(deviceId: string, topic: string): Publication | undefined {
  const events = `devices/${deviceId}/messages/events`;
  if (topic === events || topic.startsWith(`${events}/`)) {
    return { kind: 'telemetry', properties: topic.slice(events.length + 1) };
  }
  const [, path = '', query = ''] = /^\$iothub\/([^?]*?)\/?\?(.*)$/.exec(topic) ?? [];
  const requestId = parameterOf(query, '$rid');
  if (requestId === undefined) return undefined;
  if (path === 'twin/GET') return { kind: 'twinGet', requestId };
  if (path === 'twin/PATCH/properties/reported') return twinReport(requestId, parameterOf(query, '$version'));
  const status = /^methods\/res\/(-?\d{1,9})$/.exec(path)?.[1];
  return status === undefined ? undefined : { kind: 'methodAnswer', requestId, status: Number(status) };
}

function twinReport(requestId: string, version: string | undefined): Publication | undefined {
  if (version !== undefined && !/^\d{1,15}$/.test(version)) return undefined;
  return { kind: 'twinReport', requestId, version: version === undefined ? undefined : Number(version) };
}

/** A parameter as it stands, encoded or not: a request id is the device's own and comes back unchanged. */
function parameterOf(query: string, name: string): string | undefined {
  const prefix = `${name}=`;
  return query
    .split('&')
    .find((each) => each.startsWith(prefix))
    ?.slice(prefix.length);
}

/** Where the answer to a twin request goes. @param version of the reported properties, after a report */
export const twinAnswerTopic = (status: number, requestId: string, version?: number): string =>
  `$iothub/twin/res/${status}/?$rid=${requestId}${version === undefined ? '' : `&$version=${version}`}`;

export const desiredTopic = (version: number): string => `$iothub/twin/PATCH/properties/desired/?$version=${version}`;

export const methodTopic = (name: string, requestId: string): string =>
  `$iothub/methods/POST/${encodeURIComponent(name)}/?$rid=${requestId}`;
