import { createProcessor } from '../../telemetry/processor';
import type { StateStore } from '../../telemetry/ports';
import { telemetrySettings } from '../../telemetry/settings';
import { batchOf, HUB, messageAt, MemoryStates, NOON, testPorts } from '../support/telemetry';

const settings = telemetrySettings({});
const stand = (given: Parameters<typeof testPorts>[0] = {}, changed: object = {}) => {
  const ports = testPorts(given);
  return { ...ports, processor: createProcessor(ports, { ...settings, ...changed }) };
};

it('counts each device, publishes once, and says what the batch came to', async () => {
  const { processor, states, published } = stand();

  const outcome = await processor.process(
    batchOf([
      messageAt(0),
      messageAt(1, { deviceId: 'pump-2', site: 'north' }),
      messageAt(2, { deviceId: 'pump-2', site: 'north', body: { Celsius: 200 } }),
      messageAt(3, { hub: 'east' }),
    ]),
  );

  expect(outcome).toEqual({
    messages: 4,
    accepted: 3,
    duplicates: 0,
    rejected: { outOfRange: 1 },
    devices: 3,
    conflicts: 0,
    publishFailed: false,
  });
  expect(states.of('pump-2')).toMatchObject({ count: 1, rejected: 1, site: 'north' });
  expect(states.of('pump-1', 'east')).toMatchObject({ count: 1, site: 'east' });
  expect(published).toEqual([
    [
      {
        hub: HUB,
        deviceId: 'pump-1',
        site: HUB,
        at: '2026-11-22T06:00:00.000Z',
        lastSeen: '2026-11-22T06:00:00.000Z',
        reading: { Celsius: 20 },
        count: 1,
        rejected: 0,
      },
      {
        hub: HUB,
        deviceId: 'pump-2',
        site: 'north',
        at: '2026-11-22T06:00:01.000Z',
        lastSeen: '2026-11-22T06:00:02.000Z',
        reading: { Celsius: 20 },
        count: 1,
        rejected: 1,
      },
      {
        hub: 'east',
        deviceId: 'pump-1',
        site: 'east',
        at: '2026-11-22T06:00:03.000Z',
        lastSeen: '2026-11-22T06:00:03.000Z',
        reading: { Celsius: 20 },
        count: 1,
        rejected: 0,
      },
    ],
  ]);
});

it('keeps what fails, with the reason, and what names no device', async () => {
  const { processor, rejected } = stand();

  const outcome = await processor.process(
    batchOf([
      messageAt(0, { body: 'x' }),
      { ...messageAt(1), deviceId: undefined },
      messageAt(2, { body: { Celsius: -41 } }),
    ]),
  );

  expect(outcome.rejected).toEqual({ notJson: 1, noDevice: 1, outOfRange: 1 });
  expect(rejected.reasons()).toEqual(
    expect.arrayContaining([
      [0, 'notJson'],
      [1, 'noDevice'],
      [2, 'outOfRange'],
    ]),
  );
});

it('writes once a device and batch, and reads a row only when it does not know it', async () => {
  const { processor, states } = stand();

  for (const start of [0, 10, 20])
    await processor.process(batchOf(Array.from({ length: 10 }, (_, index) => messageAt(start + index))));

  expect(states).toMatchObject({ writeCount: 3, readCount: 1 });
  expect(states.of('pump-1')).toMatchObject({ count: 30 });
});

it('remembers one range of a device that some batches do not name', async () => {
  const { processor, states } = stand();

  for (const sequence of [0, 1, 2, 3, 4]) {
    const deviceId = sequence % 2 === 0 ? 'pump-1' : 'pump-2';
    await processor.process(batchOf([messageAt(sequence, { deviceId })]));
  }

  expect(Object.values(states.of('pump-1')?.seen ?? {})).toEqual([{ ranges: [[0, 4]], atMs: NOON + 4_000 }]);
});

it('claims nothing of a batch that has failed', async () => {
  const { processor, states } = stand();
  await processor.process(batchOf([messageAt(0), messageAt(1, { deviceId: 'pump-2' })]));
  const write = jest.spyOn(states, 'write').mockRejectedValueOnce(new Error('503'));

  await expect(processor.process(batchOf([messageAt(2)]))).rejects.toThrow('503');
  write.mockRestore();
  await processor.process(batchOf([messageAt(3)]));
  await processor.process(batchOf([messageAt(2)]));

  expect(states.of('pump-1')).toMatchObject({ count: 3 });
});

it('reads the row again when another has written it', async () => {
  const { states, rejected, published, processor, ...ports } = stand();
  const other = createProcessor({ ...ports, states, rejected }, settings);
  await processor.process(batchOf([messageAt(0)]));
  await other.process(batchOf([messageAt(1)]));

  const outcome = await processor.process(batchOf([messageAt(2)]));

  expect(outcome).toMatchObject({ accepted: 1, conflicts: 1 });
  expect(states.of('pump-1')).toMatchObject({ count: 3 });
  expect(published).toHaveLength(3);
});

describe('a row that others write every time', () => {
  const contended = () => {
    const waits: number[] = [];
    const made = stand({ wait: (ms) => Promise.resolve(waits.push(ms)) }, { tries: 10 });
    const write = jest.spyOn(made.states, 'write').mockResolvedValue({ kind: 'conflict' });
    return { ...made, write, waits };
  };

  it('is tried ten times, with waits that grow at random up to the cap', async () => {
    const { processor, write, waits } = contended();

    await processor.process(batchOf([messageAt(0)]));

    expect(write).toHaveBeenCalledTimes(10);
    expect(waits).toEqual([30, 50, 90, 170, 330, 650, 1_010, 1_010, 1_010]);
  });

  it('has what it loses kept as rejected', async () => {
    const { processor, rejected, published } = contended();

    const outcome = await processor.process(batchOf([messageAt(0), messageAt(1, { body: 'x' }), messageAt(2)]));

    expect(outcome).toMatchObject({ accepted: 0, rejected: { lost: 2, notJson: 1 }, conflicts: 10, devices: 0 });
    expect(rejected.reasons()).toEqual([
      [1, 'notJson'],
      [0, 'lost'],
      [2, 'lost'],
    ]);
    expect([...rejected.rows.values()][1]?.rejection.value).toBe('"others wrote its row 10 times meanwhile"');
    expect(published).toEqual([]);
  });

  it('fails the batch when that cannot be kept, so that it comes again', async () => {
    const { processor, rejected } = contended();
    jest.spyOn(rejected, 'write').mockRejectedValue(new Error('503'));

    await expect(processor.process(batchOf([messageAt(0)]))).rejects.toThrow('503');
  });
});

it('loses a row that is too large with the reason, and goes on', async () => {
  const { processor, states, rejected } = stand();
  const refuse: StateStore['write'] = () => Promise.resolve({ kind: 'refused', reason: 'EntityTooLarge' });
  jest.spyOn(states, 'write').mockImplementationOnce(refuse);

  await expect(processor.process(batchOf([messageAt(0)]))).resolves.toMatchObject({ rejected: { lost: 1 } });
  expect([...rejected.rows.values()][0]?.rejection).toEqual({ reason: 'lost', value: '"EntityTooLarge"' });
});

it('does not fail when who follows live cannot be told, and says so', async () => {
  const failures: unknown[] = [];
  const { processor, states } = stand({
    publisher: { publish: () => Promise.reject(new Error('no SignalR')) },
    onPublishFailure: (error, devices) => failures.push([error, devices]),
  });

  await expect(processor.process(batchOf([messageAt(0)]))).resolves.toMatchObject({ publishFailed: true });
  expect(failures).toEqual([[new Error('no SignalR'), 1]]);
  expect(states.of('pump-1')).toMatchObject({ count: 1 });
});

it('publishes nothing of a batch that adds nothing', async () => {
  const { processor, published } = stand();

  await processor.process(batchOf([messageAt(0)]));
  await expect(processor.process(batchOf([messageAt(0)]))).resolves.toMatchObject({ duplicates: 1, devices: 0 });

  expect(published).toHaveLength(1);
});

it('writes no more devices at once than it may', async () => {
  let running = 0;
  let most = 0;
  const states = new MemoryStates(async (what) => {
    running += what === 'read' ? 1 : 0;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= what === 'written' ? 1 : 0;
  });
  const processor = createProcessor({ ...testPorts(), states }, { ...settings, concurrency: 3 });

  await processor.process(
    batchOf(Array.from({ length: 12 }, (_, index) => messageAt(index, { deviceId: `d${index}` }))),
  );

  expect(most).toBe(3);
  expect(states.rows.size).toBe(12);
});
