import { createEvents } from '../../../functions/azure/events';
import { NOTHING } from '../../../telemetry/outcome';
import type { TelemetryBatch } from '../../../telemetry/message';

const taken: TelemetryBatch[] = [];
const processor = {
  process: (batch: TelemetryBatch) => {
    taken.push(batch);
    return Promise.resolve({ ...NOTHING, messages: batch.messages.length });
  },
};
const take = createEvents({ processor, host: 'ns.servicebus.test', eventHub: 'telemetry', hubs: { raw: 'west' } });
beforeEach(() => void taken.splice(0));

const metadata = {
  partitionContext: { PartitionId: '3', ConsumerGroup: 'groundswell' },
  sequenceNumberArray: [7, 8],
  enqueuedTimeUtcArray: ['2026-11-22T06:00:00.000Z', '2026-11-22T06:00:01.000Z'],
  propertiesArray: [{ hub: 'raw', site: 'north' }, {}],
  systemPropertiesArray: [
    { 'iothub-connection-device-id': 'd1', 'iothub-enqueuedtime': '2026-11-22T05:59:59.000Z' },
    { 'iothub-connection-device-id': 'd2' },
  ],
};

it('makes a batch of one partition of what the trigger tells, bodies as they came', async () => {
  const bodies = [Buffer.from('{"Celsius":20}'), Buffer.from('no JSON')];

  await take(bodies, metadata);

  const noon = Date.parse('2026-11-22T06:00:00.000Z');
  expect(taken).toEqual([
    {
      source: 'ns.servicebus.test/telemetry',
      partition: '3',
      hub: 'telemetry',
      messages: [
        {
          sequence: 7,
          enqueuedAtMs: noon,
          atMs: noon - 1_000,
          hub: 'west',
          deviceId: 'd1',
          site: 'north',
          body: bodies[0],
        },
        { sequence: 8, enqueuedAtMs: noon + 1_000, atMs: noon + 1_000, deviceId: 'd2', body: bodies[1] },
      ],
    },
  ]);
});

it.each([
  ['fewer numbers than events', { ...metadata, sequenceNumberArray: [7] }],
  ['no partition', { ...metadata, partitionContext: {} }],
  ['nothing', undefined],
])('fails where the trigger tells %s, so that the batch comes again', async (_, told) => {
  await expect(take([Buffer.from('a'), Buffer.from('b')], told)).rejects.toThrow();
  expect(taken).toEqual([]);
});
