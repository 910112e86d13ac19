import { endedOf, goneOf, isTriedAgain } from '../../domain/attempts';
import { fitsOneBatch } from '../../domain/batches';
import type { ShareCursor, ShareRef } from '../../domain/share';
import type { RetryRule } from '../../domain/spec';
import type { BatchDevice, Results } from '../ledger/results';
import { withPast } from './last-outcomes';
import type { Made } from './work';

/** A batch of further tries. No devices: what was gone through has none to try once more. */
export interface Retry extends Made {
  /** Batches of the attempt before that are gone through with this one. */
  readonly gone: number;
  /** When the last of the attempts that it follows ended (UTC, ISO 8601). */
  readonly since: string;
}

/** Where the making of retries stands. */
export interface RetryPlace {
  readonly attempt: number;
  /** Number that the next batch gets. */
  readonly batch: number;
  readonly gone: number;
  /** Batches of the attempt before that have ended. */
  readonly ended: number;
}

export const placeOf = (cursor: ShareCursor, attempt: number): RetryPlace => ({
  attempt,
  batch: endedOf(cursor, attempt) + 1,
  gone: goneOf(cursor, attempt),
  ended: endedOf(cursor, attempt - 1),
});

/**
 * Makes batches of further tries out of the results of the attempt before: whole batches of results, as many as fit. One
 * that was begun before is the same again, by its record.
 */
export const createRetries = (results: Results, at: ShareRef, rule: RetryRule, size: number) => {
  async function leftOf(attempt: number, batch: number): Promise<{ devices: BatchDevice[]; endedAt: string }> {
    const ref = { ...at, attempt, batch };
    const record = await results.find(ref);
    if (record === undefined) return { devices: [], endedAt: '' };
    const begun = at.pass === 'wave' && attempt === 1 ? undefined : await results.begun(ref);
    const past = withPast(record, begun, { wave: at.wave, part: at.part, batch });
    const left = past.filter(({ outcome }) => isTriedAgain(rule, outcome));
    return {
      devices: left.map(({ outcome, ...device }) => ({ ...device, was: outcome.kind })),
      endedAt: record.endedAt,
    };
  }

  async function made({ attempt, gone, ended }: RetryPlace): Promise<Retry> {
    let devices: readonly BatchDevice[] = [];
    let [to, since] = [gone, ''];
    for (; to < ended; to += 1) {
      const left = await leftOf(attempt - 1, to + 1);
      const all = [...devices, ...left.devices];
      if (
        devices.length > 0 &&
        !fitsOneBatch(
          all.map(({ deviceId }) => deviceId),
          size,
        )
      )
        break;
      devices = all;
      if (left.devices.length > 0 && left.endedAt > since) since = left.endedAt;
    }
    return { devices, sources: { from: gone + 1, to }, gone: to, since };
  }

  return {
    /** @returns the batch that was begun at this place, if one was */
    async begun({ attempt, batch }: RetryPlace): Promise<Retry | undefined> {
      const record = await results.begun({ ...at, attempt, batch });
      if (record?.sources === undefined || record.devices === undefined) return undefined;
      return { devices: record.devices, sources: record.sources, gone: record.sources.to, since: '' };
    },

    async next(place: RetryPlace): Promise<Retry> {
      return (await this.begun(place)) ?? (await made(place));
    },
  };
};

export type Retries = ReturnType<typeof createRetries>;
