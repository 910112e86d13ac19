import { z } from 'zod';
import { matching, record, text, whole } from '../spec/fields';
import { problemsOf } from '../spec/problems';
import { roomOfWindows } from './windows';

const number = z.number({ error: 'a number' });

const field = record({
  min: number,
  max: number,
  /** Whether a message without it is rejected. */
  required: z.boolean({ error: 'true or false' }).default(false),
}).refine(({ min, max }) => min < max, { error: 'min below max' });

/**
 * A name of a column in the table Calibration, too: letters, digits and `_`. Begins with a letter, so that none is one of
 * JavaScript's own; the three that every row has are taken.
 */
const FIELD_NAME = 'a name of 1 to 64 of A-Z a-z 0-9 _, first a letter, other than PartitionKey, RowKey and Timestamp';
const fieldName = matching(/^(?!(?:PartitionKey|RowKey|Timestamp)$)[A-Za-z][A-Za-z0-9_]{0,63}$/, FIELD_NAME);

/** Of a string column, in UTF-16 units: 64 KiB (learn.microsoft.com, "Understanding the Table service data model", "Property types"). */
const MAX_COLUMN_CHARS = 32_768;

const NO_FIELDS = 'at least one field';

const WINDOW_MINUTES = 'minutes from 0.05 to 60';

const RETRY_ORDER = 'at least retryBaseMs';

/** Of a settings file, an app setting, or the stack's configuration. */
export const telemetrySettingsSchema = record({
  fields: z
    .record(fieldName, field, { error: ({ code }) => (code === 'invalid_key' ? FIELD_NAME : 'an object of fields') })
    .refine((fields) => Object.keys(fields).length > 0, { error: NO_FIELDS })
    .prefault({
      Celsius: { min: -40, max: 80 },
      hPa: { min: 600, max: 1_600 },
      Humidity: { min: 0, max: 100 },
    }),
  /** Names of hubs as the stack has them, by what the enrichment `hub` says; one that is not here keeps its name. */
  hubs: z.record(z.string(), text('the name of a hub'), { error: 'names of hubs by names of hubs' }).default({}),
  windowMinutes: z
    .number({ error: WINDOW_MINUTES })
    .min(0.05, { error: WINDOW_MINUTES })
    .max(60, { error: WINDOW_MINUTES })
    .default(5),
  /** Windows that are kept of a device, the newest. */
  windowCount: whole(1, 288).default(36),
  /** A longer body is rejected. The most a hub takes is 256 KB. */
  bodyBytes: whole(1, 262_144).default(32_768),
  /** Runs of sequence numbers that a device's row remembers; see docs/telemetry.md, "Exact counts". */
  seenRanges: whole(2, 512).default(64),
  /** Of one write, when other hosts write the same row. */
  tries: whole(1, 100).default(10),
  retryBaseMs: whole(1, 10_000).default(20),
  retryCapMs: whole(1, 60_000).default(2_000),
  /** Devices of a batch that are written at once. */
  concurrency: whole(1, 256).default(32),
  /** Rows kept in memory, so that a write needs no read before it. */
  cachedDevices: whole(1, 1_000_000).default(5_000),
  calibrationSeconds: whole(1, 86_400).default(300),
  cachedCalibrations: whole(1, 1_000_000).default(10_000),
})
  .refine(({ fields, windowCount }) => windowCount * roomOfWindows(Object.keys(fields)) <= MAX_COLUMN_CHARS, {
    path: ['windowCount'],
    error: `fewer, with so many fields: all windows of a device must fit ${MAX_COLUMN_CHARS} characters`,
  })
  .refine(({ retryBaseMs, retryCapMs }) => retryBaseMs <= retryCapMs, { path: ['retryCapMs'], error: RETRY_ORDER });

/** A range of one field, both ends included, after calibration. */
export type FieldRange = Readonly<z.output<typeof field>>;

/** What the pipeline does with messages; every host of one stack has the same. */
export type TelemetrySettings = Readonly<z.output<typeof telemetrySettingsSchema>>;

/**
 * @param raw an object, as a settings file or an app setting holds it; what is missing has its default
 * @throws Error naming each field that is wrong, its value, and what is allowed
 * @example telemetrySettings({}).fields['Celsius'] // => { min: -40, max: 80, required: false }
 */
export function telemetrySettings(raw: unknown): TelemetrySettings {
  const parsed = telemetrySettingsSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error.issues, raw).map(
    ({ path, value, allowed }) => `${path} is ${value}, allowed is ${allowed}`,
  );
  throw new Error(`the settings of telemetry are not right: ${problems.join('; ')}`);
}
