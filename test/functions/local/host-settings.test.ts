import { hostSettingsOf } from '../../../functions/local/host-settings';
import { parseStackOutputs } from '../../../spec/stack-outputs';

const hub = { hostName: 'west.azure-devices.net', sku: { name: 'S1', units: 1 } };
const outputs = (allocation: object) =>
  parseStackOutputs({
    auth: 'entra',
    hubs: { west: hub },
    ledger: { blobEndpoint: 'https://ledger1.blob.core.windows.net/', container: 'ledger' },
    provisioning: { name: 'dps-1', idScope: '0ne1', serviceHostName: 'dps-1.net', deviceHostName: 'global.net' },
    allocation,
  });
const allocation = {
  webhookUrl: 'https://fn.azurewebsites.net/api/allocate?code=a%2Bb%3D',
  container: 'allocations',
  rules: { default: { newDevices: { 'west.azure-devices.net': 1 } } },
};

it('takes the settings and the key of the function from the outputs', () => {
  expect(hostSettingsOf(outputs(allocation))).toEqual({
    containerUrl: 'https://ledger1.blob.core.windows.net/allocations',
    service: 'dps-1',
    rules: { ...allocation.rules, groups: {} },
    functionKey: 'a+b=',
  });
});

it.each([
  ['allocation.container', { container: undefined }],
  ['allocation.rules', { rules: undefined }],
  ['the code in allocation.webhookUrl', { webhookUrl: 'https://fn.azurewebsites.net/api/allocate' }],
])('names %s where it is missing', (name, change) => {
  expect(() => hostSettingsOf(outputs({ ...allocation, ...change }))).toThrow(name);
});
