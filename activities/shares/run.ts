import { advanced, nextStep, restAfter } from '../../domain/attempts';
import { failureLimit } from '../../domain/gate';
import { jobSlots } from '../../domain/limits';
import type { Checkpoint, ShareCursor, ShareInput, ShareProgress, ShareResult } from '../../domain/share';
import type { RetryRule } from '../../domain/spec';
import { EMPTY_TALLY, mergeTallies, recount, sizeOf, type Tally, tallyOf } from '../../domain/tally';
import type { BatchWatch } from '../executors/executor';
import type { Lifeline } from '../lifeline';
import { type BatchParts, type PlannedRun, runBatch, type RunEnd } from './batch';
import type { Pace } from './pace';
import { replayed } from './replay';
import { placeOf, type Retries, type Retry, type RetryPlace } from './retries';
import type { Turn } from './turn';
import type { Fresh, Work } from './work';

/** Rests are cut into slices of this length, so that heartbeats go on. */
const SLICE_MS = 2_000;
/** From this on, a rest gives the job slots back to others. */
const LONG_REST_MS = 5_000;
/** Characters of an outcome's detail that a heartbeat carries. */
const TOLD_DETAIL = 100;

type Stop = NonNullable<ShareResult['stopped']>;

export interface ShareParts {
  readonly input: ShareInput;
  readonly batch: BatchParts;
  readonly work: Work;
  readonly retry: RetryRule;
  readonly retries: Retries;
  readonly turn?: Turn;
  readonly pace: Pace;
  readonly lifeline: Lifeline<ShareProgress>;
  /** Says that the work goes on, where it has not come to a place of its own yet. */
  readonly alive: () => boolean;
  /** Where an earlier try of this activity had come to, or the last call. */
  readonly from?: ShareCursor;
}

/** A batch with where the cursor stands once it has ended. */
interface Planned extends PlannedRun {
  readonly gone: number;
}

/** One call of `runShare`: rounds of batches until nothing is left or something stops it. */
export class ShareRun {
  #cursor: ShareCursor;
  /** What was done beyond the cursor, by batch: of a round that a stop has cut short. */
  readonly #beyond = new Map<string, Tally>();
  readonly #inFlight = new Map<PlannedRun, { answered: number; checkpoint?: Checkpoint }>();
  #settling = false;
  #neverStarted = false;
  #waitsFor: string | undefined;

  constructor(private readonly parts: ShareParts) {
    this.#cursor = parts.from ?? { batches: 0, retries: [], tally: parts.work.start };
  }

  async run(): Promise<ShareResult> {
    const { input, from } = this.parts;
    if (from === undefined) this.#cursor = await replayed(this.parts, this.#cursor);
    await this.#bringIn();
    if (input.mode === 'settle') return this.#result(this.#pending > 0 ? 'cancelled' : undefined);
    for (;;) {
      const stopped = await this.#step();
      if (stopped !== undefined) return this.#result(stopped === 'done' ? undefined : stopped);
    }
  }

  /** Does what comes next. @returns why nothing comes next */
  async #step(): Promise<Stop | 'done' | undefined> {
    const { work, retry } = this.parts;
    const next = this.#cursor.batches + 1;
    const fresh = await work.fresh(next);
    const step = nextStep({
      cursor: this.#cursor,
      freshLeft: fresh.kind === 'batch',
      tripped: this.#tripped,
      attempts: retry.attempts,
    });
    if (step.kind === 'done' && fresh.kind !== 'later') return 'done';
    if (step.kind === 'tripped') return 'failureLimit';
    const stop = await this.#stop();
    if (stop !== undefined) return stop;
    if (step.kind === 'fresh') return this.#freshRound();
    if (step.kind === 'retry') return this.#retryRound(step.attempt);
    await this.#later(fresh, next);
    return undefined;
  }

  async #later(fresh: Fresh, batch: number): Promise<void> {
    if (fresh.kind !== 'later' || (await this.parts.work.goneThrough?.(batch)) === true) return;
    await this.#restLong(fresh.restMs, fresh.waitsFor);
  }

  get #tripped(): boolean {
    const { input } = this.parts;
    return input.limit === 'asked' && failureLimit(input.settings, this.#cursor.tally).tripped;
  }

  /** Batches at once. */
  get #width(): number {
    const { input, batch } = this.parts;
    return batch.isDirect ? input.settings.parallel : Math.min(input.settings.parallel, jobSlots(batch.target.sku));
  }

  async #freshRound(): Promise<Stop | undefined> {
    return this.#round(await this.#freshBatches(this.#width));
  }

  async #freshBatches(width: number): Promise<Planned[]> {
    const round: Planned[] = [];
    for (let batch = this.#cursor.batches + 1; round.length < width; batch += 1) {
      const fresh = await this.parts.work.fresh(batch);
      if (fresh.kind !== 'batch') break;
      round.push({ ...this.parts.input, attempt: 1, batch, devices: fresh.devices, ...sourcesOf(fresh), gone: 0 });
    }
    return round;
  }

  async #retryRound(attempt: number): Promise<Stop | undefined> {
    const { retries, retry } = this.parts;
    const round: Planned[] = [];
    let [place, since] = [placeOf(this.#cursor, attempt), ''];
    while (round.length < this.#width && place.gone < place.ended) {
      const made = await retries.next(place);
      if (made.since > since) since = made.since;
      if (made.devices.length > 0) round.push(this.#retryOf(place, made));
      place = { ...place, batch: place.batch + (made.devices.length > 0 ? 1 : 0), gone: made.gone };
    }
    if (round.length === 0) {
      this.#cursor = advanced(this.#cursor, attempt, { gone: place.gone, made: 0 });
      return undefined;
    }
    const due = since === '' ? 0 : Date.parse(since) + restAfter(retry, attempt - 1);
    const waitsFor = `the rest before attempt ${attempt}`;
    for (let left = due - Date.now(); left > 0; left = due - Date.now()) {
      const stop = this.#over();
      if (stop !== undefined) return stop;
      await this.#restLong(left, waitsFor);
    }
    return this.#round(round);
  }

  #retryOf({ attempt, batch }: RetryPlace, made: Retry): Planned {
    return {
      ...this.parts.input,
      attempt,
      batch,
      devices: made.devices,
      ...sourcesOf(made),
      gone: made.gone,
    };
  }

  /** Runs batches at once and counts them. @returns why some have not ended */
  async #round(batches: readonly Planned[]): Promise<Stop | undefined> {
    const { turn } = this.parts;
    const over = (): boolean => this.#over() !== undefined;
    if (turn !== undefined && !(await turn.take({ rest: (ms, why) => this.#rest(ms, why), over }))) return this.#over();
    const stop = await this.#stop();
    if (stop !== undefined) return stop;
    const isWhole = await this.#runAll(batches, 'run');
    if (isWhole) return undefined;
    return this.#neverStarted ? 'neverStarted' : (this.#over() ?? 'cancelled');
  }

  /**
   * Brings in what was begun before: jobs are awaited, parts of direct batches are counted. Devices that a lost worker was
   * calling are called again later, unless the call is only to settle.
   */
  async #bringIn(): Promise<void> {
    const { input, batch, retry, retries } = this.parts;
    this.#settling = true;
    const width = Math.max(input.settings.parallel, batch.spec.batch.parallel);
    const bringIn = (round: readonly Planned[]) =>
      batch.isDirect && input.mode === 'run' ? this.#look(round) : this.#runAll(round, 'settle');
    await bringIn(await this.#freshBegun(width));
    for (let attempt = 2; attempt <= retry.attempts; attempt += 1) {
      const round: Planned[] = [];
      for (let place = placeOf(this.#cursor, attempt); round.length < width;) {
        const made = await retries.begun(place);
        if (made === undefined) break;
        round.push(this.#retryOf(place, made));
        place = { ...place, batch: place.batch + 1, gone: made.gone };
      }
      await bringIn(round);
    }
    this.#settling = false;
  }

  /** Counts what records tell of batches. */
  async #look(round: readonly Planned[]): Promise<void> {
    const { results } = this.parts.batch;
    let isNext = true;
    for (const batch of round) {
      const record = await results.find(batch);
      const end: RunEnd = record
        ? { kind: 'ended', record }
        : { kind: 'stopped', outcomes: await results.partOf(batch) };
      isNext = this.#count(batch, end, isNext) && isNext;
    }
  }

  /** First attempts that may have been begun: planned ones, and others where a record says so. */
  async #freshBegun(width: number): Promise<Planned[]> {
    const { input, batch } = this.parts;
    if (input.pass === 'wave') return this.#freshBatches(width);
    const round: Planned[] = [];
    for (let number = this.#cursor.batches + 1; round.length < width; number += 1) {
      const begun = await batch.results.begun({ ...input, attempt: 1, batch: number });
      if (begun?.devices === undefined) break;
      round.push({ ...input, attempt: 1, batch: number, devices: begun.devices, ...sourcesOf(begun), gone: 0 });
    }
    return round;
  }

  /** @returns whether all have ended @throws the first failure, once all have come to rest */
  async #runAll(batches: readonly Planned[], mode: BatchWatch['mode']): Promise<boolean> {
    for (const batch of batches) this.#inFlight.set(batch, { answered: 0 });
    const ends = await Promise.allSettled(
      batches.map((batch) => runBatch(this.parts.batch, batch, this.#watch(batch, mode), () => this.#go(batch))),
    );
    this.#inFlight.clear();
    let isWhole = true;
    for (const [index, batch] of batches.entries()) {
      const end = ends[index];
      if (end?.status === 'fulfilled') isWhole = this.#count(batch, end.value, isWhole) && isWhole;
      else isWhole = false;
    }
    this.parts.lifeline.beat(this.#progress());
    const failed = ends.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    return isWhole;
  }

  /** @param isNext whether all before it have ended @returns whether the batch has ended */
  #count(batch: Planned, end: RunEnd, isNext: boolean): boolean {
    const { devices, attempt, gone } = batch;
    const key = `${attempt}/${batch.batch}`;
    this.#beyond.delete(key);
    if (end.kind === 'neverStarted') this.#neverStarted = true;
    if (end.kind === 'neverStarted') return false;
    const outcomes = end.kind === 'ended' ? end.record.outcomes : end.outcomes;
    if (end.kind === 'ended' && isNext) {
      const tally = recount(this.#cursor.tally, wasOf(devices), outcomes);
      this.#cursor = { ...advanced(this.#cursor, attempt, { gone, made: 1 }), tally };
    } else if (outcomes.length > 0) {
      const told = new Set(outcomes.map(({ deviceId }) => deviceId));
      const was = wasOf(devices.filter(({ deviceId }) => told.has(deviceId)));
      this.#beyond.set(key, recount(EMPTY_TALLY, was, outcomes));
    }
    return end.kind === 'ended';
  }

  /** The spec's pace, and the server's word, right before a batch begins. */
  async #go({ devices }: Planned): Promise<boolean> {
    if (!this.parts.batch.isDirect) await this.#pace(devices.length);
    return (await this.#stop()) === undefined;
  }

  async #pace(deviceCount: number): Promise<void> {
    const { input, pace } = this.parts;
    const { devicesPerMinute } = input.settings;
    if (devicesPerMinute === undefined) return;
    let left = pace.take(input, deviceCount, devicesPerMinute);
    for (; left > 0 && this.#over() === undefined; left -= SLICE_MS)
      await this.#rest(Math.min(left, SLICE_MS), `${devicesPerMinute} devices a minute`);
  }

  #watch(batch: Planned, mode: BatchWatch['mode']): BatchWatch {
    const { lifeline } = this.parts;
    const state = () => this.#inFlight.get(batch) ?? { answered: 0 };
    return {
      mode,
      beat: (answered) => {
        this.#inFlight.set(batch, { ...state(), answered });
        lifeline.beat(this.#progress());
      },
      check: async (outcomes) => {
        const { attempt, batch: number } = batch;
        const checkpoint = { attempt, batch: number, outcomes: outcomes.map(shortened) };
        this.#inFlight.set(batch, { answered: outcomes.length, checkpoint });
        await lifeline.check(this.#progress());
      },
      stopAsked: () => lifeline.stopAsked(),
      rest: (millis) => lifeline.rest(millis),
      pace: (deviceCount) => this.#pace(deviceCount),
    };
  }

  /** Why nothing new may begin, as far as is known here. */
  #over(): Stop | undefined {
    const { input, lifeline } = this.parts;
    if (lifeline.stopAsked()) return 'cancelled';
    return input.until !== undefined && Date.now() >= Date.parse(input.until) ? 'until' : undefined;
  }

  /** Why nothing new may begin; asks the server. */
  async #stop(): Promise<Stop | undefined> {
    await this.parts.lifeline.check(this.#progress());
    return this.#over();
  }

  async #rest(millis: number, waitsFor: string): Promise<void> {
    this.#waitsFor = waitsFor;
    this.parts.lifeline.beat(this.#progress());
    await this.parts.lifeline.rest(Math.min(millis, SLICE_MS));
    this.#waitsFor = undefined;
  }

  /** Rests in slices, until somebody wants a stop; others may use the job slots meanwhile. */
  async #restLong(millis: number, waitsFor: string): Promise<void> {
    if (millis > LONG_REST_MS) await this.parts.turn?.giveBack();
    for (let left = millis; left > 0 && this.#over() === undefined; left -= SLICE_MS)
      await this.#rest(Math.min(left, SLICE_MS), waitsFor);
  }

  get #pending(): number {
    return this.parts.work.size - sizeOf(mergeTallies([this.#cursor.tally, ...this.#beyond.values()]));
  }

  #result(stopped?: Stop): ShareResult {
    const done = mergeTallies([this.#cursor.tally, ...this.#beyond.values()]);
    const tally = tallyOf({ ...done, pending: this.#pending });
    return { tally, cursor: this.#cursor, ...(stopped && { stopped }) };
  }

  #progress(): ShareProgress {
    const { pass, wave, part, hub } = this.parts.input;
    const flying = [...this.#inFlight.entries()];
    const devices = flying.flatMap(([batch]) => batch.devices);
    const begun = this.#settling ? this.#cursor.tally : recount(this.#cursor.tally, wasOf(devices), []);
    const running = this.#settling ? 0 : devices.length;
    const checkpoints = flying.flatMap(([, { checkpoint }]) => checkpoint ?? []);
    return {
      pass,
      wave,
      part,
      hub,
      cursor: this.#cursor,
      tally: tallyOf({ ...begun, running, pending: this.parts.work.size - sizeOf(begun) - running }),
      answered: flying.reduce((sum, [, { answered }]) => sum + answered, 0),
      ...(this.#waitsFor !== undefined && { waitsFor: this.#waitsFor }),
      ...(checkpoints.length > 0 && { checkpoints }),
    };
  }
}

const wasOf = (devices: Planned['devices']) => devices.flatMap(({ was }) => was ?? []);
const sourcesOf = ({ sources }: Pick<PlannedRun, 'sources'>) => (sources === undefined ? {} : { sources });

const shortened = (outcome: Checkpoint['outcomes'][number]) =>
  outcome.detail === undefined ? outcome : { ...outcome, detail: outcome.detail.slice(0, TOLD_DETAIL) };
