import { EventHubConsumerClient } from '@azure/event-hubs';
import { DefaultAzureCredential } from '@azure/identity';
import { openStream } from '../functions/local/stream';
import type { StreamSettings } from '../functions/local/stream-settings';
import { createPipeline } from '../functions/telemetry/pipeline';

/** What a reader is to do; a message to its process. */
export interface Reading {
  readonly side: 'pipeline' | 'bare';
  readonly settings: StreamSettings;
  /** To read, and then to end. */
  readonly messages: number;
}

/** What it took; the answer. */
export interface ReadingCost {
  /** From the first messages at hand to the last ones done, ms. */
  readonly ms: number;
  readonly batches: number;
  /** Writes to DeviceState, those that another write made void included. */
  readonly rowWrites: number;
}

const credential = new DefaultAzureCredential();

/** Counts until it has them all. */
function counting(wanted: number) {
  let [began, seen] = [0, 0];
  let ended: (ms: number) => void = () => undefined;
  const all = new Promise<number>((resolve) => {
    ended = resolve;
  });
  return {
    all,
    begin: (): void => void (began ||= performance.now()),
    add: (count: number): void => {
      seen += count;
      if (seen >= wanted) ended(performance.now() - began);
    },
  };
}

/** What a reader costs that does nothing with messages. */
async function bare({ settings, messages }: Reading): Promise<ReadingCost> {
  const { host, eventHub, consumerGroup } = settings;
  const client = new EventHubConsumerClient(consumerGroup, host, eventHub, credential);
  const { all, begin, add } = counting(messages);
  let batches = 0;
  const subscription = client.subscribe(
    {
      processEvents: (events) => {
        if (events.length > 0) begin();
        batches += 1;
        add(events.length);
        return Promise.resolve();
      },
      processError: (error) => Promise.reject(error),
    },
    { startPosition: { offset: '-1' }, maxBatchSize: 300, maxWaitTimeInSeconds: 5, skipParsingBodyAsJson: true },
  );
  const ms = await all;
  await subscription.close();
  await client.close();
  return { ms, batches, rowWrites: 0 };
}

async function pipeline({ settings, messages }: Reading): Promise<ReadingCost> {
  const { all, begin, add } = counting(messages);
  const cost = { batches: 0, rowWrites: 0 };
  const failed = (_: string, error: unknown): void => console.error(error);
  const inner = createPipeline({ ...settings, credential }, (error) => console.error(error));
  const stream = await openStream({
    ...{ settings, credential, ownershipMs: 30_000 },
    processor: { process: (batch) => (begin(), inner.process(batch)) },
    on: {
      outcome: (_, { messages: count, devices, conflicts }) => {
        cost.batches += 1;
        cost.rowWrites += devices + conflicts;
        add(count);
      },
      ...{ failure: failed, error: failed, owns: () => undefined, lost: () => undefined },
    },
  });
  const ms = await all;
  await stream.close();
  return { ms, ...cost };
}

process.once('message', (reading: Reading) => {
  void (reading.side === 'bare' ? bare(reading) : pipeline(reading)).then((cost) => {
    process.send?.(cost);
    process.disconnect();
  });
});
