import { Readable } from 'node:stream';
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { Hub } from '../../../emulator/hub/hub';
import { hubSettings } from '../../../emulator/hub/settings';
import { linesOf } from '../../../emulator/hub/transfers/lines';
import { transferSpecOf } from '../../../emulator/hub/transfers/spec';
import { Transfers, type TransfersWorld } from '../../../emulator/hub/transfers/transfers';
import { newWorld } from '../../../emulator/world/world';
import { FakeClock } from '../world/fake-clock';

const URI = 'https://acc.blob.azure.test/c?sig=x';
const refusal = (errorName: string): Error => expect.objectContaining({ errorName }) as Error;

async function cut(...chunks: (string | Buffer)[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), () => undefined)) {
    lines.push(line);
  }
  return lines;
}

it('cuts a stream into lines wherever it breaks, inside of a character too', async () => {
  const text = Buffer.from('{"a":"ä"}\r\n\r\n{"b":1}\nlast');

  expect(await cut(text.subarray(0, 7), text.subarray(7))).toEqual(['{"a":"ä"}', '{"b":1}', 'last']);
});

it('does not take a line without an end into memory', async () => {
  await expect(cut(...Array.from({ length: 12 }, () => 'x'.repeat(100_000)))).rejects.toThrow(/more than 1048576/);
});

it.each([
  [{}, 'type'],
  [{ type: 'export' }, 'outputBlobContainerUri'],
  [{ type: 'import', outputBlobContainerUri: URI }, 'inputBlobContainerUri'],
])('refuses %j for its %s', (body, member) => {
  expect(() => transferSpecOf(body)).toThrow(new RegExp(member));
});

describe('jobs', () => {
  const clock = new FakeClock();
  const world = newWorld({ clock });
  const hub = new Hub('h', hubSettings({ sku: { name: 'S1', units: 1 } }), world, { throttle: false });
  afterAll(() => hub.close());

  /** A container that keeps an upload waiting until it is let go or aborted. */
  function slowContainer(): { container: ContainerClient; finish: () => void } {
    let finish = (): void => undefined;
    const blob: Pick<BlockBlobClient, 'upload' | 'uploadStream'> = {
      upload: () => Promise.resolve({} as never),
      uploadStream: (_stream, _size, _count, { abortSignal } = {}) =>
        new Promise((resolve, reject) => {
          finish = () => resolve({} as never);
          abortSignal?.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    };
    const container = { getBlockBlobClient: () => blob } as unknown as ContainerClient;
    return { container, finish: () => finish() };
  }
  const transfersOf = (container: ContainerClient, path: string): Transfers => {
    const { devices, configurations } = hub;
    const containersOf: TransfersWorld['containersOf'] = () => ({ input: undefined, output: container });
    return new Transfers({ clock, store: world.store, path, devices, configurations, containersOf });
  };
  const spec = transferSpecOf({ type: 'export', outputBlobContainerUri: URI });

  it('run one at a time, and end as completed', async () => {
    const { container, finish } = slowContainer();
    const transfers = transfersOf(container, 'one');
    const { jobId, status } = await transfers.create(spec);
    expect(status).toBe('enqueued');

    await clock.advance(0);

    expect(transfers.require(jobId).status).toBe('running');
    await expect(transfers.create(spec)).rejects.toThrow(refusal('JobQuotaExceeded'));
    finish();
    await clock.advance(0);
    expect(transfers.require(jobId)).toMatchObject({ status: 'completed', progress: 100 });
  });

  it('can be cancelled, and make room for the next', async () => {
    const transfers = transfersOf(slowContainer().container, 'two');
    const { jobId } = await transfers.create(spec);
    await clock.advance(0);

    transfers.cancel(jobId);
    await clock.advance(0);

    expect(transfers.require(jobId).status).toBe('cancelled');
    await expect(transfers.create(spec)).resolves.toMatchObject({ status: 'enqueued' });
    await transfers.close();
    expect(() => transfers.require('unknown')).toThrow(refusal('JobNotFound'));
  });

  it('are failed after a restart, and their URIs are nowhere in the store', async () => {
    const transfers = transfersOf(slowContainer().container, 'three');
    const { jobId } = await transfers.create(spec);
    expect(JSON.stringify([...world.store.collection('three/transfers').entries()])).not.toContain('sig=');

    const again = transfersOf(slowContainer().container, 'three');

    expect(again.require(jobId)).toMatchObject({ status: 'failed', failureReason: 'The hub was restarted.' });
    await transfers.close();
  });
});
