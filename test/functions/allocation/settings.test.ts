import { settingsFrom } from '../../../functions/allocation/settings';

const SETTINGS = {
  LEDGER_ENDPOINT: 'https://ledger1.blob.core.windows.net/',
  ALLOCATIONS_CONTAINER: 'allocations',
  PROVISIONING_SERVICE: 'dps-1',
  ALLOCATION_RULES: '{"default":{"newDevices":{"west.azure-devices.net":1}}}',
};

it('reads the settings that the infrastructure gives', () => {
  expect(settingsFrom(SETTINGS)).toEqual({
    containerUrl: 'https://ledger1.blob.core.windows.net/allocations',
    service: 'dps-1',
    rules: { default: { newDevices: { 'west.azure-devices.net': 1 } }, groups: {} },
  });
});

it.each([
  ['LEDGER_ENDPOINT', 'http://ledger1.blob.core.windows.net/'],
  ['ALLOCATIONS_CONTAINER', undefined],
  ['PROVISIONING_SERVICE', ''],
  ['ALLOCATION_RULES', '{'],
  ['ALLOCATION_RULES', '{"default":{}}'],
])('refuses to begin with %s=%s, by name', (name, value) => {
  expect(() => settingsFrom({ ...SETTINGS, [name]: value })).toThrow(name);
});
