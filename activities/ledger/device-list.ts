import {
  type DeviceCounts,
  DeviceCounter,
  type DevicePage,
  type DeviceQuery,
  type ListCursor,
  type ListedDevice,
  listKeyOf,
  type ListScope,
} from '../../domain/device-list';
import type { DeviceId } from '../../domain/ids';
import { type BatchRef, type Pass, shareIdOf, type ShareRef } from '../../domain/share';
import { beat } from '../beat';
import type { ListActivities } from '../contracts';
import type { Ledger } from '../ports';
import { createPlans, type PlanRecord } from './plans';
import { type BatchRecord, createResults } from './results';

/** Devices of a page, at most: with the longest details it stays below the 2 MB that Temporal lets through. */
const PAGE = 500;
/** Devices that counting holds at once. */
const COUNTED_AT_ONCE = 5_000;

/** An outcome that was found, and the pass that has it; a newer one may lie elsewhere. */
interface Candidate {
  readonly at: ShareRef;
  readonly device: ListedDevice;
}

const samePass = (left: Pick<ShareRef, 'pass' | 'wave' | 'part'>, right: typeof left): boolean =>
  left.pass === right.pass && left.wave === right.wave && left.part === right.part;

type Place = Pick<BatchRef, 'attempt' | 'batch'>;

/** The order of a pass: by attempts, then by numbers. */
const isBefore = (left: Place, right: Place): boolean =>
  left.attempt < right.attempt || (left.attempt === right.attempt && left.batch < right.batch);

/** One pass over a device comes after the other. */
const RANK: Readonly<Record<Pass, number>> = { wave: 0, catchUp: 1, rollback: 2 };

/** Whether a batch that has a device has its newer outcome. Only the catch-up has one device in many batches of an attempt. */
function isNewer(batch: BatchRef, than: ListedDevice): boolean {
  if (batch.pass !== than.pass) return RANK[batch.pass] > RANK[than.pass];
  return batch.pass === 'catchUp' ? isBefore(than, batch) : batch.attempt > than.attempt;
}

/**
 * Lists a rollout's devices by their last outcomes, out of the batches' records. Memory holds a page and a batch, and the
 * numbers of one pass's batches.
 *
 * A device has one outcome an attempt. Whether a later attempt, the catch-up or the rollback has a newer one is asked only
 * for devices that would be listed: a page of them at a time.
 */
export const createDeviceLists = (ledger: Ledger): ListActivities => {
  const plans = createPlans(ledger);
  const results = createResults(ledger);

  /** All passes that a query is about, in the order of the list: wave by wave, the catch-ups last. */
  async function* passesOf(plan: PlanRecord, { rolloutId, wave, hub }: DeviceQuery): AsyncGenerator<ShareRef> {
    for await (const { index, shares } of plans.waves(plan)) {
      for (const share of shares) {
        if ((wave !== undefined && index !== wave) || (hub !== undefined && share.hub !== hub)) continue;
        const at = { rolloutId, wave: index, part: share.part, hub: share.hub };
        yield { ...at, pass: 'wave' };
        yield { ...at, pass: 'rollback' };
      }
    }
    for (const [index, each] of plan.spec.target.hubs.entries()) {
      if (hub === undefined || each === hub) yield { rolloutId, pass: 'catchUp', wave: 0, part: index + 1, hub: each };
    }
  }

  /** In the catch-up the wave that planned a device is known by the batch's beginning. */
  async function wavesOf(record: BatchRecord): Promise<(deviceId: DeviceId) => number> {
    if (record.pass !== 'catchUp') return () => record.wave;
    const begun = await results.begun(record);
    const homes = new Map(begun?.devices?.map(({ deviceId, home }) => [deviceId, home.wave]));
    return (deviceId) => homes.get(deviceId) ?? 0;
  }

  /** A batch's outcomes that a query is about, from a place in it on. */
  async function candidatesOf(at: ShareRef, record: BatchRecord, query: DeviceQuery, from: number) {
    const waveOf = await wavesOf(record);
    const { pass, hub, batch, attempt, endedAt } = record;
    return record.outcomes.flatMap((outcome, index): (Candidate & { readonly gone: number })[] => {
      if (index < from || !query.outcomes.includes(outcome.kind)) return [];
      const wave = waveOf(outcome.deviceId);
      if (query.wave !== undefined && wave !== query.wave) return [];
      return [{ at, device: { ...outcome, hub, wave, pass, batch, attempt, endedAt }, gone: index + 1 }];
    });
  }

  /** Finds so many candidates behind a cursor, or less at the end. @returns also where it stopped */
  async function find(plan: PlanRecord, query: DeviceQuery, cursor: ListCursor | undefined, most: number) {
    const found: Candidate[] = [];
    let from = cursor;
    for await (const at of passesOf(plan, query)) {
      if (from !== undefined && !samePass(from, at)) continue;
      const begin = from;
      from = undefined;
      for (const place of await results.batches(at)) {
        if (begin !== undefined && isBefore(place, begin)) continue;
        await beat({ ...place, pass: at.pass, wave: at.wave });
        const record = await results.ended({ ...at, ...place });
        if (record === undefined) continue;
        const here = begin !== undefined && !isBefore(begin, place) ? begin.gone : 0;
        for (const { gone, ...candidate } of await candidatesOf(at, record, query, here)) {
          found.push(candidate);
          const { pass, wave, part } = at;
          if (found.length >= most) return { found, next: { pass, wave, part, ...place, gone } };
        }
      }
    }
    return { found };
  }

  /** Passes that may have newer outcomes of candidates: their own, the catch-up of the offline, the way back of all. */
  async function* laterPasses(plan: PlanRecord, candidates: readonly Candidate[]): AsyncGenerator<ShareRef> {
    const { rolloutId } = plan.summary;
    const own = new Map(candidates.map(({ at }) => [shareIdOf(at), at]));
    yield* own.values();
    const away = candidates.filter(({ at, device }) => at.pass === 'wave' && device.kind === 'offline');
    const awayFrom = new Set(away.map(({ at }) => at.hub));
    for (const [index, hub] of plan.spec.target.hubs.entries()) {
      const at: ShareRef = { rolloutId, pass: 'catchUp', wave: 0, part: index + 1, hub };
      if (awayFrom.has(hub) && !own.has(shareIdOf(at))) yield at;
    }
    const homes = new Set(candidates.map(({ at, device }) => `${device.wave} ${at.hub}`));
    for await (const { index, shares } of plans.waves(plan)) {
      for (const { part, hub } of shares) {
        const at: ShareRef = { rolloutId, pass: 'rollback', wave: index, part, hub };
        if (homes.has(`${index} ${hub}`) && !own.has(shareIdOf(at))) yield at;
      }
    }
  }

  /** @returns those of the candidates that have no newer outcome anywhere, in their order */
  async function lastOf(plan: PlanRecord, candidates: readonly Candidate[]): Promise<ListedDevice[]> {
    const open = new Set(candidates);
    const byDevice = new Map<string, Candidate[]>();
    for (const candidate of candidates) {
      const key = listKeyOf(candidate.device);
      byDevice.set(key, [...(byDevice.get(key) ?? []), candidate]);
    }
    for await (const at of laterPasses(plan, candidates)) {
      for (const place of await results.batches(at)) {
        const ref = { ...at, ...place };
        if (!candidates.some(({ device }) => isNewer(ref, device))) continue;
        await beat({ ...place, pass: at.pass, wave: at.wave });
        for (const { deviceId } of (await results.ended(ref))?.outcomes ?? []) {
          for (const candidate of byDevice.get(listKeyOf({ hub: at.hub, deviceId })) ?? [])
            if (isNewer(ref, candidate.device)) open.delete(candidate);
        }
      }
    }
    return [...open].map(({ device }) => device);
  }

  async function pageOf(plan: PlanRecord, query: DeviceQuery, cursor: ListCursor | undefined, most: number) {
    const { found, next } = await find(plan, query, cursor, most);
    return { devices: await lastOf(plan, found), next };
  }

  async function scopeOf(plan: PlanRecord): Promise<ListScope> {
    let waveCount = 0;
    for await (const { index } of plans.waves(plan)) waveCount = index;
    return { hubs: plan.spec.target.hubs, waveCount };
  }

  return {
    async listDevices({ query, cursor }): Promise<DevicePage> {
      const plan = await plans.record(query.rolloutId);
      const { devices, next } = await pageOf(plan, query, cursor, PAGE);
      return { scope: await scopeOf(plan), devices, ...(next && { next }) };
    },

    async countListed(query): Promise<DeviceCounts> {
      const plan = await plans.record(query.rolloutId);
      const counter = new DeviceCounter();
      let cursor: ListCursor | undefined;
      do {
        const { devices, next } = await pageOf(plan, query, cursor, COUNTED_AT_ONCE);
        for (const device of devices) counter.add(device);
        cursor = next;
      } while (cursor !== undefined);
      return counter.result(await scopeOf(plan));
    },
  };
};
