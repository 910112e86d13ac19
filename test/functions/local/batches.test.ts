import { createBatches } from '../../../functions/local/batches';
import { createSums } from '../../../functions/local/sums';
import type { TelemetryBatch } from '../../../telemetry/message';
import { NOTHING } from '../../../telemetry/outcome';
import type { BatchOutcome } from '../../../telemetry/ports';

interface Event {
  readonly body: Buffer;
  readonly sequenceNumber: number;
  readonly enqueuedTimeUtc: Date;
}
const events = (...sequences: number[]): Event[] =>
  sequences.map((sequenceNumber) => ({ body: Buffer.from('{}'), sequenceNumber, enqueuedTimeUtc: new Date(0) }));

/** Batches whose first tries fail, and what became of them. */
function stage(failures: { process?: number; checkpoint?: number } = {}) {
  const seen = {
    taken: [] as TelemetryBatch[],
    checkpoints: [] as string[],
    tries: [] as number[],
    waits: [] as number[],
  };
  const left = { process: failures.process ?? 0, checkpoint: failures.checkpoint ?? 0 };
  const batches = createBatches<Event>({
    processor: {
      process: (batch): Promise<BatchOutcome> => {
        if (left.process-- > 0) return Promise.reject(new Error('the table is away'));
        seen.taken.push(batch);
        return Promise.resolve({ ...NOTHING, messages: batch.messages.length });
      },
    },
    source: 'ns/telemetry',
    hub: 'telemetry',
    hubs: {},
    onOutcome: () => undefined,
    onFailure: (_, __, tries) => void seen.tries.push(tries),
    wait: (ms) => Promise.resolve(seen.waits.push(ms)),
  });
  const place = {
    partitionId: '2',
    updateCheckpoint: ({ sequenceNumber }: Event) => {
      if (left.checkpoint-- > 0) return Promise.reject(new Error('the blob is away'));
      seen.checkpoints.push(`after ${seen.taken.length}: ${sequenceNumber}`);
      return Promise.resolve();
    },
  };
  return { ...seen, batches, place };
}

it('notes how far it is when the batch is done, and not before', async () => {
  const { batches, place, ...seen } = stage();

  await batches.take(events(4, 5, 6), place);
  await batches.take([], place);

  expect(seen.taken).toMatchObject([{ source: 'ns/telemetry', partition: '2', messages: [{ sequence: 4 }, {}, {}] }]);
  expect(seen.checkpoints).toEqual(['after 1: 6']);
});

it.each([{ process: 3 }, { checkpoint: 3 }])(
  'tries again what fails (%j), with waits that may grow',
  async (failures) => {
    const { batches, place, ...seen } = stage(failures);

    await batches.take(events(1), place);

    expect(seen.checkpoints).toEqual(['after 1: 1']);
    expect(seen.tries).toEqual([1, 2, 3]);
    expect(seen.waits.every((ms) => ms >= 250 && ms <= 10_000)).toBe(true);
  },
);

it('gives the partition up rather than skip a batch', async () => {
  const { batches, place, ...seen } = stage({ process: 100 });

  const failed = batches.take(events(1), place);

  await expect(failed).rejects.toMatchObject({ name: 'BatchFailed', message: 'partition 2 is given up after 7 tries' });
  await expect(failed).rejects.not.toHaveProperty('retryable');
  expect(seen.checkpoints).toEqual([]);
});

it('finishes what it has in hand when it is to stop, and takes no more', async () => {
  let finish: () => void = () => undefined;
  const { place, checkpoints } = stage();
  const begun = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const done: number[] = [];
  const batches = createBatches<Event>({
    processor: {
      process: async ({ messages }) => {
        await begun;
        done.push(messages.length);
        return NOTHING;
      },
    },
    source: 's',
    hub: 'h',
    hubs: {},
    onOutcome: () => undefined,
    onFailure: () => undefined,
  });

  const inHand = batches.take(events(1, 2), place);
  const stopped = batches.stop();
  await batches.take(events(3), place);
  finish();
  await stopped;
  await inHand;

  expect(done).toEqual([2]);
  expect(checkpoints).toEqual(['after 0: 2']);
});

it('sums up what batches came to since it was asked last', () => {
  const sums = createSums();
  const outcome = { ...NOTHING, messages: 3, accepted: 1, rejected: { notJson: 2 }, devices: 2 };

  sums.add({ ...outcome, publishFailed: true });
  sums.add(outcome);
  sums.fail();

  expect(sums.take()).toMatchObject({
    ...{ batches: 2, messages: 6, accepted: 2, rejected: { notJson: 4 }, devices: 4 },
    ...{ unpublished: 1, failures: 1 },
  });
  expect(sums.take()).toBeUndefined();
});
