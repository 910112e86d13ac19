import { DefaultAzureCredential } from '@azure/identity';
import { randomBytes } from 'node:crypto';
import { createBlobLedger } from '../../../activities/azure/blob-ledger';
import type { Ledger } from '../../../activities/ports';
import { createContainer } from '../../support/container';

const credential = new DefaultAzureCredential();
let containerUrl: string;
let ledger: Ledger;
const path = (): string => `rollouts/${randomBytes(4).toString('hex')}/plan.json`;

beforeAll(async () => {
  containerUrl = await createContainer(credential);
  ledger = createBlobLedger(containerUrl, credential);
});

it('gives a record back as it was written', async () => {
  const at = path();
  await ledger.put(at, { devices: ['door-ü', 'door-2'], count: 2 });

  await expect(ledger.get(at)).resolves.toEqual({ devices: ['door-ü', 'door-2'], count: 2 });
});

it('has nothing where nothing was written', async () => expect(await ledger.get(path())).toBeUndefined());

it('takes the same record twice, and no other one', async () => {
  const at = path();
  await ledger.put(at, { first: true });

  await expect(ledger.put(at, { first: true })).resolves.toBeUndefined();
  await expect(ledger.put(at, { first: false })).rejects.toMatchObject({
    code: 'GS_LEDGER_CONFLICT',
    details: { path: at },
  });
  await expect(ledger.get(at)).resolves.toEqual({ first: true });
});

it('lets one of many writers win, and tells the others', async () => {
  const at = path();

  const results = await Promise.allSettled(Array.from({ length: 8 }, (_, writer) => ledger.put(at, { writer })));

  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'GS_LEDGER_CONFLICT' });
});

it('says that storage refused, as something that may pass', async () => {
  const elsewhere = createBlobLedger(containerUrl.replace(/[^/]+$/, 'no-such-container'), credential);

  await expect(elsewhere.put(path(), {})).rejects.toMatchObject({ code: 'GS_LEDGER_UNAVAILABLE' });
});
