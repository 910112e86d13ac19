import { type Ask, inspectWebhook } from '../../../cli/stack/webhook';
import { parseStackOutputs } from '../../../spec/stack-outputs';

const SECRET = 'c2VjcmV0LWtleQ';
const outputsWith = (more: object) =>
  parseStackOutputs({
    auth: 'entra',
    hubs: { main: { hostName: 'main.azure-devices.test', sku: { name: 'S1', units: 1 } } },
    ledger: { blobEndpoint: 'https://ledger.blob.test/', container: 'ledger' },
    ...more,
  });
const outputs = outputsWith({
  allocation: { webhookUrl: `https://site.azurewebsites.test/api/allocate?code=${SECRET}`, rules: {} },
});

/** A webhook that answers so to the right key, and so to none. */
const answering =
  (withKey: number, without: number, reason?: string): Ask =>
  (url) =>
    Promise.resolve({ status: url.searchParams.get('code') === SECRET ? withKey : without, reason });

const inspected = async (ask: Ask) => {
  const found = await inspectWebhook(outputs, ask);
  expect(JSON.stringify(found)).not.toContain(SECRET);
  return found;
};

it('says nothing of a stack without a webhook, and asks nobody', async () => {
  const ask: Ask = () => Promise.reject(new Error('asked'));

  expect(await inspectWebhook(outputsWith({}), ask)).toEqual([]);
});

it('finds a webhook that answers with its key and refuses without', async () => {
  expect(await inspected(answering(200, 401))).toEqual([
    {
      name: 'allocation webhook',
      needed: 'for devices of enrollment groups to register and to move',
      status: 'found',
      path: 'https://site.azurewebsites.test/api/allocate',
      note: 'answers with its key, and refuses without',
    },
  ]);
});

it.each([
  [200, 200, undefined, /^answers 200 to who shows no key, in place of 401: .*authLevel/],
  [200, 502, undefined, /^fails before it looks at a key \(502\)/],
  [401, 401, undefined, /^answers 401: refuses the stack's key: .*groundswell up/],
  [404, 401, undefined, /^answers 404: .*not deployed/],
  [409, 401, 'none of the linked hubs takes new devices', /^answers 409 \(none of the linked hubs .*\): .*newDevices/],
  [503, 401, undefined, /^answers 503: .*rights\.md/],
  [500, 401, undefined, /^answers 500: look at its log/],
])(
  'misses one that answers %i with its key and %i without (%s), and says what to do',
  async (withKey, without, reason, note) => {
    const found = await inspected(answering(withKey, without, reason));

    expect(found).toMatchObject([{ status: 'missing', note: expect.stringMatching(note) as string }]);
  },
);

it('misses one that does not answer, without its URL in the error', async () => {
  const failed = new TypeError('fetch failed', { cause: Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' }) });

  const found = await inspected(() => Promise.reject(failed));

  expect(found).toMatchObject([
    {
      status: 'missing',
      note: expect.stringMatching(/^does not answer \(ECONNREFUSED\): .*functions\.log/) as string,
    },
  ]);
});
