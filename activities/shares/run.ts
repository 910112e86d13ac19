import { log } from '@temporalio/activity';
import { advanced, nextStep, restAfter } from '../../domain/attempts';
import { failureLimit } from '../../domain/gate';
import { jobSlots } from '../../domain/limits';
import type { ShareCursor, ShareResult } from '../../domain/share';
import type { RetryRule } from '../../domain/spec';
import type { BatchWatch } from '../executors/executor';
import { type BatchParts, type PlannedRun, runBatch, type RunEnd } from './batch';
import { FaultError, faultOf, isFault } from './faults';
import { replayed } from './replay';
import { type RestParts, Rests } from './rests';
import { placeOf, type Retries, type Retry, type RetryPlace } from './retries';
import { type Planned, Standing, type Stop } from './standing';
import type { Fresh, Work } from './work';

export interface ShareParts extends RestParts {
  readonly batch: BatchParts;
  readonly work: Work;
  readonly retry: RetryRule;
  readonly retries: Retries;
  /** Says that the work goes on, where it has not come to a place of its own yet. */
  readonly alive: () => boolean;
  /** Where an earlier try of this activity had come to, or the last call. */
  readonly from?: ShareCursor;
}

/** One call of `runShare`: rounds of batches until nothing is left or something stops it. */
export class ShareRun {
  readonly #standing: Standing;
  readonly #rests: Rests;
  /** Batches of the round that may still begin devices. */
  #beginning = new Set<Planned>();
  #givingBack: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ShareParts) {
    const { input, work, from } = parts;
    this.#standing = new Standing(input, work, from);
    this.#rests = new Rests(parts, this.#standing);
  }

  /** @throws what trying again may mend; the rest is in the result, as a fault */
  async run(): Promise<ShareResult> {
    try {
      return this.#standing.result(await this.#steps());
    } catch (error) {
      const fault = faultOf(error);
      if (fault === undefined) throw error;
      return this.#standing.result('fault', fault);
    }
  }

  async #steps(): Promise<Stop | undefined> {
    const { input, from } = this.parts;
    if (from === undefined) this.#standing.cursor = await replayed(this.parts, this.#standing.cursor);
    await this.#bringIn();
    if (input.mode === 'settle') return this.#standing.pending > 0 ? 'cancelled' : undefined;
    for (;;) {
      const stopped = await this.#step();
      if (stopped !== undefined) return stopped === 'done' ? undefined : stopped;
    }
  }

  /** Does what comes next. @returns why nothing comes next */
  async #step(): Promise<Stop | 'done' | undefined> {
    const { work, retry } = this.parts;
    const { cursor } = this.#standing;
    const next = cursor.batches + 1;
    const fresh = await work.fresh(next);
    const step = nextStep({
      cursor,
      freshLeft: fresh.kind === 'batch',
      tripped: this.#tripped,
      attempts: retry.attempts,
    });
    if (step.kind === 'done' && fresh.kind !== 'later') return 'done';
    if (step.kind === 'tripped') return 'failureLimit';
    const stop = await this.#rests.stop();
    if (stop !== undefined) return stop;
    if (step.kind === 'fresh') return this.#round(await this.#freshBatches(this.#width));
    if (step.kind === 'retry') return this.#retryRound(step.attempt);
    await this.#later(fresh, next);
    return undefined;
  }

  async #later(fresh: Fresh, batch: number): Promise<void> {
    if (fresh.kind !== 'later' || (await this.parts.work.goneThrough?.(batch)) === true) return;
    await this.#rests.restLong(fresh.restMs, fresh.waitsFor);
  }

  get #tripped(): boolean {
    const { input } = this.parts;
    return input.limit === 'asked' && failureLimit(input.settings, this.#standing.cursor.tally).tripped;
  }

  /** Batches at once. */
  get #width(): number {
    const { input, batch } = this.parts;
    return batch.isDirect && !batch.takesJobSlot
      ? input.settings.parallel
      : Math.min(input.settings.parallel, jobSlots(batch.target.sku));
  }

  async #freshBatches(width: number): Promise<Planned[]> {
    const round: Planned[] = [];
    for (let batch = this.#standing.cursor.batches + 1; round.length < width; batch += 1) {
      const fresh = await this.parts.work.fresh(batch);
      if (fresh.kind !== 'batch') break;
      round.push({ ...this.parts.input, attempt: 1, batch, devices: fresh.devices, ...sourcesOf(fresh), gone: 0 });
    }
    return round;
  }

  async #retryRound(attempt: number): Promise<Stop | undefined> {
    const { retries, retry } = this.parts;
    const round: Planned[] = [];
    let [place, since] = [placeOf(this.#standing.cursor, attempt), ''];
    while (round.length < this.#width && place.gone < place.ended) {
      const made = await retries.next(place);
      if (made.since > since) since = made.since;
      if (made.devices.length > 0) round.push(this.#retryOf(place, made));
      place = { ...place, batch: place.batch + (made.devices.length > 0 ? 1 : 0), gone: made.gone };
    }
    if (round.length === 0) {
      this.#standing.cursor = advanced(this.#standing.cursor, attempt, { gone: place.gone, made: 0 });
      return undefined;
    }
    const due = since === '' ? 0 : Date.parse(since) + restAfter(retry, attempt - 1);
    return (await this.#rests.restUntil(due, `the rest before attempt ${attempt}`)) ?? this.#round(round);
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
    const rests = this.#rests;
    // What is given back late would take the next slots with it.
    await this.#givingBack;
    const over = (): boolean => rests.over() !== undefined;
    if (turn !== undefined && !(await turn.take({ rest: (ms, why) => rests.rest(ms, why), over }))) return rests.over();
    const stop = await rests.stop();
    if (stop !== undefined) return stop;
    const isWhole = await this.#runAll(batches, 'run');
    if (isWhole) return undefined;
    return this.#standing.neverStarted ? 'neverStarted' : (rests.over() ?? 'cancelled');
  }

  /**
   * Brings in what was begun before: jobs are awaited, parts of direct batches are counted. Devices that a lost worker was
   * calling are called again later, unless the call is only to settle.
   */
  async #bringIn(): Promise<void> {
    const { input, batch, retry, retries } = this.parts;
    this.#standing.settling = true;
    const width = Math.max(input.settings.parallel, batch.spec.batch.parallel);
    const bringIn = (round: readonly Planned[]) =>
      batch.isDirect && input.mode === 'run' ? this.#look(round) : this.#runAll(round, 'settle');
    await bringIn(await this.#freshBegun(width));
    for (let attempt = 2; attempt <= retry.attempts; attempt += 1) {
      const round: Planned[] = [];
      for (let place = placeOf(this.#standing.cursor, attempt); round.length < width;) {
        const made = await retries.begun(place);
        if (made === undefined) break;
        round.push(this.#retryOf(place, made));
        place = { ...place, batch: place.batch + 1, gone: made.gone };
      }
      await bringIn(round);
    }
    this.#standing.settling = false;
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
      isNext = this.#standing.count(batch, end, isNext) && isNext;
    }
  }

  /** First attempts that may have been begun: planned ones, and others where a record says so. */
  async #freshBegun(width: number): Promise<Planned[]> {
    const { input, batch } = this.parts;
    if (input.pass === 'wave') return this.#freshBatches(width);
    const round: Planned[] = [];
    for (let number = this.#standing.cursor.batches + 1; round.length < width; number += 1) {
      const begun = await batch.results.begun({ ...input, attempt: 1, batch: number });
      if (begun?.devices === undefined) break;
      round.push({ ...input, attempt: 1, batch: number, devices: begun.devices, ...sourcesOf(begun), gone: 0 });
    }
    return round;
  }

  /** @returns whether all have ended @throws a failure, once all have come to rest */
  async #runAll(batches: readonly Planned[], mode: BatchWatch['mode']): Promise<boolean> {
    const standing = this.#standing;
    standing.begun(batches);
    this.#beginning = new Set(batches);
    const ends = await Promise.allSettled(
      batches.map((batch) => runBatch(this.parts.batch, batch, this.#watch(batch, mode), () => this.#go(batch))),
    );
    standing.landed();
    let isWhole = true;
    for (const [index, batch] of batches.entries()) {
      const end = ends[index];
      if (end?.status === 'fulfilled') isWhole = standing.count(batch, end.value, isWhole) && isWhole;
      else isWhole = false;
    }
    this.parts.lifeline.beat(standing.progress());
    throwFirst(ends);
    return isWhole;
  }

  /** The spec's pace, and the server's word, right before a batch begins. */
  async #go({ devices }: Planned): Promise<boolean> {
    if (!this.parts.batch.isDirect) await this.#rests.pace(devices.length);
    return (await this.#rests.stop()) === undefined;
  }

  /** When the last batch of a round has begun all of its devices, others may have the slots. */
  #begun(batch: Planned): void {
    this.#beginning.delete(batch);
    if (this.#beginning.size > 0) return;
    const giving = this.parts.turn?.giveBack() ?? Promise.resolve();
    this.#givingBack = giving.catch((error: unknown) => void log.warn('could not give slots back yet', { error }));
  }

  #watch(batch: Planned, mode: BatchWatch['mode']): BatchWatch {
    const { lifeline } = this.parts;
    const standing = this.#standing;
    return {
      mode,
      beat: (answered) => {
        standing.answered(batch, answered);
        lifeline.beat(standing.progress());
      },
      check: async (outcomes) => {
        standing.checked(batch, outcomes);
        await lifeline.check(standing.progress());
      },
      stopAsked: () => lifeline.stopAsked(),
      rest: (millis) => lifeline.rest(millis),
      pace: (deviceCount) => this.#rests.pace(deviceCount),
      says: (words) => void (standing.waitsFor = words),
      allBegun: () => this.#begun(batch),
    };
  }
}

/** What trying again may mend comes first: while it is tried, nothing is at rest that a person could be asked about. */
function throwFirst(ends: readonly PromiseSettledResult<RunEnd>[]): void {
  const errors = ends.flatMap((end): unknown[] => {
    if (end.status === 'rejected') return [end.reason];
    return end.value.kind === 'broken' ? [end.value.error] : [];
  });
  const passing = errors.find((error) => !isFault(error));
  if (passing !== undefined) throw passing as Error; // whatever a batch was rejected with
  const [first, ...others] = errors.filter(isFault);
  if (first !== undefined) throw new FaultError([first, ...others]);
}

const sourcesOf = ({ sources }: Pick<PlannedRun, 'sources'>) => (sources === undefined ? {} : { sources });
