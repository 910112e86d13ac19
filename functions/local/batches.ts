import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../../telemetry/backoff';
import { messageOf, type ReceivedEvent } from '../../telemetry/message';
import type { BatchOutcome, TelemetryProcessor } from '../../telemetry/ports';

/** One partition, as `@azure/event-hubs` gives it. */
export interface Partition<Event> {
  readonly partitionId: string;
  /** Notes that all up to this event is done. */
  updateCheckpoint(last: Event): Promise<void>;
}

export interface BatchOptions {
  readonly processor: TelemetryProcessor;
  /** `<namespace>/<event hub>` */
  readonly source: string;
  /** Of messages that do not name their hub. */
  readonly hub: string;
  /** The stack's names of hubs by the messages'. */
  readonly hubs: Readonly<Record<string, string>>;
  readonly onOutcome: (partition: string, outcome: BatchOutcome) => void;
  /** A try has failed; `tries` is how many have. */
  readonly onFailure: (partition: string, error: unknown, tries: number) => void;
  /** @default timers of Node */
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** Of one batch. With the waits in between about 20 s, in which a table or a token may come back. */
const TRIES = 7;
const BACKOFF = { retryBaseMs: 250, retryCapMs: 10_000 };

/** A batch that cannot be done. Not `retryable`, so that the client of Event Hubs lets go of the partition. */
export class BatchFailed extends Error {
  override readonly name = 'BatchFailed';
}

/**
 * Takes batches of partitions: through the pipeline, then the checkpoint. What fails is tried again; what fails for good is
 * thrown, and comes again from the checkpoint, to this process or another. Nothing is skipped.
 */
export function createBatches<Event extends ReceivedEvent>(options: BatchOptions) {
  const { processor, source, hub, hubs, onOutcome, onFailure, wait = sleep } = options;
  const inHand = new Set<Promise<void>>();
  let stopping = false;

  async function insisting(partition: string, act: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await act();
        return;
      } catch (error) {
        onFailure(partition, error, tries);
        if (tries >= TRIES || stopping)
          throw new BatchFailed(`partition ${partition} is given up after ${tries} tries`, { cause: error });
        await wait(backoffMs(tries, BACKOFF, Math.random));
      }
    }
  }

  async function done(events: readonly Event[], last: Event, place: Partition<Event>): Promise<void> {
    const { partitionId: partition } = place;
    const messages = events.map((event) => messageOf(event, hubs));
    await insisting(partition, async () => {
      onOutcome(partition, await processor.process({ source, partition, hub, messages }));
    });
    await insisting(partition, () => place.updateCheckpoint(last));
  }

  return {
    /** @throws BatchFailed */
    async take(events: readonly Event[], place: Partition<Event>): Promise<void> {
      const last = events.at(-1);
      if (last === undefined || stopping) return; // no checkpoint: it comes again
      const work = done(events, last, place);
      inHand.add(work);
      await work.finally(() => inHand.delete(work));
    },
    /** Takes no more, and waits for the batches in hand. */
    async stop(): Promise<void> {
      stopping = true;
      await Promise.allSettled(inHand);
    },
  };
}
