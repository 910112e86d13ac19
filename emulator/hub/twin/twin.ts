import { HubError } from '../errors';
import { isObject, member, type Json, type JsonObject } from '../../world/json';
import { NEVER, stampOf } from '../../world/time';
import { checkLimits, checkShape, type SectionName } from './limits';
import { mark, merge, valuesOf, type Section } from './merge';

/** What a device's twin holds. Never changed in place: a write makes the next one. */
export interface Twin {
  readonly tags: JsonObject;
  readonly desired: Section;
  readonly reported: Section;
  /** Rises with every write of any part. */
  readonly version: number;
  /** Changes with tags and desired properties only: a device's report does not fail a service's If-Match. */
  readonly etag: string;
}

/**
 * What a write of the service did. `notice` is what a connected device is told: undefined when desired stayed as it was;
 * `tags` what was written of them.
 */
export interface TwinChange {
  readonly twin: Twin;
  readonly tags: JsonObject | undefined;
  readonly notice: JsonObject | undefined;
}

/** The part of a request body that the service may write; `undefined` leaves that part alone. */
interface Writable {
  readonly tags: JsonObject | undefined;
  readonly desired: JsonObject | undefined;
  /** Counts for a new twin only. */
  readonly reported: JsonObject | undefined;
}

/** What a new twin starts with; a part that is absent is empty. `$version` and `$metadata` in it are ignored. */
export interface GivenTwin {
  readonly tags?: Json | undefined;
  readonly properties?: Json | undefined;
}

/** A section that nobody has written yet, shared by all that are so (iot-hub-non-telemetry-event-schema.md shows one). */
const UNWRITTEN: Section = { $metadata: { $lastUpdated: NEVER }, $version: 1 };

/**
 * A new device's twin: its sections, empty unless given, in version 1.
 *
 * @throws HubError ArgumentInvalid for one of the wrong shape or beyond a limit
 */
export function initialTwin(given: GivenTwin, now: number): Twin {
  const { tags = {}, desired, reported } = writableOf({ tags: given.tags ?? {}, properties: given.properties ?? {} });
  return {
    tags: merged('tags', {}, tags),
    desired: firstSection('desired', desired, now),
    reported: firstSection('reported', reported, now),
    version: 2,
    etag: etagOf(1),
  };
}

function firstSection(name: SectionName, values: JsonObject | undefined, now: number): Section {
  if (values === undefined || Object.keys(values).length === 0) return UNWRITTEN;
  return patchSection(name, { $metadata: { $lastUpdated: stampOf(now) }, $version: 0 }, values, now);
}

/**
 * Merges `tags` and `properties.desired` of a request body into the twin; other members are ignored, as Azure does with
 * a whole twin sent back. An empty `desired` neither bumps its version nor reaches the device.
 *
 * @throws HubError ArgumentInvalid for a body of the wrong shape or beyond a limit
 */
export function patchTwin(twin: Twin, body: Json | undefined, now: number): TwinChange {
  const { tags, desired } = writableOf(body);
  const touched = desired !== undefined && Object.keys(desired).length > 0;
  return {
    twin: written(twin, {
      tags: tags === undefined ? twin.tags : merged('tags', twin.tags, tags),
      desired: touched ? patchSection('desired', twin.desired, desired, now) : twin.desired,
    }),
    notice: touched ? desired : undefined,
    tags,
  };
}

/** Replaces the parts that the body gives. @throws as {@link patchTwin} */
export function replaceTwin(twin: Twin, body: Json | undefined, now: number): TwinChange {
  const { tags, desired } = writableOf(body);
  const blank: Section = { $metadata: { $lastUpdated: stampOf(now) }, $version: twin.desired.$version };
  return {
    twin: written(twin, {
      tags: tags === undefined ? twin.tags : merged('tags', {}, tags),
      desired: desired === undefined ? twin.desired : patchSection('desired', blank, desired, now),
    }),
    notice: desired,
    tags,
  };
}

/** A device's report. @throws HubError ArgumentInvalid as {@link patchTwin} */
export function reportTwin(twin: Twin, patch: Json | undefined, now: number): Twin {
  if (!isObject(patch)) throw new HubError('ArgumentInvalid', 'Reported properties must be a JSON object.');
  return { ...twin, reported: patchSection('reported', twin.reported, patch, now), version: twin.version + 1 };
}

function patchSection(name: SectionName, section: Section, patch: JsonObject, now: number): Section {
  const $version = section.$version + 1;
  const at = { $lastUpdated: stampOf(now), ...(name === 'desired' && { $lastUpdatedVersion: $version }) };
  const values = merged(name, valuesOf(section), patch);
  return { ...values, $metadata: mark(section.$metadata, patch, at), $version };
}

function merged(name: SectionName, target: JsonObject, patch: JsonObject): JsonObject {
  checkShape(name, patch);
  const values = merge(target, patch);
  checkLimits(name, values);
  return values;
}

const written = (twin: Twin, parts: Pick<Twin, 'tags' | 'desired'>): Twin => ({
  ...twin,
  ...parts,
  version: twin.version + 1,
  etag: etagOf(Number(Buffer.from(twin.etag, 'base64').readBigUInt64BE()) + 1),
});

/** Eight bytes, counted up, in base64: `AAAAAAAAAAE=` first, as the service shows them. */
function etagOf(count: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(count));
  return bytes.toString('base64');
}

function writableOf(body: Json | undefined): Writable {
  if (!isObject(body)) throw new HubError('ArgumentInvalid', 'A twin must be a JSON object.');
  const properties = member(body, 'properties');
  if (properties !== undefined && properties !== null && !isObject(properties)) {
    throw new HubError('ArgumentInvalid', "'properties' must be a JSON object.");
  }
  return {
    tags: sectionOf(body, 'tags'),
    desired: properties ? sectionOf(properties, 'desired') : undefined,
    reported: properties ? sectionOf(properties, 'reported') : undefined,
  };
}

/** Members of a read twin that are sent back (`$version`, `$metadata`) are not values. */
function sectionOf(parent: JsonObject, name: SectionName): JsonObject | undefined {
  const section = member(parent, name);
  if (section === undefined || section === null) return undefined;
  if (!isObject(section)) throw new HubError('ArgumentInvalid', `'${name}' must be a JSON object.`);
  return Object.fromEntries(Object.entries(section).filter(([key]) => key !== '$version' && key !== '$metadata'));
}
