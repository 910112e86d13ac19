import { advanced } from '../../domain/attempts';
import type { Checkpoint, ShareCursor, ShareFault, ShareInput, ShareProgress, ShareResult } from '../../domain/share';
import { EMPTY_TALLY, mergeTallies, recount, sizeOf, type Tally, tallyOf } from '../../domain/tally';
import type { PlannedRun, RunEnd } from './batch';
import type { Work } from './work';

/** Characters of an outcome's detail that a heartbeat carries. */
const TOLD_DETAIL = 100;

export type Stop = NonNullable<ShareResult['stopped']>;

/** A batch with where the cursor stands once it has ended. */
export interface Planned extends PlannedRun {
  readonly gone: number;
}

interface InFlight {
  readonly answered: number;
  readonly checkpoint?: Checkpoint;
}

const wasOf = (devices: Planned['devices']) => devices.flatMap(({ was }) => was ?? []);

const shortened = (outcome: Checkpoint['outcomes'][number]) =>
  outcome.detail === undefined ? outcome : { ...outcome, detail: outcome.detail.slice(0, TOLD_DETAIL) };

/** How far a share has come: what is settled, what is in flight, and what it says of both. */
export class Standing {
  /** What is settled without a gap. */
  cursor: ShareCursor;
  /** Whether the hub has kept a batch waiting for too long. */
  neverStarted = false;
  /** While what was begun before is brought in, its devices are not running anew. */
  settling = false;
  waitsFor: string | undefined;
  /** What was done beyond the cursor, by batch: of a round that a stop has cut short. */
  readonly #beyond = new Map<string, Tally>();
  readonly #inFlight = new Map<PlannedRun, InFlight>();

  constructor(
    private readonly input: ShareInput,
    private readonly work: Pick<Work, 'size' | 'start'>,
    from: ShareCursor | undefined,
  ) {
    this.cursor = from ?? { batches: 0, retries: [], tally: work.start };
  }

  begun(batches: readonly Planned[]): void {
    for (const batch of batches) this.#inFlight.set(batch, { answered: 0 });
  }

  /** Nothing is in flight any more. */
  landed(): void {
    this.#inFlight.clear();
  }

  answered(batch: Planned, answered: number): void {
    this.#inFlight.set(batch, { ...this.#inFlight.get(batch), answered });
  }

  /** What is known of a batch's devices: another worker goes on from there. */
  checked(batch: Planned, outcomes: Checkpoint['outcomes']): void {
    const { attempt, batch: number } = batch;
    const checkpoint = { attempt, batch: number, outcomes: outcomes.map(shortened) };
    this.#inFlight.set(batch, { answered: outcomes.length, checkpoint });
  }

  /** @param isNext whether all before it have ended @returns whether the batch has ended */
  count(batch: Planned, end: RunEnd, isNext: boolean): boolean {
    const { devices, attempt, gone } = batch;
    const key = `${attempt}/${batch.batch}`;
    this.#beyond.delete(key);
    if (end.kind === 'neverStarted') {
      this.neverStarted = true;
      return false;
    }
    const outcomes = end.kind === 'ended' ? end.record.outcomes : end.outcomes;
    if (end.kind === 'ended' && isNext) {
      const tally = recount(this.cursor.tally, wasOf(devices), outcomes);
      this.cursor = { ...advanced(this.cursor, attempt, { gone, made: 1 }), tally };
    } else if (outcomes.length > 0) {
      const told = new Set(outcomes.map(({ deviceId }) => deviceId));
      const was = wasOf(devices.filter(({ deviceId }) => told.has(deviceId)));
      this.#beyond.set(key, recount(EMPTY_TALLY, was, outcomes));
    }
    return end.kind === 'ended';
  }

  get #done(): Tally {
    return mergeTallies([this.cursor.tally, ...this.#beyond.values()]);
  }

  get pending(): number {
    return this.work.size - sizeOf(this.#done);
  }

  result(stopped?: Stop, fault?: ShareFault): ShareResult {
    const tally = tallyOf({ ...this.#done, pending: this.pending });
    return { tally, cursor: this.cursor, ...(stopped && { stopped }), ...(fault && { fault }) };
  }

  progress(): ShareProgress {
    const { pass, wave, part, hub } = this.input;
    const flying = [...this.#inFlight.entries()];
    const devices = flying.flatMap(([batch]) => batch.devices);
    const begun = this.settling ? this.cursor.tally : recount(this.cursor.tally, wasOf(devices), []);
    const running = this.settling ? 0 : devices.length;
    const checkpoints = flying.flatMap(([, { checkpoint }]) => checkpoint ?? []);
    return {
      pass,
      wave,
      part,
      hub,
      cursor: this.cursor,
      tally: tallyOf({ ...begun, running, pending: this.work.size - sizeOf(begun) - running }),
      answered: flying.reduce((sum, [, { answered }]) => sum + answered, 0),
      ...(this.waitsFor !== undefined && { waitsFor: this.waitsFor }),
      ...(checkpoints.length > 0 && { checkpoints }),
    };
  }
}
