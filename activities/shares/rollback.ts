import { fitsOneBatch } from '../../domain/batches';
import type { ShareRef } from '../../domain/share';
import type { RolloutSpec } from '../../domain/spec';
import { EMPTY_TALLY } from '../../domain/tally';
import type { BatchDevice, Results } from '../ledger/results';
import { type LastOutcome, lastOutcomes } from './last-outcomes';
import type { Fresh, Work } from './work';

/** What a rollback reads of the rollout. */
export interface RollbackInput {
  readonly spec: RolloutSpec;
  /** Batches of the wave's share. */
  readonly batchCount: number;
  /** The hub's catch-up, which may have touched devices of this wave. */
  readonly catchUp: ShareRef;
  /** Says, step by step, that the work goes on. */
  readonly alive: () => boolean;
}

const backOf = ({ deviceId, home, last }: LastOutcome): BatchDevice => ({
  deviceId,
  home,
  failures: 0,
  ...(last && { last }),
});

/** The wave's devices that were touched, a batch of results at a time: in the wave itself, or only in the catch-up. */
async function* touchedOf(
  results: Results,
  at: ShareRef,
  { spec, batchCount, catchUp, alive }: RollbackInput,
): AsyncGenerator<readonly BatchDevice[]> {
  const { attempts } = spec.retry;
  for await (const page of lastOutcomes(results, { ...at, pass: 'wave' }, { attempts, batchCount, alive })) {
    yield page.filter(({ touched, outcome }) => touched !== undefined && outcome.movedTo === undefined).map(backOf);
  }
  const endless = Number.POSITIVE_INFINITY;
  for await (const page of lastOutcomes(results, catchUp, { attempts, batchCount: endless, alive })) {
    yield page
      .filter((device) => device.touched === 'catchUp' && device.outcome.movedTo === undefined && isOf(at, device))
      .map(backOf);
  }
}
const isOf = ({ wave, part }: ShareRef, { home }: LastOutcome): boolean => home.wave === wave && home.part === part;

/** Goes over the devices of a wave's share that were touched, in the order of its results. */
export async function rollbackWork(results: Results, at: ShareRef, input: RollbackInput): Promise<Work> {
  const touched = () => touchedOf(results, at, input);
  let size = 0;
  for await (const page of touched()) size += page.length;

  // Pages gone through, and those that come next.
  let [gone, pages]: [number, AsyncGenerator<readonly BatchDevice[]>] = [0, touched()];
  let ahead: readonly BatchDevice[] | undefined;
  let last: { readonly batch: number; readonly fresh: Fresh } | undefined;

  async function skipTo(page: number): Promise<void> {
    if (page < gone) [gone, pages, ahead] = [0, touched(), undefined];
    for (; gone < page; gone += 1) {
      if (ahead === undefined) await pages.next();
      ahead = undefined;
    }
  }

  async function next(from: number): Promise<Fresh> {
    await skipTo(from);
    let devices: readonly BatchDevice[] = [];
    for (;;) {
      if (ahead === undefined) {
        const page = await pages.next();
        if (page.done === true) break;
        ahead = page.value;
      }
      const all = [...devices, ...ahead];
      if (
        devices.length > 0 &&
        !fitsOneBatch(
          all.map(({ deviceId }) => deviceId),
          input.spec.batch.size,
        )
      )
        break;
      [devices, ahead, gone] = [all, undefined, gone + 1];
    }
    if (devices.length === 0) return { kind: 'none' };
    return { kind: 'batch', devices, sources: { from: from + 1, to: gone } };
  }

  async function goneBefore(batch: number): Promise<number> {
    if (batch === 1) return 0;
    if (last?.batch === batch - 1 && last.fresh.kind === 'batch') return last.fresh.sources?.to ?? 0;
    return (await results.begun({ ...at, attempt: 1, batch: batch - 1 }))?.sources?.to ?? 0;
  }

  return {
    size,
    start: EMPTY_TALLY,
    async fresh(batch) {
      if (last?.batch === batch) return last.fresh;
      const begun = await results.begun({ ...at, attempt: 1, batch });
      const fresh: Fresh = begun?.devices
        ? { kind: 'batch', devices: begun.devices, ...(begun.sources && { sources: begun.sources }) }
        : await next(await goneBefore(batch));
      last = { batch, fresh };
      return fresh;
    },
  };
}
