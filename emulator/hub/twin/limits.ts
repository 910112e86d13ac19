import { HubError } from '../errors';
import { isObject, type Json, type JsonObject } from '../../world/json';

/** Sizes in bytes (iot-hub/iot-hub-devguide-device-twins.md, "Tags and properties format" and "Device twin size"). */
const LIMITS = {
  tags: 8 * 1024,
  desired: 32 * 1024,
  reported: 32 * 1024,
  key: 1024,
  text: 4 * 1024,
  depth: 10,
  largest: 4503599627370495,
  smallest: -4503599627370496,
} as const;

export type SectionName = 'tags' | 'desired' | 'reported';

/**
 * Checks the whole of a section after a change.
 *
 * @throws HubError ArgumentInvalid, naming the section, the key and the limit
 */
export function checkLimits(section: SectionName, values: JsonObject): void {
  const size = sizeOf(section, values, 1);
  if (size > LIMITS[section]) {
    throw refuse(section, `is ${size} bytes large; at most ${LIMITS[section]} are allowed`);
  }
}

/**
 * Checks keys, texts, numbers and depth of a change before it is merged.
 *
 * @throws HubError ArgumentInvalid as {@link checkLimits}
 */
export const checkShape = (section: SectionName, patch: JsonObject): void => void sizeOf(section, patch, 1);

function sizeOf(path: string, value: Json, depth: number): number {
  if (typeof value === 'string') return textSize(path, value);
  if (typeof value === 'number') return numberSize(path, value);
  if (typeof value === 'boolean' || value === null) return 4;
  if (depth > LIMITS.depth) throw refuse(path, `is nested deeper than ${LIMITS.depth} levels`);
  if (!isObject(value)) return value.reduce((sum: number, each) => sum + sizeOf(path, each, depth + 1), 0);
  let size = 0;
  for (const [key, each] of Object.entries(value)) {
    checkKey(path, key);
    size += bytesOf(key) + sizeOf(`${path}.${key}`, each, depth + 1);
  }
  return size;
}

function checkKey(path: string, key: string): void {
  if (bytesOf(key) > LIMITS.key) throw refuse(path, `has a key longer than ${LIMITS.key} bytes`);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (key === '' || /[\u0000-\u001f\u007f-\u009f.$# ]/.test(key)) {
    throw refuse(
      path,
      `has the key ${JSON.stringify(key)}; control characters, '.', '$', '#' and space are not allowed`,
    );
  }
}

function textSize(path: string, text: string): number {
  const size = bytesOf(text);
  if (size > LIMITS.text) throw refuse(path, `is a text of ${size} bytes; at most ${LIMITS.text} are allowed`);
  return size;
}

function numberSize(path: string, value: number): number {
  if (Number.isInteger(value) && (value > LIMITS.largest || value < LIMITS.smallest)) {
    throw refuse(path, `is ${value}; integers lie from ${LIMITS.smallest} to ${LIMITS.largest}`);
  }
  return 8;
}

/** Control characters do not count. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const bytesOf = (text: string): number => Buffer.byteLength(text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ''));

const refuse = (path: string, problem: string): HubError => new HubError('ArgumentInvalid', `'${path}' ${problem}.`);
