import type { HubEvent } from '../../../../emulator/hub/events/event';
import { StorageSink, type RoutedRecord } from '../../../../emulator/hub/routing/storage-sink';
import type { StorageEndpoint } from '../../../../emulator/hub/settings';
import { noBlobs, type BlobClients } from '../../../../emulator/storage/client';
import { newWorld } from '../../../../emulator/world/world';
import { FakeClock } from '../../world/fake-clock';

const endpoint: StorageEndpoint = {
  name: 'cold',
  connectionString: 'AccountName=a;AccountKey=a2V5',
  isIdentityBased: false,
  containerName: 'c',
  fileNameFormat: '{iothub}/{partition}/{mm}',
  batchFrequencyMs: 60_000,
  maxChunkBytes: 1000,
  encoding: 'json',
};
const event = (text: string): HubEvent => ({
  source: 'Telemetry',
  deviceId: 'd',
  system: { contentType: 'application/json', contentEncoding: 'utf-8' },
  properties: {},
  body: Buffer.from(text),
});

/** A sink whose blobs are texts, which may be told to fail. */
function setUp(clock = new FakeClock(), kept = new Map<string, RoutedRecord>()) {
  const blobs = new Map<string, string>();
  const storage = { isDown: false };
  const append = (name: string) => ({
    createIfNotExists: () => (storage.isDown ? Promise.reject(new Error('down')) : Promise.resolve()),
    appendBlock: (part: Buffer) => Promise.resolve(blobs.set(name, (blobs.get(name) ?? '') + part.toString())),
  });
  const service = { getContainerClient: () => ({ getAppendBlobClient: append }) };
  const clients = { ...noBlobs, forConnectionString: () => service } as unknown as BlobClients;
  const store = {
    put: (key: string, record: RoutedRecord) => void kept.set(key, record),
    delete: (key: string) => void kept.delete(key),
  };
  const world = newWorld({ clock, blobs: clients });
  const sink = new StorageSink(
    world,
    { name: 'h', resourceId: () => '/hubs/h' },
    () => endpoint,
    store,
    [...kept.values()],
    'cold',
  );
  return { clock, kept, blobs, storage, sink };
}
const bodiesOf = (blobs: Map<string, string>): unknown[] =>
  [...blobs.values()].flatMap((text) =>
    text
      .trim()
      .split('\r\n')
      .map((line) => (JSON.parse(line) as { Body: unknown }).Body),
  );

it('writes what waits when its time has come, a line each, and forgets it', async () => {
  const { clock, kept, blobs, sink } = setUp();
  sink.add(event('{"n":1}'), '0', clock.now());
  sink.add(event('no JSON'), '0', clock.now());

  await clock.advance(59_000);
  expect(blobs.size).toBe(0);
  await clock.advance(2000);

  expect([...blobs.keys()]).toEqual(['h/0/01.json']);
  expect(bodiesOf(blobs)).toEqual([{ n: 1 }, Buffer.from('no JSON').toString('base64')]);
  expect(kept.size).toBe(0);
});

it('writes at once when enough waits', async () => {
  const { clock, blobs, sink } = setUp();

  sink.add(event(JSON.stringify('x'.repeat(1000))), '0', clock.now());
  await clock.advance(0);

  expect(blobs.size).toBe(1);
});

it('tries again when storage was down, and brings messages over a restart', async () => {
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const before = setUp();
  before.storage.isDown = true;
  before.sink.add(event('1'), '0', before.clock.now());
  await before.clock.advance(60_000);
  expect(warned).toHaveBeenCalledTimes(1);
  expect(before.kept.size).toBe(1);

  await before.sink.close();
  const after = setUp(before.clock, before.kept);
  await after.clock.advance(60_000);

  expect(bodiesOf(after.blobs)).toEqual([1]);
  expect(after.kept.size).toBe(0);
  warned.mockRestore();
});
