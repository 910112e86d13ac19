import { advanced } from '../../domain/attempts';
import type { ShareCursor, ShareRef } from '../../domain/share';
import { recount } from '../../domain/tally';
import type { Results } from '../ledger/results';

interface ReplayParts {
  readonly input: ShareRef;
  readonly batch: { readonly results: Results };
  readonly retry: { readonly attempts: number };
  /** Says, record by record, that the work goes on. */
  readonly alive: () => boolean;
}

/** Works out from the ledger alone how far a share has come: all batches of each attempt up to the first without a record. */
export async function replayed({ input, batch, retry, alive }: ReplayParts, start: ShareCursor): Promise<ShareCursor> {
  const { results } = batch;
  let cursor = start;
  for (let attempt = 1; attempt <= retry.attempts; attempt += 1) {
    for (let number = 1; ; number += 1) {
      const at = { ...input, attempt, batch: number };
      const record = await results.find(at);
      if (record === undefined) break;
      alive();
      const isPlanned = input.pass === 'wave' && attempt === 1;
      const devices = (isPlanned ? undefined : (await results.begun(at))?.devices) ?? [];
      const was = devices.flatMap((device) => device.was ?? []);
      const tally = recount(cursor.tally, was, record.outcomes);
      cursor = { ...advanced(cursor, attempt, { gone: record.sources?.to ?? 0, made: 1 }), tally };
    }
  }
  return cursor;
}
