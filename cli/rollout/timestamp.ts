/** A protobuf Timestamp as the client decodes it: `seconds` is a Long, a number or a string of digits. */
export interface Timestamp {
  readonly seconds?: { toString(): string } | null;
  readonly nanos?: number | null;
}

export const dateOf = (time: Timestamp | null | undefined): Date | undefined =>
  time?.seconds ? new Date(Number(time.seconds.toString()) * 1_000 + (time.nanos ?? 0) / 1e6) : undefined;
