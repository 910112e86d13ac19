import { readFileSync } from 'node:fs';
import { GroundswellError } from '../domain/errors';

/** One key of AES-256. */
export interface CodecKey {
  /** Stands beside each payload in clear. */
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The first one encrypts; all decrypt. At least one. */
export type CodecKeys = readonly [CodecKey, ...CodecKey[]];

/** Where keys come from. Never from arguments: those can be read by every process of the machine. */
export const KEYS_FILE = 'GROUNDSWELL_CODEC_KEYS_FILE';
export const KEYS = 'GROUNDSWELL_CODEC_KEYS';

const LINE = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/]{43}=)$/;

const invalid = (source: string, reason: string): GroundswellError =>
  new GroundswellError('GS_CODEC_KEYS_INVALID', { source, reason });

function keyOf(line: string, number: number, source: string): CodecKey {
  const [, id, base64] = LINE.exec(line) ?? [];
  // The line itself may hold a key: it is not repeated.
  if (id === undefined || base64 === undefined)
    throw invalid(
      source,
      `entry ${number} is not ID:KEY, with an id of letters, digits, dots, dashes or underscores, and 32 bytes in base64`,
    );
  return { id, bytes: new Uint8Array(Buffer.from(base64, 'base64')) };
}

/**
 * Reads keys, one an entry as `ID:KEY`; entries are parted by line ends or commas, `#` begins a comment line.
 *
 * @param source what to call the text in errors
 * @throws GS_CODEC_KEYS_INVALID naming the entry, never the key
 */
export function parseKeys(text: string, source: string): CodecKeys {
  const lines = text
    .split(/[\r\n,]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [first, ...rest] = lines.map((line, index) => keyOf(line, index + 1, source));
  if (first === undefined) throw invalid(source, 'there is no key in it');
  const ids = new Set([first, ...rest].map(({ id }) => id));
  if (ids.size <= rest.length) throw invalid(source, 'two keys have the same id');
  return [first, ...rest];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(KEYS_FILE, error instanceof Error ? error.message : String(error));
  }
}

/**
 * The keys that the environment names.
 *
 * @returns undefined where it names none: payloads stay as they are then
 * @throws GS_CODEC_KEYS_INVALID
 */
export function keysOf(env: Readonly<Record<string, string | undefined>>): CodecKeys | undefined {
  const { [KEYS_FILE]: file, [KEYS]: text } = env;
  if (file !== undefined && file !== '') return parseKeys(textOf(file), KEYS_FILE);
  return text === undefined || text === '' ? undefined : parseKeys(text, KEYS);
}
