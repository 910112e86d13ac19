import { type AskStatus, inspectTelemetry } from '../../../cli/stack/telemetry-functions';
import { parseStackOutputs } from '../../../spec/stack-outputs';

const outputsWith = (more: object) =>
  parseStackOutputs({
    auth: 'entra',
    hubs: { main: { hostName: 'main.azure-devices.test', sku: { name: 'S1', units: 1 } } },
    ledger: { blobEndpoint: 'https://ledger.blob.test/', container: 'ledger' },
    ...more,
  });
const outputs = outputsWith({
  telemetry: {
    functionsUrl: 'https://f.azurewebsites.test',
    functionAppName: 'f',
    pageUrl: 'https://page.test',
    pageAccountName: 'page',
    pageContainer: '$web',
    signalrHost: 's.signalr.test',
    tableEndpoint: 'https://ledger.table.test/',
  },
});

it('says nothing of a stack without telemetry, and asks nobody', async () => {
  expect(await inspectTelemetry(outputsWith({}), () => Promise.reject(new Error('asked')))).toEqual([]);
});

it.each([
  [401, 'found', /refuse who shows nothing/],
  [403, 'found', /refuse who shows nothing/],
  [200, 'missing', /nothing may pass without/],
  [404, 'missing', /not deployed/],
  [500, 'missing', /look at their log/],
])('takes the answer %d for what it is', async (answer, status, note) => {
  const asked: URL[] = [];
  const ask: AskStatus = (url) => {
    asked.push(url);
    return Promise.resolve(answer);
  };

  const found = await inspectTelemetry(outputs, ask);

  expect(found).toMatchObject([{ status, note: expect.stringMatching(note) as string }]);
  expect(asked.map(String)).toEqual(['https://f.azurewebsites.test/api/getdevicestate']);
});

it('misses those that do not answer', async () => {
  expect(await inspectTelemetry(outputs, () => Promise.reject(new Error('away')))).toMatchObject([
    { status: 'missing', note: expect.stringContaining('functions.log') as string },
  ]);
});
