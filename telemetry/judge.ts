import { isObject } from '../spec/fields';
import type { TelemetryMessage } from './message';
import type { Calibrations } from './ports';
import { type Rejection, rejectionOf } from './rejection';
import type { FieldRange, TelemetrySettings } from './settings';
import type { Reading } from './windows';

/** A message and what it came to. */
export type Judged = {
  readonly message: TelemetryMessage;
  /** Where the device says that it stands; none where it says nothing that can be used. */
  readonly site?: string;
  /** Firmware, as the body says; known of a message with a reading out of range, too. */
  readonly version?: string;
} & (
  | { readonly kind: 'accepted'; readonly reading: Reading }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
);

const MAX_NAME_CHARS = 128;

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_NAME_CHARS;

type Body = Readonly<Record<string, unknown>>;
type Read<Value> = { readonly value: Value } | { readonly rejection: Rejection };

const rejected = (...args: Parameters<typeof rejectionOf>) => ({ rejection: rejectionOf(...args) });

/** `fatal`: other bytes than UTF-8 would otherwise become replacement characters, which a later reader takes for the device's. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function parsedBody(body: Uint8Array, { bodyBytes }: Pick<TelemetrySettings, 'bodyBytes'>): Read<Body> {
  if (body.length > bodyBytes) return rejected('tooBig', undefined, body.length);
  try {
    const value: unknown = JSON.parse(utf8.decode(body));
    return isObject(value) ? { value } : rejected('notObject');
  } catch {
    return rejected('notJson');
  }
}

const member = (body: Body, name: string): unknown => (Object.hasOwn(body, name) ? body[name] : undefined);

/** One field after calibration; undefined where the message has none, as a field may that is not required. */
function fieldOf(
  name: string,
  raw: unknown,
  { min, max, required }: FieldRange,
  calibrations: Calibrations | undefined,
): Read<number | undefined> {
  if (raw === undefined || raw === null) return required ? rejected('missing', name) : { value: undefined };
  if (typeof raw !== 'number') return rejected('notNumber', name, raw);
  const calibration = calibrations && Object.hasOwn(calibrations, name) ? calibrations[name] : undefined;
  if (calibration && 'unreadable' in calibration) return rejected('badCalibration', name, calibration.unreadable);
  const { slope, offset } = calibration ?? PLAIN;
  const value = raw * slope + offset;
  // Not `value < min || value > max`, which lets NaN pass.
  return value >= min && value <= max ? { value } : rejected('outOfRange', name, value);
}

const PLAIN = { slope: 1, offset: 0 };

function readingOf(body: Body, { fields }: TelemetrySettings, calibrations: Calibrations | undefined): Read<Reading> {
  const reading: Record<string, number> = {};
  for (const [name, range] of Object.entries(fields)) {
    const read = fieldOf(name, member(body, name), range, calibrations);
    if ('rejection' in read) return read;
    if (read.value !== undefined) reading[name] = read.value;
  }
  return Object.keys(reading).length > 0 ? { value: reading } : rejected('noReading');
}

/**
 * Parses, calibrates and validates one message. The first thing that is wrong rejects it as a whole: half a reading
 * would be taken for a whole one.
 *
 * @param calibrations of its device
 */
export function judge(
  message: TelemetryMessage,
  calibrations: Calibrations | undefined,
  settings: TelemetrySettings,
): Judged {
  const parsed = parsedBody(message.body, settings);
  const version = 'value' in parsed ? (member(parsed.value, 'version') ?? undefined) : undefined;
  const told = {
    message,
    ...(isName(message.site) && { site: message.site }),
    ...(isName(version) && { version }),
  };
  const read =
    wrongNames(message.site, version) ?? ('value' in parsed ? readingOf(parsed.value, settings, calibrations) : parsed);
  return 'value' in read
    ? { ...told, kind: 'accepted', reading: read.value }
    : { ...told, kind: 'rejected', rejection: read.rejection };
}

function wrongNames(site: unknown, version: unknown): { readonly rejection: Rejection } | undefined {
  if (site !== undefined && !isName(site)) return rejected('badSite', 'site', site);
  if (version !== undefined && !isName(version)) return rejected('badVersion', 'version', version);
  return undefined;
}
