import type { ShareInput, ShareProgress } from '../../domain/share';
import type { Lifeline } from '../lifeline';
import type { Pace } from './pace';
import type { Standing } from './standing';
import type { Turns } from './turn';

/** Rests are cut into slices of this length, so that heartbeats go on. */
const SLICE_MS = 2_000;
/** From this on, a rest gives the job slots back to others. */
const LONG_REST_MS = 5_000;

export interface RestParts {
  readonly input: ShareInput;
  readonly turn?: Turns;
  /** Devices a minute that the share's slots are worth, where they bound that. */
  readonly worth?: number;
  readonly pace: Pace;
  readonly lifeline: Lifeline<ShareProgress>;
}

/** When a share waits and when nothing new of it may begin. */
export class Rests {
  constructor(
    private readonly parts: RestParts,
    private readonly standing: Standing,
  ) {}

  /** Why nothing new may begin, as far as is known here. */
  over(): 'cancelled' | 'until' | undefined {
    const { input, lifeline } = this.parts;
    if (lifeline.stopAsked()) return 'cancelled';
    return input.until !== undefined && Date.now() >= Date.parse(input.until) ? 'until' : undefined;
  }

  /** Why nothing new may begin; asks the server. */
  async stop(): Promise<'cancelled' | 'until' | undefined> {
    await this.parts.lifeline.check(this.standing.progress());
    return this.over();
  }

  /** One slice of a rest. */
  async rest(millis: number, waitsFor: string): Promise<void> {
    const { standing } = this;
    standing.waitsFor = waitsFor;
    this.parts.lifeline.beat(standing.progress());
    await this.parts.lifeline.rest(Math.min(millis, SLICE_MS));
    standing.waitsFor = undefined;
  }

  /** Rests in slices, until nothing new may begin; others may use the job slots meanwhile. */
  async restLong(millis: number, waitsFor: string): Promise<void> {
    if (millis > LONG_REST_MS) await this.parts.turn?.giveBack();
    for (let left = millis; left > 0 && this.over() === undefined; left -= SLICE_MS)
      await this.rest(Math.min(left, SLICE_MS), waitsFor);
  }

  /** Rests until a moment. @returns why nothing new may begin, where that came first */
  async restUntil(due: number, waitsFor: string): Promise<'cancelled' | 'until' | undefined> {
    for (let left = due - Date.now(); left > 0; left = due - Date.now()) {
      const stop = this.over();
      if (stop !== undefined) return stop;
      await this.restLong(left, waitsFor);
    }
    return undefined;
  }

  /** Waits until the spec's own pace lets so many devices begin. */
  async pace(deviceCount: number): Promise<void> {
    const { input, pace, worth = Infinity } = this.parts;
    const devicesPerMinute = Math.min(worth, input.settings.devicesPerMinute ?? Infinity);
    if (devicesPerMinute === Infinity) return;
    let left = pace.take(input, deviceCount, devicesPerMinute);
    for (; left > 0 && this.over() === undefined; left -= SLICE_MS)
      await this.rest(Math.min(left, SLICE_MS), `${Math.floor(devicesPerMinute)} devices a minute`);
  }
}
