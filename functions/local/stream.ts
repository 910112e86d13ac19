import { EventHubConsumerClient, type PartitionContext, type ReceivedEventData } from '@azure/event-hubs';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import type { TokenCredential } from '@azure/identity';
import { ContainerClient } from '@azure/storage-blob';
import type { TelemetryProcessor } from '../../telemetry/ports';
import { type BatchOptions, createBatches } from './batches';
import type { StreamSettings } from './stream-settings';

/**
 * The most messages of one batch. A row is written once a batch, so large ones are what a reader that has fallen behind
 * catches up by: with 300, two processes that 1,000 devices sent a message a second to never did (docs/telemetry.md).
 */
const MOST_MESSAGES = 1_000;
/** How long the client waits for a first message before it looks whether it is to end; messages do not wait. */
const IDLE_SECONDS = 5;
/** A process renews what it owns so often before it would be lost. */
const RENEWALS = 6;

export interface StreamOptions {
  readonly settings: Omit<StreamSettings, 'tableEndpoint' | 'signalrEndpoint'>;
  /** With Azure Event Hubs Data Receiver, and Storage Blob Data Contributor on the container of checkpoints. */
  readonly credential: TokenCredential;
  readonly processor: TelemetryProcessor;
  /** Partitions of a process that has gone are taken by others after this time. */
  readonly ownershipMs: number;
  readonly on: {
    readonly outcome: BatchOptions['onOutcome'];
    readonly failure: BatchOptions['onFailure'];
    readonly owns: (partition: string) => void;
    readonly lost: (partition: string, why: string) => void;
    /** Of the client itself; it goes on trying. `partition` is empty where it is of none. */
    readonly error: (partition: string, error: Error) => void;
  };
}

/** A process that reads its share of the partitions. */
export interface Stream {
  /** Finishes the batches in hand, notes how far they are, and gives the partitions back. */
  close(): Promise<void>;
}

/** As the client wants it: with a promise. */
const soon =
  <Args extends unknown[]>(act: (...args: Args) => void) =>
  (...args: Args): Promise<void> => {
    act(...args);
    return Promise.resolve();
  };

/**
 * Reads the event hub with all other processes of the same consumer group: each partition is read by one of them at a time,
 * from the last checkpoint, or from the oldest message where there is none.
 *
 * @throws Error when the event hub or the container of checkpoints cannot be reached or does not let it in
 */
export async function openStream({ settings, credential, processor, ownershipMs, on }: StreamOptions): Promise<Stream> {
  const { host, eventHub, consumerGroup, checkpoints } = settings;
  const store = new BlobCheckpointStore(new ContainerClient(checkpoints, credential));
  const client = new EventHubConsumerClient(consumerGroup, host, eventHub, credential, store, {
    loadBalancingOptions: {
      strategy: 'greedy', // its whole share at once; one partition a turn would take as many turns as partitions
      updateIntervalInMs: ownershipMs / RENEWALS,
      partitionOwnershipExpirationIntervalInMs: ownershipMs,
    },
  });
  const batches = createBatches<ReceivedEventData>({
    processor,
    source: `${host}/${eventHub}`,
    hub: eventHub,
    hubs: settings.settings.hubs,
    onOutcome: on.outcome,
    onFailure: on.failure,
  });
  try {
    await client.getEventHubProperties();
    await store.listOwnership(host, eventHub, consumerGroup);
  } catch (error) {
    await client.close();
    throw error;
  }
  const subscription = client.subscribe(
    {
      processInitialize: soon(({ partitionId }: PartitionContext) => on.owns(partitionId)),
      processClose: soon((reason: string, { partitionId }: PartitionContext) => on.lost(partitionId, reason)),
      processEvents: (events, context) => batches.take(events, context),
      processError: soon((error: Error, { partitionId }: PartitionContext) => on.error(partitionId, error)),
    },
    {
      startPosition: { offset: '-1' },
      maxBatchSize: MOST_MESSAGES,
      maxWaitTimeInSeconds: IDLE_SECONDS,
      skipParsingBodyAsJson: true, // the pipeline says what is no JSON
    },
  );
  return {
    async close() {
      await batches.stop();
      await subscription.close();
      await client.close();
    },
  };
}
