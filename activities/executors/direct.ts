import { faultCodeOf, type GroundswellError } from '../../domain/errors';
import { callsInFlight, METHOD_METER } from '../../domain/limits';
import { cut } from '../../domain/outcome';
import type { DeviceOutcome } from '../../domain/tally';
import type { BatchDevice } from '../ledger/results';
import { eachBounded } from '../pool';
import { confirmed } from './confirm';
import { type Calls, methodCalls, restoreCalls, twinCalls } from './direct-calls';
import type { Batch, BatchEnd, BatchWatch, DirectDeed, Executor } from './executor';

/** How often the server is asked whether somebody wants a stop: it is known within this time. */
const ASK_MS = 500;
/** Rests between tries of one call to a hub that gives no answer; then the whole activity is tried again, later. */
const TRY_RESTS_MS = [500, 2_000];
/** How long calls rest after a 429 that does not say. Source: IoT Hub's own retry advice starts at this. */
const THROTTLED_REST_MS = 5_000;
const LONGEST_SLICE_MS = 500;

const NOT_KNOWN = 'the worker was lost during the call: whether the device did it is not known';

function callsOf({ deed, ...batch }: Batch<DirectDeed>): Calls {
  if (deed.kind === 'method') return methodCalls({ ...batch, deed }, METHOD_METER);
  return deed.kind === 'twin' ? twinCalls({ ...batch, deed }) : restoreCalls({ ...batch, deed });
}

const retryAfterMs = (error: unknown): number => {
  const seconds = (error as GroundswellError).details.retryAfterSeconds;
  return typeof seconds === 'number' ? seconds * 1_000 : THROTTLED_REST_MS;
};

/** The calls of one batch while they run. */
class Run {
  readonly outcomes: Map<string, DeviceOutcome>;
  /** A hub that has refused one call for its quota gets no other before this moment. */
  #quietUntil = 0;
  #over = false;

  constructor(
    private readonly batch: Batch<DirectDeed>,
    private readonly calls: Calls,
    private readonly watch: BatchWatch,
  ) {
    this.outcomes = new Map(batch.known.map((outcome) => [outcome.deviceId, outcome]));
  }

  /** All outcomes so far, in the batch's order. */
  get inOrder(): DeviceOutcome[] {
    return this.batch.devices.flatMap(({ deviceId }) => this.outcomes.get(deviceId) ?? []);
  }

  readonly #go = (): boolean => !this.#over && !this.watch.stopAsked();

  /** Calls all devices that have no outcome yet, unless a stop keeps some of them from it. */
  async all(): Promise<void> {
    const open = this.batch.devices.filter(({ deviceId }) => !this.outcomes.has(deviceId));
    await this.watch.check(this.inOrder);
    const asking = this.#ask();
    try {
      const calls = eachBounded(open, callsInFlight(this.batch.target.sku, this.calls.quota), this.#one, this.#go);
      // When the asking fails, the attempt is over at once: what is in flight is not waited for.
      await Promise.race([calls, asking.failed]);
    } catch (error) {
      // The next attempt at the activity goes on from what was heard until now.
      await this.watch.check(this.inOrder).catch(() => undefined);
      throw error;
    } finally {
      this.#over = true;
      asking.end();
    }
  }

  #ask(): { readonly failed: Promise<never>; end(): void } {
    let busy = false;
    let timer: NodeJS.Timeout | undefined;
    const failed = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        if (busy) return;
        busy = true;
        this.watch
          .check(this.inOrder)
          .catch(reject)
          .finally(() => (busy = false));
      }, ASK_MS);
    });
    return { failed, end: () => clearInterval(timer) };
  }

  /** Waits its turn, then calls one device; a stop that comes while it waits keeps it from beginning. */
  readonly #one = async (device: BatchDevice): Promise<void> => {
    await this.watch.pace(1);
    for (let tries = 0; this.#go();) {
      await this.#quiet();
      if (this.#go()) await this.batch.target.turn(this.calls.quota, this.calls.places);
      if (!this.#go()) return;
      try {
        const outcome = await this.calls.one(device);
        if (!this.#over) this.outcomes.set(device.deviceId, outcome);
        return;
      } catch (error) {
        if (faultCodeOf(error) === 'GS_HUB_THROTTLED') this.#quietUntil = Date.now() + retryAfterMs(error);
        else await this.#unanswered(device, error, tries++);
      }
    }
  };

  /** A hub that does not answer is asked again a few times; somebody who wants a stop does not wait for that. */
  async #unanswered(device: BatchDevice, error: unknown, tries: number): Promise<void> {
    if (faultCodeOf(error) !== 'GS_HUB_UNAVAILABLE') throw error;
    if (this.watch.stopAsked()) {
      const detail = cut(`${NOT_KNOWN}: ${(error as Error).message}`);
      this.outcomes.set(device.deviceId, { deviceId: device.deviceId, kind: 'timedOut', detail });
      return;
    }
    const rest = TRY_RESTS_MS[tries];
    if (rest === undefined) throw error;
    await this.watch.rest(rest);
  }

  async #quiet(): Promise<void> {
    for (let left = this.#quietUntil - Date.now(); left > 0 && this.#go(); left = this.#quietUntil - Date.now())
      await this.watch.rest(Math.min(left, LONGEST_SLICE_MS));
  }
}

/** What is told of devices that a lost worker may have called, where nobody may call them again. */
const unknown = ({ devices, known }: Batch): BatchEnd => {
  const have = new Set(known.map(({ deviceId }) => deviceId));
  const lost = devices.filter(({ deviceId }) => !have.has(deviceId));
  const outcomes = lost.map(({ deviceId }): DeviceOutcome => ({ deviceId, kind: 'timedOut', detail: NOT_KNOWN }));
  return { kind: 'stopped', outcomes: [...known, ...outcomes] };
};

/**
 * Runs a batch by calls of its own: direct methods, twin patches, or each twin's way back. After a crash the devices
 * without a known outcome are called again, with the same operation id.
 */
export const createDirectExecutor = (): Executor<DirectDeed> => ({
  async run(batch, watch): Promise<BatchEnd> {
    if (watch.mode === 'settle') return unknown(batch);
    const run = new Run(batch, callsOf(batch), watch);
    await run.all();
    const endedAt = new Date().toISOString();
    const outcomes = await confirmed(batch, watch, run.inOrder, endedAt);
    return outcomes.length < batch.devices.length
      ? { kind: 'stopped', outcomes }
      : { kind: 'ended', endedAt, outcomes };
  },
});
