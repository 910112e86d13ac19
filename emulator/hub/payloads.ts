import type { Json, JsonObject } from '../world/json';
import { HubError } from './errors';
import type { Device } from './hub-device';
import { valuesOf, type Section } from './twin/merge';

/** A twin as its device gets it: both sections without metadata. */
export const deviceTwinOf = ({ twin }: Device): JsonObject => ({
  desired: deviceViewOf(twin.desired),
  reported: deviceViewOf(twin.reported),
});

const deviceViewOf = (section: Section): JsonObject => ({ ...valuesOf(section), $version: section.$version });

/** What a device sent as JSON. @throws HubError ArgumentInvalid */
export function jsonOf(body: Buffer): Json {
  try {
    return JSON.parse(body.toString()) as Json; // JSON.parse gives nothing else
  } catch {
    throw new HubError('ArgumentInvalid', 'The body is not valid JSON.');
  }
}

/** A method's answer: JSON, or null for an empty body; a body that is no JSON comes back as the text it is. */
export function answerOf(body: Buffer): Json {
  if (body.length === 0) return null;
  try {
    return jsonOf(body);
  } catch {
    return body.toString();
  }
}
