import { hostSettingsOf } from '../../../functions/local/host-settings';
import { streamSettingsOf } from '../../../functions/local/stream-settings';
import { parseStackOutputs } from '../../../spec/stack-outputs';

const hub = { hostName: 'west.azure-devices.net', sku: { name: 'S1', units: 1 } };
const outputs = (parts: object) =>
  parseStackOutputs({
    auth: 'entra',
    hubs: { west: hub },
    ledger: { blobEndpoint: 'https://ledger1.blob.core.windows.net/', container: 'ledger' },
    provisioning: { name: 'dps-1', idScope: '0ne1', serviceHostName: 'dps-1.net', deviceHostName: 'global.net' },
    ...parts,
  });
const allocation = {
  webhookUrl: 'https://fn.azurewebsites.net/api/allocate?code=a%2Bb%3D',
  container: 'allocations',
  rules: { default: { newDevices: { 'west.azure-devices.net': 1 } } },
};

const telemetry = {
  functionsUrl: 'https://fn.azurewebsites.net',
  functionAppName: 'fn',
  pageUrl: 'https://page.web.core.windows.net/',
  pageAccountName: 'page',
  pageContainer: '$web',
  signalrHost: 'live.service.signalr.net',
  tableEndpoint: 'https://ledger1.table.core.windows.net/',
};

it('takes the settings and the key of the allocation webhook from the outputs', () => {
  expect(hostSettingsOf(outputs({ allocation }))).toEqual({
    allocation: {
      containerUrl: 'https://ledger1.blob.core.windows.net/allocations',
      service: 'dps-1',
      rules: { ...allocation.rules, groups: {} },
      functionKey: 'a+b=',
    },
  });
});

it('takes what the functions of telemetry need, with the page and who else may call', () => {
  const signIn = { authority: 'https://login.microsoftonline.com/t', audience: 'api://f' };
  const more = { functionKey: 'key', signIn, origins: ['https://fleet.example.com'] };

  expect(hostSettingsOf(outputs({ telemetry: { ...telemetry, ...more } }))).toEqual({
    telemetry: {
      functionKey: 'key',
      signIn,
      origins: ['https://page.web.core.windows.net', 'https://fleet.example.com'],
      tableEndpoint: telemetry.tableEndpoint,
      signalrEndpoint: 'https://live.service.signalr.net',
    },
  });
});

it('leaves the functions of telemetry to Azure where the stack gives no key', () => {
  expect(Object.keys(hostSettingsOf(outputs({ allocation, telemetry })))).toEqual(['allocation']);
});

it.each([{}, { telemetry }])('says how a stack comes to have functions to serve', (parts) => {
  expect(() => hostSettingsOf(outputs(parts))).toThrow(
    'allocationFunction: true makes the allocation webhook, telemetry: { hosts: processes } the functions of telemetry',
  );
});

it.each([
  ['allocation.container', { container: undefined }],
  ['allocation.rules', { rules: undefined }],
  ['the code in allocation.webhookUrl', { webhookUrl: 'https://fn.azurewebsites.net/api/allocate' }],
])('names %s where it is missing', (name, change) => {
  expect(() => hostSettingsOf(outputs({ allocation: { ...allocation, ...change } }))).toThrow(name);
});

const stream = {
  eventHubsHost: 'ns.servicebus.windows.net',
  eventHub: 'telemetry',
  consumerGroup: 'groundswell',
  checkpointsUrl: 'https://app.blob.core.windows.net/checkpoints',
};

it('takes where messages are, and the settings of the stack', () => {
  const found = streamSettingsOf(outputs({ telemetry: { ...telemetry, ...stream, settings: { windowMinutes: 1 } } }));

  expect(found).toMatchObject({
    host: stream.eventHubsHost,
    eventHub: 'telemetry',
    consumerGroup: 'groundswell',
    checkpoints: stream.checkpointsUrl,
    tableEndpoint: telemetry.tableEndpoint,
    signalrEndpoint: 'https://live.service.signalr.net',
    settings: { windowMinutes: 1, windowCount: 36 },
  });
});

it('prefers the settings of a file, and says which of them is wrong', () => {
  const given = outputs({ telemetry: { ...telemetry, ...stream, settings: { windowMinutes: 1 } } });

  expect(streamSettingsOf(given, { windowMinutes: 2 }).settings.windowMinutes).toBe(2);
  expect(() => streamSettingsOf(given, { tries: 0 })).toThrow('tries is 0, allowed is a whole number from 1 to 100');
});

it.each([
  [{}, 'telemetry.eventHubsHost, telemetry.eventHub, telemetry.consumerGroup, telemetry.checkpointsUrl'],
  [
    { telemetry: { ...telemetry, ...stream, checkpointsUrl: undefined } },
    'not in its outputs: telemetry.checkpointsUrl',
  ],
])('says what it lacks to read messages', (parts, missing) => {
  expect(() => streamSettingsOf(outputs(parts))).toThrow(missing);
});
