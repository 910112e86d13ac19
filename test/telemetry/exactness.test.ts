import fc from 'fast-check';
import type { TelemetryMessage } from '../../telemetry/message';
import type { TelemetryProcessor } from '../../telemetry/ports';
import { createProcessor } from '../../telemetry/processor';
import { telemetrySettings } from '../../telemetry/settings';
import { batchOf, messageAt, testPorts, type Turn } from '../support/telemetry';

const DEVICES = ['pump-1', 'pump-2', 'pump-3'];
const MOST = 24;

/** What stands at a place of a partition: whose it is, and what it says. */
const place = fc.record({ deviceId: fc.constantFrom(...DEVICES), celsius: fc.constantFrom(20, 21, 22, 200) });
const partitionOf = fc.array(place, { minLength: 1, maxLength: MOST });
/** Any numbers of a partition, in any order: a part of it, with gaps, that comes again, late or twice. */
const delivery = fc.record({
  partition: fc.nat({ max: 1 }),
  numbers: fc.array(fc.nat({ max: MOST - 1 }), { minLength: 1, maxLength: MOST }),
  processor: fc.nat({ max: 2 }),
});
/** How a turn of a store ends: it answers, or the processor ends there, before or after the write was done. */
const fault = fc.constantFrom<'none' | 'fails'>('none', 'none', 'none', 'none', 'fails');

const messagesOf = (places: readonly { deviceId: string; celsius: number }[]): TelemetryMessage[] =>
  places.map(({ deviceId, celsius }, sequence) => messageAt(sequence, { deviceId, body: { Celsius: celsius } }));

interface Delivery {
  readonly partition: string;
  readonly processor: number;
  readonly messages: readonly TelemetryMessage[];
}

const story = fc
  .record({
    partitions: fc.tuple(partitionOf, partitionOf),
    extra: fc.array(delivery, { maxLength: 12 }),
    cuts: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1 }),
  })
  .map(({ partitions, extra, cuts }) => {
    const streams = partitions.map(messagesOf);
    /** Every message comes at least once: in slices of the partition. */
    const whole = streams.flatMap((messages, partition) => {
      const slices: Delivery[] = [];
      for (let at = 0, turn = 0; at < messages.length; turn += 1) {
        const next = at + (cuts[turn % cuts.length] ?? 1);
        slices.push({ partition: String(partition), processor: turn % 3, messages: messages.slice(at, next) });
        at = next;
      }
      return slices;
    });
    const more = extra.map(({ partition, numbers, processor }): Delivery => {
      const stream = streams[partition] ?? [];
      const messages = numbers.flatMap((number) => stream[number % stream.length] ?? []);
      return { partition: String(partition), processor, messages };
    });
    return { all: streams.flat(), deliveries: [...whole, ...more] };
  })
  .chain(({ all, deliveries }) =>
    fc.record({
      all: fc.constant(all),
      deliveries: fc.shuffledSubarray(deliveries, { minLength: deliveries.length }),
    }),
  );

/** Delivers until it has been taken, by the next processor each time, as after a crash. */
async function deliver({ partition, processor, messages }: Delivery, processors: readonly TelemetryProcessor[]) {
  for (let turn = processor; ; turn += 1) {
    const taken = await processors[turn % processors.length]?.process(batchOf(messages, partition)).then(
      () => true,
      () => false,
    );
    if (taken === true) return;
  }
}

/** The same in every run. */
const CASES = { numRuns: 40, seed: 20_261_122 };

const settings = telemetrySettings({ tries: 100, seenRanges: 512 });

it('counts exactly, whatever the order, the cuts, what comes again, who processes it and where that one ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      story,
      fc.scheduler(),
      fc.infiniteStream(fault),
      async ({ all, deliveries }, scheduler, faults) => {
        const turn: Turn = async (what) => {
          await scheduler.schedule(Promise.resolve(), what);
          if (faults.next().value === 'fails') throw new Error(`ended at ${what}`);
        };
        const ports = testPorts({}, turn);
        const processors = [0, 1, 2].map(() => createProcessor(ports, settings));

        await scheduler.waitFor(Promise.all(deliveries.map((one) => deliver(one, processors))));

        for (const deviceId of DEVICES) {
          const sent = all.filter((message) => message.deviceId === deviceId);
          const isBad = ({ body }: TelemetryMessage): boolean => Buffer.from(body).includes('200');
          const state = ports.states.of(deviceId);
          expect(state?.count ?? 0).toBe(sent.filter((message) => !isBad(message)).length);
          expect(state?.rejected ?? 0).toBe(sent.filter(isBad).length);
          expect(state?.windows.reduce((sum, { accepted }) => sum + accepted, 0) ?? 0).toBe(state?.count ?? 0);
        }
        expect(ports.rejected.reasons().every(([, reason]) => reason === 'outOfRange')).toBe(true);
      },
    ),
    CASES,
  );
});

it('drops nothing in silence where gaps had to be closed: what is not counted is kept as too late', async () => {
  const forgetful = { ...settings, seenRanges: 2 };
  await fc.assert(
    fc.asyncProperty(story, async ({ all, deliveries }) => {
      const ports = testPorts();
      const processors = [0, 1, 2].map(() => createProcessor(ports, forgetful));

      for (const one of deliveries) await deliver(one, processors);

      for (const deviceId of DEVICES) {
        const sent = all.filter((message) => message.deviceId === deviceId).length;
        const { count = 0, rejected = 0 } = ports.states.of(deviceId) ?? {};
        const tooLate = [...ports.rejected.rows.values()].filter(
          ({ message, rejection }) => message.deviceId === deviceId && rejection.reason === 'tooLate',
        ).length;
        expect(count + rejected).toBeLessThanOrEqual(sent);
        expect(count + rejected + tooLate).toBeGreaterThanOrEqual(sent);
      }
    }),
    CASES,
  );
});
