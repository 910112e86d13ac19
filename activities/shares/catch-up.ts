import { batchesOf, deviceCondition } from '../../domain/batches';
import type { DeviceId } from '../../domain/ids';
import type { ShareRef } from '../../domain/share';
import { tallyOf } from '../../domain/tally';
import { catchUpRest, STRAGGLERS } from '../../domain/uses';
import type { BatchDevice, ListHead, Results } from '../ledger/results';
import type { Hub } from '../ports';
import { type LastOutcome, lastOutcomes } from './last-outcomes';
import type { Fresh, Work } from './work';

/** Stragglers in one chunk of a list: one query's worth of conditions a few times over. */
const CHUNK = 1_000;
/** Batches that are remembered: more than begin at once. */
const HELD = 128;
const ALIVE_EVERY_MS = 2_000;

/** Waits for what may take longer than a heartbeat may stay away: many rollouts may ask one hub. */
async function patiently<Result>(work: Promise<Result>, alive: () => unknown): Promise<Result> {
  const timer = setInterval(alive, ALIVE_EVERY_MS);
  return work.finally(() => clearInterval(timer));
}

/** A planned share of the hub whose stragglers are caught up. */
export interface StragglerShare {
  readonly at: ShareRef;
  readonly batchCount: number;
}

export interface CatchUpInput {
  readonly hub: Hub;
  readonly shares: AsyncIterable<StragglerShare> | Iterable<StragglerShare>;
  readonly attempts: number;
  readonly batchSize: number;
  /** Says that the work goes on, before each of its steps. @returns whether somebody still wants it */
  readonly alive: () => boolean;
}

/** Fills chunks of a list, in order. */
async function* chunked(pages: AsyncIterable<readonly BatchDevice[]>): AsyncGenerator<readonly BatchDevice[]> {
  let chunk: BatchDevice[] = [];
  for await (const page of pages) {
    chunk.push(...page);
    for (; chunk.length >= CHUNK; chunk = chunk.slice(CHUNK)) yield chunk.slice(0, CHUNK);
  }
  if (chunk.length > 0) yield chunk;
}

const stragglerOf = ({ outcome, ...device }: LastOutcome): BatchDevice => ({ ...device, was: outcome.kind });

async function* stragglersOf(results: Results, { shares, attempts, alive }: CatchUpInput) {
  for await (const { at, batchCount } of shares) {
    for await (const page of lastOutcomes(results, at, { attempts, batchCount, alive })) {
      yield page.filter(({ outcome }) => outcome.kind === 'offline').map(stragglerOf);
    }
  }
}

/**
 * The devices whose last outcome is offline, tried when they are connected.
 *
 * They lie in the ledger as a list. A round goes over the list chunk by chunk, asks the hub who is connected now, and hands
 * these out in batches. Once a round has made a batch, the next one goes over a new list: without those who are not
 * offline any more. A batch that was begun says by its record which round and chunk it came from, so that another worker
 * goes on there.
 */
export async function catchUpWork(results: Results, at: ShareRef, input: CatchUpInput): Promise<Work> {
  const first = (await results.list(at, 1)) ?? (await results.keepList(at, 1, chunked(stragglersOf(results, input))));
  let round = 1;
  let head: ListHead = first;
  let chunk = 0;
  /** Number of the first batch of this round, if it has made one; it has made those up to `lastBatch`. */
  let firstBatch: number | undefined;
  let ready: BatchDevice[][] = [];
  let inVain = 0;
  const handed = new Map<number, Fresh>();

  /** Goes to the newest list, and in it to where the last batch came from. */
  async function findPlace(batch: number): Promise<void> {
    for (let newer = await results.list(at, round + 1); newer; newer = await results.list(at, round + 1)) {
      [round, head, chunk, firstBatch] = [round + 1, newer, 0, undefined];
    }
    for (let before = batch - 1; before >= 1; before -= 1) {
      const sources = (await results.begun({ ...at, attempt: 1, batch: before }))?.sources;
      if (sources?.round !== round) break;
      firstBatch = before;
      chunk = Math.max(chunk, sources.to);
    }
  }
  let placed = false;

  async function connectedOf(devices: readonly BatchDevice[]): Promise<BatchDevice[]> {
    const here = new Set<DeviceId>();
    const ids = devices.map(({ deviceId }) => deviceId);
    for (const some of batchesOf(ids, STRAGGLERS)) {
      if (!input.alive()) break;
      await patiently(input.hub.turn('queries'), input.alive);
      const where = `${deviceCondition(some)} AND connectionState = 'Connected'`;
      for await (const page of input.hub.devices(where)) {
        for (const { deviceId, connected } of page) if (connected) here.add(deviceId);
      }
    }
    return devices.filter(({ deviceId }) => here.has(deviceId));
  }

  /** Goes on through the list until somebody on it is connected. */
  async function look(): Promise<void> {
    while (ready.length === 0 && chunk < head.chunkCount && input.alive()) {
      chunk += 1;
      const devices = await connectedOf(await results.listChunk(at, round, chunk));
      const byId = new Map(devices.map((device) => [device.deviceId, device]));
      ready = batchesOf([...byId.keys()], input.batchSize).map((ids) =>
        ids.flatMap((deviceId) => byId.get(deviceId) ?? []),
      );
    }
  }

  /** What is left of this round's list now that its batches have ended. */
  async function* leftOf(batch: number): AsyncGenerator<readonly BatchDevice[]> {
    let next = firstBatch ?? batch;
    for (let each = 1; each <= head.chunkCount; each += 1) {
      const caughtUp = new Set<DeviceId>();
      for (; next < batch; next += 1) {
        const ref = { ...at, attempt: 1, batch: next };
        if (((await results.begun(ref))?.sources?.to ?? 0) > each) break;
        for (const { deviceId, kind } of (await results.ended(ref))?.outcomes ?? [])
          if (kind !== 'offline') caughtUp.add(deviceId);
      }
      yield (await results.listChunk(at, round, each)).filter(({ deviceId }) => !caughtUp.has(deviceId));
    }
  }

  /** A batch that a lost worker had begun: this round goes on behind it. */
  async function begunBefore(batch: number): Promise<Fresh | undefined> {
    const begun = await results.begun({ ...at, attempt: 1, batch });
    if (begun?.devices === undefined || begun.sources === undefined) return undefined;
    if (begun.sources.round === round) [chunk, firstBatch] = [Math.max(chunk, begun.sources.to), firstBatch ?? batch];
    return { kind: 'batch', devices: begun.devices, sources: begun.sources };
  }

  async function made(batch: number): Promise<Fresh> {
    if (head.deviceCount === 0) return { kind: 'none' };
    await look();
    const [devices] = ready;
    if (devices !== undefined) {
      ready = ready.slice(1);
      firstBatch ??= batch;
      return { kind: 'batch', devices, sources: { from: chunk, to: chunk, round } };
    }
    const restMs = catchUpRest(inVain++);
    return { kind: 'later', restMs, waitsFor: `${head.deviceCount} offline devices to come back` };
  }

  return {
    size: first.deviceCount,
    start: tallyOf({ offline: first.deviceCount }),
    async fresh(batch) {
      if (!placed) await findPlace(batch);
      placed = true;
      for (const number of handed.keys()) if (number < batch - HELD) handed.delete(number);
      const known = handed.get(batch);
      if (known !== undefined) return known;
      const fresh = (await begunBefore(batch)) ?? (await made(batch));
      if (fresh.kind === 'batch') handed.set(batch, fresh);
      return fresh;
    },
    async goneThrough(batch) {
      chunk = 0;
      if (firstBatch === undefined) return false;
      head = await results.keepList(at, round + 1, chunked(leftOf(batch)));
      [round, firstBatch] = [round + 1, undefined];
      return true;
    },
  };
}
