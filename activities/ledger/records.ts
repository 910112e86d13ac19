import { faultCodeOf, GroundswellError } from '../../domain/errors';
import type { RolloutId } from '../../domain/ids';
import type { Ledger } from '../ports';

/** Folder of all that the ledger holds of a rollout. */
export const rolloutPath = (rolloutId: RolloutId): string => `rollouts/${rolloutId}`;

/** Reads and writes that every kind of record needs. */
export const recordsOf = (ledger: Ledger) => {
  /** @throws GS_LEDGER_MISSING */
  async function required(path: string): Promise<unknown> {
    const record = await ledger.get(path);
    if (record === undefined) throw new GroundswellError('GS_LEDGER_MISSING', { path });
    return record;
  }

  /** Writes a record unless there is one. @returns the one that counts, which is the first */
  async function firstOf<Kind extends object>(path: string, record: Kind): Promise<Kind> {
    try {
      await ledger.put(path, record);
      return record;
    } catch (error) {
      if (faultCodeOf(error) !== 'GS_LEDGER_CONFLICT') throw error;
      return (await required(path)) as Kind;
    }
  }

  return { required, firstOf };
};
