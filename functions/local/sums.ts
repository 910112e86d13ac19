import { added, NOTHING } from '../../telemetry/outcome';
import type { BatchOutcome } from '../../telemetry/ports';

/** What the batches of some seconds came to. */
export interface Sums extends BatchOutcome {
  readonly batches: number;
  /** Batches of which pages were not told: `publishFailed` says only whether there are any. */
  readonly unpublished: number;
  /** Tries that failed. */
  readonly failures: number;
}

/** Sums up what happens until it is asked for. */
export function createSums() {
  const fresh = { sum: NOTHING, batches: 0, unpublished: 0, failures: 0 };
  let now = { ...fresh };
  return {
    add(outcome: BatchOutcome): void {
      now.batches += 1;
      now.sum = added(now.sum, outcome);
      if (outcome.publishFailed) now.unpublished += 1;
    },
    fail(): void {
      now.failures += 1;
    },
    /** @returns undefined when nothing has happened since it was asked last */
    take(): Sums | undefined {
      const { sum, ...counts } = now;
      now = { ...fresh };
      return counts.batches + counts.failures > 0 ? { ...sum, ...counts } : undefined;
    },
  };
}
