import type { Configuration } from '../configurations/configuration';
import { configurationView } from '../configurations/configuration';
import type { Device } from '../hub-device';
import { isObject, type Json, type JsonObject } from '../../world/json';

/** Longest line of an import: a device with the largest twin has a fraction of it. */
const LONGEST_LINE = 1024 * 1024;

/** A line of `devices.txt`: what bulk takes too (iot-hub/iot-hub-bulk-identity-mgmt.md, "Export devices"). */
export function deviceLine({ identity, twin }: Device, excludeKeys: boolean): JsonObject {
  const { deviceId, moduleId, authentication, deviceScope, parentScopes } = identity;
  const symmetricKey = excludeKeys ? { primaryKey: null, secondaryKey: null } : authentication.symmetricKey;
  return {
    id: deviceId,
    ...(moduleId !== undefined && { moduleId, managedBy: identity.managedBy ?? '' }),
    eTag: identity.etag,
    status: identity.status,
    ...(identity.statusReason !== null && { statusReason: identity.statusReason }),
    authentication: { ...authentication, symmetricKey },
    twinETag: twin.etag,
    tags: twin.tags,
    properties: { desired: twin.desired, reported: twin.reported },
    ...(moduleId === undefined && { capabilities: identity.capabilities }),
    ...(deviceScope !== undefined && { deviceScope }),
    ...(parentScopes.length > 0 && { parentScopes }),
  };
}

/** A line of `configurations.txt`: names begin with capital letters, as a live hub writes them (see identity.ts). */
export function configurationLine(configuration: Configuration): JsonObject {
  const { content, ...view } = configurationView(configuration);
  const named = { ...view, metrics: { queries: configuration.metrics } };
  return { ...capitalised(named), Content: capitalised(content as JsonObject) };
}

/** The other way round; a line that begins its names in lower case is taken as well. */
export function configurationOf(line: Json): Json {
  if (!isObject(line)) return line;
  const { content, metrics, ...rest } = uncapitalised(line);
  return {
    ...rest,
    ...(isObject(content) && { content: uncapitalised(content) }),
    ...(isObject(metrics) && { metrics: uncapitalised(metrics) }),
  };
}

const renamed = (object: JsonObject, rename: (first: string) => string): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [rename(name.charAt(0)) + name.slice(1), value]));
const capitalised = (object: JsonObject): JsonObject => renamed(object, (first) => first.toUpperCase());
const uncapitalised = (object: JsonObject): JsonObject => renamed(object, (first) => first.toLowerCase());

/**
 * Cuts a stream into lines, without their ends and without empty ones.
 *
 * @param onBytes told how many bytes have come
 * @throws Error for a line that is too long to be a device
 */
export async function* linesOf(
  chunks: AsyncIterable<Buffer | string>,
  onBytes: (count: number) => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    const lines = (rest + decoder.decode(Buffer.from(chunk), { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new Error(`a line has more than ${LONGEST_LINE} characters`);
    for (const line of lines) if (line.trim() !== '') yield line.trim();
  }
  if (rest.trim() !== '') yield rest.trim();
}
