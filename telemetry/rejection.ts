/** Why a message does not count as a reading; docs/telemetry.md, "Rejected messages". */
export const REASONS = {
  tooBig: 'the body is longer than the settings allow',
  notJson: 'the body is no JSON in UTF-8',
  notObject: 'the body is no object',
  noReading: 'the body has none of the fields of the settings',
  missing: 'a required field is missing',
  notNumber: 'a field is no number',
  outOfRange: 'a field, after calibration, is outside its range',
  badCalibration: 'the calibration of a field cannot be read',
  badVersion: '`version` is no text of 1 to 128 characters',
  badSite: 'the property `site` is no text of 1 to 128 characters',
  noDevice: 'it names no device that has sent it',
  tooLate: 'it came after its place was given up, so whether it was counted before is not known',
  lost: 'the row of its device could not be written, so it is not counted',
} as const satisfies Record<string, string>;

export type Reason = keyof typeof REASONS;

/** One thing wrong with a message: the first that was found. */
export interface Rejection {
  readonly reason: Reason;
  readonly field?: string;
  /** What stood there, as JSON, or what stood in the way; cut to {@link MAX_VALUE_CHARS}. */
  readonly value?: string;
}

export const MAX_VALUE_CHARS = 256;

/** Text as it is in JSON; numbers that JSON cannot say by name. */
const valueText = (value: unknown): string => (typeof value === 'number' ? String(value) : JSON.stringify(value));

/** A rejection with the value that stood there. @param value of JSON */
export const rejectionOf = (reason: Reason, field?: string, value?: unknown): Rejection => ({
  reason,
  ...(field !== undefined && { field }),
  ...(value !== undefined && { value: valueText(value).slice(0, MAX_VALUE_CHARS) }),
});
