import type { BatchAttempt, HubName } from '../../domain/ids';
import type { DeviceOutcome } from '../../domain/tally';
import type { Ledger } from '../ports';
import { recordsOf, rolloutPath } from './records';

/** How a batch attempt ended, device by device. */
export interface BatchRecord extends BatchAttempt {
  readonly hub: HubName;
  readonly jobId: string;
  readonly endedAt: string;
  readonly outcomes: readonly DeviceOutcome[];
}

const batchPath = ({ rolloutId, wave, batch, attempt }: BatchAttempt, hub: HubName): string =>
  `${rolloutPath(rolloutId)}/results/w${wave}/${hub}/b${batch}-a${attempt}.json`;

/** What batches came to: one record a batch attempt. The first writer of one wins. */
export const createResults = (ledger: Ledger) => {
  const { firstOf } = recordsOf(ledger);
  return {
    findBatch: async (at: BatchAttempt, hub: HubName) =>
      (await ledger.get(batchPath(at, hub))) as BatchRecord | undefined,

    /** @returns the record that counts: an earlier one where another worker had already settled this batch */
    settleBatch: (record: BatchRecord) => firstOf(batchPath(record, record.hub), record),
  };
};

export type Results = ReturnType<typeof createResults>;
