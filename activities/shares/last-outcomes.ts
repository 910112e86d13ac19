import { isFailure, isTouched } from '../../domain/outcome';
import type { BatchRef, ShareRef } from '../../domain/share';
import type { DeviceOutcome } from '../../domain/tally';
import type { BatchDevice, BatchRecord, BegunRecord, Home, Results } from '../ledger/results';

/** A device's last outcome in a pass, with what came before it. */
export interface LastOutcome extends Omit<BatchDevice, 'was'> {
  readonly outcome: DeviceOutcome;
}

/**
 * Batches of a round begin together, and a stop may keep an earlier one of them from beginning: so many in a row may be
 * missing before the rest of a share counts as never begun. More than the spec lets begin at once.
 */
const GAP = 128;

/** What a device of a batch has behind it once the batch has ended. */
function after(outcome: DeviceOutcome, at: BatchRef, before: Omit<BatchDevice, 'was' | 'deviceId'>): LastOutcome {
  const { pass, wave, part, attempt, batch } = at;
  const touched = before.touched ?? (isTouched(outcome) ? pass : undefined);
  return {
    deviceId: outcome.deviceId,
    outcome,
    home: before.home,
    failures: before.failures + (isFailure(outcome) ? 1 : 0),
    ...(touched && { touched }),
    last: { pass, wave, part, attempt, batch },
  };
}

/** @returns a batch's outcomes, each with the device's past */
export function withPast(record: BatchRecord, begun: BegunRecord | undefined, home: Home): LastOutcome[] {
  const past = new Map(begun?.devices?.map((device) => [device.deviceId, device]));
  return record.outcomes.map((outcome) => after(outcome, record, past.get(outcome.deviceId) ?? { home, failures: 0 }));
}

/** Finds, for batches in rising order, the devices that the next attempt has tried once more. */
function laterTries(results: Results, at: ShareRef, attempt: number) {
  let batch = 1;
  let begun: BegunRecord | undefined | null = null;
  return async (source: number): Promise<ReadonlySet<string>> => {
    const ref = (): BatchRef => ({ ...at, attempt, batch });
    if (begun === null) begun = await results.begun(ref());
    while (begun?.sources !== undefined && begun.sources.to < source) {
      batch += 1;
      begun = await results.begun(ref());
    }
    if (begun?.sources === undefined || begun.sources.from > source) return new Set();
    return new Set((await results.ended(ref()))?.outcomes.map(({ deviceId }) => deviceId));
  };
}

interface LookedFor {
  readonly attempts: number;
  readonly batchCount: number;
  readonly alive: () => unknown;
}

/**
 * Goes over a share's results in order, a batch at a time: each device that was begun comes once, with its last outcome.
 *
 * @param batchCount batches of the first attempt, at most
 * @param alive      called before each record that is looked for: storage may take longer for all than a heartbeat may stay away
 */
export async function* lastOutcomes(
  results: Results,
  at: ShareRef,
  { attempts, batchCount, alive }: LookedFor,
): AsyncGenerator<readonly LastOutcome[]> {
  let most = batchCount;
  for (let attempt = 1; attempt <= attempts && most > 0; attempt += 1) {
    const triedAgain = laterTries(results, at, attempt + 1);
    const isPlanned = at.pass === 'wave' && attempt === 1;
    let [missing, found] = [0, 0];
    for (let batch = 1; missing < GAP && batch <= most; batch += 1) {
      alive();
      const ref = { ...at, attempt, batch };
      const begun = isPlanned ? undefined : await results.begun(ref);
      const record = isPlanned || begun !== undefined ? await results.ended(ref) : undefined;
      missing = record === undefined ? missing + 1 : 0;
      if (record === undefined) continue;
      found = batch;
      const again = await triedAgain(batch);
      const home = { wave: at.wave, part: at.part, batch };
      yield withPast(record, begun, home).filter(({ deviceId }) => !again.has(deviceId));
    }
    most = found; // each batch of the next attempt is made of one or more of these
  }
}
