import { batchesOf } from '../../domain/batches';
import type { DeviceId, RolloutId } from '../../domain/ids';
import { rankOf } from '../../domain/order';
import type { BatchRef, ShareRef } from '../../domain/share';
import type { DeviceStory, StoryAttempt, StoryChapter, StoryPlace } from '../../domain/story';
import { beat } from '../beat';
import type { StoryActivities } from '../contracts';
import type { Ledger } from '../ports';
import { type ChunkRef, createPlans, type PlanRecord } from './plans';
import { type BatchRecord, type BegunRecord, createResults } from './results';
import { rolloutPath } from './records';

/** Rollouts that are looked at at once. */
const AT_ONCE = 8;
/** Rollouts that a story tells: its answer goes through Temporal, 2 MB at the most. */
const TOLD = 500;
/** Batches that may be missing in a row before the rest of a pass counts as never begun: a stop leaves such holes. */
const GAP = 64;

/** Where a device lies in a rollout: the part of the plan, and of a wave the batch. */
interface Place {
  readonly ref: ChunkRef;
  readonly place: StoryPlace;
}

/** Tells, of a batch that was begun, whether the one that is looked for lies before it, in it, or behind it. */
type Compare = (begun: BegunRecord) => -1 | 0 | 1;

const side = (from: number, to: number, wanted: number): -1 | 0 | 1 => (to < wanted ? 1 : from > wanted ? -1 : 0);

const has = (begun: BegunRecord, deviceId: DeviceId): boolean =>
  begun.devices?.some((device) => device.deviceId === deviceId) === true;

/** Devices' stories out of the ledger: by rank ranges and batch numbers, so that chunks of other devices stay unread. */
export const createStories = (ledger: Ledger): StoryActivities => {
  const plans = createPlans(ledger);
  const results = createResults(ledger);

  async function placeIn({ spec }: PlanRecord, ref: ChunkRef, deviceId: DeviceId): Promise<Place | undefined> {
    const deviceIds = await plans.chunk(ref);
    if (!deviceIds.includes(deviceId)) return undefined;
    if (ref.kind !== 'wave') return { ref, place: { kind: ref.kind } };
    const position = batchesOf(deviceIds, spec.batch.size).findIndex((batch) => batch.includes(deviceId));
    return { ref, place: { kind: 'wave', wave: ref.wave, part: ref.part, batch: ref.firstBatch + position } };
  }

  /** Where a rollout has the device: on each hub at most once. */
  async function placesOf(plan: PlanRecord, deviceId: DeviceId): Promise<Place[]> {
    const { rolloutId } = plan.summary;
    const found: Place[] = [];
    for (const ref of await plans.chunks(plan)) {
      const rank = rankOf(rolloutId, `${ref.hub}/${deviceId}`);
      if (rank < ref.ranks[0] || rank > ref.ranks[1]) continue;
      const place = await placeIn(plan, ref, deviceId);
      if (place !== undefined) found.push(place);
    }
    return found;
  }

  function attemptOf(record: BatchRecord, deviceId: DeviceId): StoryAttempt | undefined {
    const { pass, wave, part, batch, attempt, jobId, startedAt, endedAt } = record;
    const outcome = record.outcomes.find((each) => each.deviceId === deviceId);
    if (outcome === undefined) return undefined;
    return { pass, wave, part, batch, attempt, startedAt, endedAt, ...(jobId !== undefined && { jobId }), outcome };
  }

  /** Finds a batch of a pass and attempt by halves; a hole in the numbers counts as the end. */
  async function halved(at: Omit<BatchRef, 'batch'>, most: number, compare: Compare): Promise<BegunRecord | undefined> {
    let [low, high] = [1, most];
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const begun = await results.begun({ ...at, batch: middle });
      const where = begun === undefined ? -1 : compare(begun);
      if (where === 0) return begun;
      if (where < 0) high = middle - 1;
      else low = middle + 1;
    }
    return undefined;
  }

  /** The batches that have the device, one after another, over holes. */
  async function* oneByOne(at: Omit<BatchRef, 'batch'>, deviceId: DeviceId): AsyncGenerator<BegunRecord> {
    for (let batch = 1, missing = 0; missing < GAP; batch += 1) {
      const begun = await results.begun({ ...at, batch });
      missing = begun === undefined ? missing + 1 : 0;
      if (begun !== undefined && has(begun, deviceId)) yield begun;
    }
  }

  async function firstWith(at: Omit<BatchRef, 'batch'>, deviceId: DeviceId): Promise<BegunRecord | undefined> {
    const found = await oneByOne(at, deviceId).next();
    return found.done === true ? undefined : found.value;
  }

  /** This attempt and those after it. Batches of an attempt are made from those of the one before, in order. */
  async function* attemptsFrom(plan: PlanRecord, at: BatchRef, deviceId: DeviceId): AsyncGenerator<StoryAttempt> {
    const { attempts, on } = plan.spec.retry;
    let ref: BatchRef | undefined = at;
    while (ref !== undefined) {
      const record = await results.ended(ref);
      const told: StoryAttempt | undefined = record && attemptOf(record, deviceId);
      if (told === undefined) return;
      yield told;
      if (told.attempt >= attempts || !(on as readonly string[]).includes(told.outcome.kind)) return;
      const next: Omit<BatchRef, 'batch'> = { ...ref, attempt: told.attempt + 1 };
      const from: number = told.batch;
      const begun: BegunRecord | undefined =
        (await halved(next, from, ({ sources }) => side(sources?.from ?? 0, sources?.to ?? 0, from))) ??
        (await firstWith(next, deviceId));
      ref = begun && has(begun, deviceId) ? { ...next, batch: begun.batch } : undefined;
    }
  }

  /** Whether anything of a pass was begun, without reading it. */
  async function isBegun({ rolloutId, pass, wave, part }: ShareRef): Promise<boolean> {
    const paths = ledger.list(`${rolloutPath(rolloutId)}/results/${pass}-w${wave}-p${part}`)[Symbol.asyncIterator]();
    const first = await paths.next();
    await paths.return?.();
    return first.done !== true;
  }

  async function* wayBack(plan: PlanRecord, home: BatchRef, deviceId: DeviceId): AsyncGenerator<StoryAttempt> {
    const at = { ...home, pass: 'rollback' as const, attempt: 1 };
    if (!(await isBegun(at))) return;
    // Most devices are gone back over in the order of their first batches; the few that were retried come after them.
    const byHome = await halved(at, home.batch, ({ devices = [] }) =>
      side(devices[0]?.home.batch ?? 0, devices.at(-1)?.home.batch ?? 0, home.batch),
    );
    const begun = byHome && has(byHome, deviceId) ? byHome : await firstWith(at, deviceId);
    if (begun !== undefined) yield* attemptsFrom(plan, { ...at, batch: begun.batch }, deviceId);
  }

  async function* catchUp(plan: PlanRecord, home: BatchRef, deviceId: DeviceId): AsyncGenerator<StoryAttempt> {
    const part = plan.spec.target.hubs.indexOf(home.hub) + 1;
    const at = { ...home, pass: 'catchUp' as const, wave: 0, part, attempt: 1 };
    if (!(await isBegun(at))) return;
    for await (const { batch } of oneByOne(at, deviceId)) yield* attemptsFrom(plan, { ...at, batch }, deviceId);
  }

  async function attemptsOf(plan: PlanRecord, home: BatchRef, deviceId: DeviceId): Promise<StoryAttempt[]> {
    const attempts: StoryAttempt[] = [];
    for await (const attempt of attemptsFrom(plan, home, deviceId)) attempts.push(attempt);
    // Only who was offline in his wave is a straggler.
    if (attempts.at(-1)?.outcome.kind === 'offline') {
      for await (const attempt of catchUp(plan, home, deviceId)) attempts.push(attempt);
    }
    for await (const attempt of wayBack(plan, home, deviceId)) attempts.push(attempt);
    return attempts;
  }

  async function chapterOf(plan: PlanRecord, { ref, place }: Place, deviceId: DeviceId): Promise<StoryChapter> {
    const { rolloutId, name } = plan.summary;
    const head = { rolloutId, name, hub: ref.hub, place };
    if (place.kind !== 'wave') return { ...head, attempts: [] };
    const { wave, part, batch } = place;
    const attempts = await attemptsOf(
      plan,
      { rolloutId, pass: 'wave', wave, part, hub: ref.hub, attempt: 1, batch },
      deviceId,
    );
    const snapshot = (await results.snapshot({ rolloutId, wave, part, batch }))?.devices[deviceId];
    return { ...head, attempts, ...(snapshot && { snapshot }) };
  }

  async function chaptersOf(rolloutId: RolloutId, deviceId: DeviceId): Promise<StoryChapter[]> {
    const plan = await plans.find(rolloutId);
    if (plan === undefined) return [];
    const places = await placesOf(plan, deviceId);
    return Promise.all(places.map((place) => chapterOf(plan, place, deviceId)));
  }

  const beginOf = ({ attempts }: StoryChapter): string => attempts[0]?.startedAt ?? '';

  return {
    async tellStory({ deviceId }): Promise<DeviceStory> {
      const rollouts: RolloutId[] = [];
      for await (const name of ledger.folders('rollouts')) rollouts.push(name as RolloutId);
      const chapters: StoryChapter[] = [];
      for (let from = 0; from < rollouts.length; from += AT_ONCE) {
        const some = rollouts.slice(from, from + AT_ONCE);
        chapters.push(...(await Promise.all(some.map((rolloutId) => chaptersOf(rolloutId, deviceId)))).flat());
        await beat({ rollouts: from + some.length });
      }
      chapters.sort((left, right) => (beginOf(left) < beginOf(right) ? -1 : 1));
      return {
        deviceId,
        rolloutCount: rollouts.length,
        chapterCount: chapters.length,
        chapters: chapters.slice(-TOLD),
      };
    },
  };
};
