import type { Identity } from '../identity';

/** Who publishes or subscribes. */
export type Client = Pick<Identity, 'deviceId' | 'moduleId'>;

/** What a device or module may publish (iot/iot-mqtt-connect-to-iot-hub.md). */
export type Publication =
  | { readonly kind: 'telemetry'; readonly properties: string }
  | { readonly kind: 'twinGet'; readonly requestId: string }
  | { readonly kind: 'twinReport'; readonly requestId: string; readonly version: number | undefined }
  | { readonly kind: 'methodAnswer'; readonly requestId: string; readonly status: number };

/** What a device or module may subscribe to. Nothing comes to `inputs`: an Edge hub routes to them, IoT Hub does not. */
export type Subscription = 'twinAnswers' | 'desired' | 'methods' | 'messages' | 'inputs';

const SUBSCRIPTIONS: ReadonlyMap<string, Subscription> = new Map([
  ['$iothub/twin/res/#', 'twinAnswers'],
  ['$iothub/twin/PATCH/properties/desired/#', 'desired'],
  ['$iothub/methods/POST/#', 'methods'],
]);

/** @returns undefined for a topic filter that the hub does not serve to this client */
export function subscriptionOf(client: Client, filter: string): Subscription | undefined {
  const rest = ownPart(client, filter);
  if (rest === 'messages/devicebound/#') return 'messages';
  if (rest === 'inputs/#' && client.moduleId !== undefined) return 'inputs';
  return SUBSCRIPTIONS.get(filter);
}

/** @returns undefined for a topic that the client may not publish to */
export function publicationOf(client: Client, topic: string): Publication | undefined {
  const bag = /^messages\/events(?:\/(.*))?$/s.exec(ownPart(client, topic) ?? '');
  if (bag !== null) return { kind: 'telemetry', properties: bag[1] ?? '' };
  const [, path = '', query = ''] = /^\$iothub\/([^?]*?)\/?\?(.*)$/.exec(topic) ?? [];
  const requestId = parameterOf(query, '$rid');
  if (requestId === undefined) return undefined;
  if (path === 'twin/GET') return { kind: 'twinGet', requestId };
  if (path === 'twin/PATCH/properties/reported') return twinReport(requestId, parameterOf(query, '$version'));
  const status = /^methods\/res\/(-?\d{1,9})$/.exec(path)?.[1];
  return status === undefined ? undefined : { kind: 'methodAnswer', requestId, status: Number(status) };
}

/**
 * What follows `devices/{id}/`, or `devices/{id}/modules/{id}/`, of this client; undefined for another's topics. Ids that
 * no topic can hold as they are (with `+` or `#`) come encoded, as Python's and Java's SDKs write all of them.
 */
function ownPart({ deviceId, moduleId }: Client, topic: string): string | undefined {
  if (!topic.startsWith('devices/')) return undefined;
  const messages = `devices/${deviceId}/messages/`; // nearly all that devices publish, so looked at first
  if (moduleId === undefined && topic.startsWith(messages)) return topic.slice(messages.length - 'messages/'.length);
  const [, device = '', ...rest] = topic.split('/');
  if (!isIn(device, deviceId)) return undefined;
  if (moduleId === undefined) return rest[0] === 'modules' ? undefined : rest.join('/');
  const [modules, module = '', ...below] = rest;
  return modules === 'modules' && isIn(module, moduleId) ? below.join('/') : undefined;
}

const isIn = (segment: string, id: string): boolean => segment === id || segment === encodeURIComponent(id);

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

/** Where a cloud-to-device message goes. @param bag its properties, encoded */
export const messageTopic = ({ deviceId, moduleId }: Client, bag: string): string => {
  const module = moduleId === undefined ? '' : `/modules/${topicId(moduleId)}`;
  return `devices/${topicId(deviceId)}${module}/messages/devicebound/${bag}`;
};

/** An id as a topic can hold it. */
const topicId = (id: string): string => (/[+#]/.test(id) ? encodeURIComponent(id) : id);

/** Where the answer to a twin request goes. @param version of the reported properties, after a report */
export const twinAnswerTopic = (status: number, requestId: string, version?: number): string =>
  `$iothub/twin/res/${status}/?$rid=${requestId}${version === undefined ? '' : `&$version=${version}`}`;

export const desiredTopic = (version: number): string => `$iothub/twin/PATCH/properties/desired/?$version=${version}`;

export const methodTopic = (name: string, requestId: string): string =>
  `$iothub/methods/POST/${encodeURIComponent(name)}/?$rid=${requestId}`;
