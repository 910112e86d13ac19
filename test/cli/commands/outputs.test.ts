import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../cli/main';
import { collectingIo } from '../collecting-io';

const KEY = 'HostName=h.example;SharedAccessKeyName=p;SharedAccessKey=sesame';
const outputs = {
  auth: 'sas',
  hubs: { main: { hostName: 'h.example', sku: { name: 'S1', units: 1 }, connectionString: KEY } },
  ledger: { blobEndpoint: 'https://a.example/', container: 'ledger' },
};

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'outputs-'))));
afterAll(() => rm(folder, { recursive: true }));

async function print(json: string, ...flags: string[]) {
  const file = join(folder, 'outputs.json');
  await writeFile(file, json);
  const io = collectingIo();
  return { code: await main(['outputs', '--outputs', file, ...flags], io), out: io.out(), err: io.err() };
}

it('prints outputs of a file with secrets masked, and in clear when asked', async () => {
  const shown = await print(JSON.stringify(outputs));
  const clear = await print(JSON.stringify(outputs), '--show-secrets');

  expect(shown.code).toBe(0);
  expect(JSON.parse(shown.out)).toMatchObject({
    hubs: { main: { hostName: 'h.example', connectionString: '[secret]' } },
  });
  expect(JSON.parse(clear.out)).toEqual(outputs);
});

it('names what is wrong in them, and quotes nothing', async () => {
  const partial = await print(JSON.stringify({ ...outputs, hubs: undefined }));
  const torn = await print(KEY);

  expect(partial).toMatchObject({ code: 1, out: '' });
  expect(partial.err).toContain('fields=hubs');
  expect(torn).toMatchObject({ code: 2, out: '' });
  expect(torn.err).not.toContain('sesame');
});
