import type { BatchOutcome } from './ports';
import type { Reason } from './rejection';

export type Rejections = BatchOutcome['rejected'];

/** What no message came to. */
export const NOTHING: BatchOutcome = {
  messages: 0,
  accepted: 0,
  duplicates: 0,
  rejected: {},
  devices: 0,
  conflicts: 0,
  publishFailed: false,
};

/** How many there are of each reason. */
export const countedBy = (reasons: readonly Reason[]): Rejections =>
  reasons.reduce<Rejections>((counts, reason) => ({ ...counts, [reason]: (counts[reason] ?? 0) + 1 }), {});

const addedRejections = (a: Rejections, b: Rejections): Rejections => {
  const reasons = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<Reason>;
  return Object.fromEntries([...reasons].map((reason) => [reason, (a[reason] ?? 0) + (b[reason] ?? 0)]));
};

/** Sums up what parts of a batch, or several batches, came to. */
export const added = (a: BatchOutcome, b: BatchOutcome): BatchOutcome => ({
  messages: a.messages + b.messages,
  accepted: a.accepted + b.accepted,
  duplicates: a.duplicates + b.duplicates,
  rejected: addedRejections(a.rejected, b.rejected),
  devices: a.devices + b.devices,
  conflicts: a.conflicts + b.conflicts,
  publishFailed: a.publishFailed || b.publishFailed,
});
