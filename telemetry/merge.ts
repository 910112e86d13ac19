import { LRUCache } from 'lru-cache';
import { type Applied, apply, type DeviceBatch } from './apply';
import { backoffMs } from './backoff';
import type { Judged } from './judge';
import { added, countedBy, NOTHING } from './outcome';
import type { BatchOutcome, RejectedMessage, RejectedStore, StateStore, StoredState } from './ports';
import { type Rejection, rejectionOf } from './rejection';
import type { TelemetrySettings } from './settings';
import { keyText } from './state';
import { type DeviceView, viewOf } from './view';

export interface MergePorts {
  readonly states: StateStore;
  readonly rejected: RejectedStore;
  /** From 0, below 1. */
  readonly random: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/** A device's part of a batch and where it came from. */
export interface Arrival extends DeviceBatch {
  readonly source: string;
  readonly partition: string;
}

export interface Merged {
  readonly outcome: BatchOutcome;
  /** Where the row may have changed. */
  readonly view?: DeviceView;
}

/** How tries have ended: with the row as it now is, or without. */
interface Ended {
  readonly applied: Applied;
  readonly conflicts: number;
  readonly stored?: StoredState;
  /** Why the batch is not in the row. */
  readonly lost?: string;
}

/** Writes a device's part of a batch into its row; never throws for a row that others write, too. */
export function createMerge(
  { states, rejected, random, wait }: MergePorts,
  settings: TelemetrySettings,
): (arrival: Arrival) => Promise<Merged> {
  const rows = new LRUCache<string, StoredState>({ max: settings.cachedDevices });

  /** What this host has written last; another may have written since, which the write then shows. */
  const rowOf = async ({ key }: Arrival, attempt: number) =>
    (attempt === 0 ? rows.get(keyText(key)) : undefined) ?? (await states.read(key));

  const reject = async ({ source, partition, key }: Arrival, rejections: readonly Refusal[]): Promise<void> => {
    const messages = rejections.map(([{ message }, rejection]): RejectedMessage => ({
      source,
      partition,
      hub: key.hub,
      message,
      rejection,
    }));
    if (messages.length > 0) await rejected.write(messages);
  };

  /** Rejected messages go first: once the row covers them, they would not be written when the batch comes again. */
  async function tried(arrival: Arrival): Promise<Ended> {
    const recorded = new Set<string>();
    for (let attempt = 0; ; attempt += 1) {
      const stored = await rowOf(arrival, attempt);
      const applied = apply(stored?.state, arrival, settings);
      const unrecorded = refusalsOf(applied).filter((refusal) => !recorded.has(refusalText(refusal)));
      await reject(arrival, unrecorded);
      for (const refusal of unrecorded) recorded.add(refusalText(refusal));
      if (applied.state === undefined) return { applied, conflicts: attempt, ...(stored && { stored }) };

      const result = await states.write(arrival.key, applied.state, stored?.etag);
      if (result.kind === 'written')
        return { applied, conflicts: attempt, stored: { state: applied.state, etag: result.etag } };
      if (result.kind === 'refused') return { applied, conflicts: attempt, lost: result.reason };
      if (attempt + 1 >= settings.tries)
        return { applied, conflicts: attempt + 1, lost: `others wrote its row ${settings.tries} times meanwhile` };
      await wait(backoffMs(attempt + 1, settings, random));
    }
  }

  return async (arrival) => {
    const ended = await tried(arrival);
    const { stored, lost, applied, conflicts } = ended;
    if (lost !== undefined) {
      rows.delete(keyText(arrival.key));
      await reject(
        arrival,
        applied.accepted.map((one) => [one, rejectionOf('lost', undefined, lost)]),
      );
    } else if (stored) rows.set(keyText(arrival.key), stored);
    const shows = stored && (applied.state !== undefined || conflicts > 0);
    return { outcome: outcomeOf(ended), ...(shows && { view: viewOf(arrival.key, stored.state) }) };
  };
}

type Refusal = readonly [judged: Judged, rejection: Rejection];

/** Of one device and batch. A row that another has written meanwhile may give a message another reason. */
const refusalText = ([{ message }, { reason }]: Refusal): string => `${message.sequence} ${reason}`;

const refusalsOf = ({ rejected, tooLate }: Applied): Refusal[] => [
  ...rejected.map((one): Refusal => [one, one.rejection]),
  ...tooLate.map((one): Refusal => [one, rejectionOf('tooLate')]),
];

function outcomeOf({ applied, conflicts, lost }: Ended): BatchOutcome {
  const { accepted, duplicateCount: duplicates } = applied;
  const isWritten = applied.state !== undefined && lost === undefined;
  const reasons = refusalsOf(applied).map(([, { reason }]) => reason);
  const base = { ...NOTHING, duplicates, conflicts, rejected: countedBy(reasons), devices: isWritten ? 1 : 0 };
  return lost === undefined
    ? { ...base, accepted: accepted.length }
    : added(base, { ...NOTHING, rejected: countedBy(accepted.map(() => 'lost')) });
}
