import { z } from 'zod';
import { messageOf } from '../../telemetry/message';
import type { BatchOutcome, TelemetryProcessor } from '../../telemetry/ports';

const properties = z.record(z.string(), z.unknown());

/**
 * What the trigger says of a batch (azure-functions/functions-bindings-event-hubs-trigger.md, "Event metadata"): an array each,
 * in the order of the events. The partition's id has .NET's
 * spelling (PartitionContext), as the host serializes it (azure-functions-dotnet-worker, issue 544).
 */
const metadata = z.object({
  partitionContext: z.object({ PartitionId: z.string() }),
  sequenceNumberArray: z.array(z.number()),
  enqueuedTimeUtcArray: z.array(z.string()),
  propertiesArray: z.array(properties),
  systemPropertiesArray: z.array(properties),
});

export interface EventsOptions {
  readonly processor: TelemetryProcessor;
  readonly host: string;
  readonly eventHub: string;
  readonly hubs: Readonly<Record<string, string>>;
}

/**
 * What the trigger calls with a batch of one partition.
 *
 * @throws when a store does not answer, or the trigger's metadata is not what is documented: the host must call again
 */
export function createEvents({ processor, host, eventHub, hubs }: EventsOptions) {
  return async (bodies: readonly unknown[], triggerMetadata: unknown): Promise<BatchOutcome> => {
    const found = metadata.parse(triggerMetadata);
    const { sequenceNumberArray: sequences, enqueuedTimeUtcArray: times } = found;
    const lengths = [sequences, times, found.propertiesArray, found.systemPropertiesArray].map(({ length }) => length);
    if (lengths.some((length) => length !== bodies.length))
      throw new Error(`the trigger tells of ${lengths.join(', ')} events, and gives ${bodies.length}`);
    const messages = bodies.map((body, at) =>
      messageOf(
        {
          body,
          sequenceNumber: sequences[at] ?? NaN,
          enqueuedTimeUtc: times[at] ?? '',
          properties: found.propertiesArray[at] ?? {},
          systemProperties: found.systemPropertiesArray[at] ?? {},
        },
        hubs,
      ),
    );
    const partition = found.partitionContext.PartitionId;
    return processor.process({ source: `${host}/${eventHub}`, partition, hub: eventHub, messages });
  };
}
