import { parseConfig } from '../../infra/config';
import { type Existing, lossesOf, lossesText } from '../../infra/losses';

const group: Existing = {
  type: 'azure-native:resources:ResourceGroup',
  name: 'groundswell',
  outputs: { name: 'groundswell1a2b', location: 'westeurope' },
};
const hub: Existing = {
  type: 'azure-native:iothub:IotHubResource',
  name: 'groundswell-main',
  outputs: {
    name: 'groundswell-main3c4d',
    location: 'westeurope',
    properties: { eventHubEndpoints: { events: { partitionCount: 4 } } },
  },
};
const service: Existing = {
  type: 'azure-native:deviceprovisioningservices:IotDpsResource',
  name: 'provisioning',
  outputs: { name: 'provisioning5e6f', location: 'westeurope' },
};
const role: Existing = { type: 'azure-native:authorization:RoleAssignment', name: 'r', outputs: {} };
const all = [group, hub, service, role];

const keysOf = (raw: Record<string, unknown>): string[] =>
  lossesOf(all, parseConfig({ provisioning: true, ...raw })).map(({ key }) => key);

it.each([
  ['nothing changes', {}, []],
  [
    'a hub grows, and another comes',
    { hubs: { main: { sku: 'S2', units: 3 }, east: { location: 'northeurope' } } },
    [],
  ],
  ['a hub moves', { hubs: { main: { location: 'northeurope' } } }, ['hubs.main.location']],
  ['a hub gets more partitions', { hubs: { main: { partitions: 8 } } }, ['hubs.main.partitions']],
  ['a hub is left out', { hubs: { east: {} } }, ['hubs.main']],
  ['provisioning moves', { provisioning: { location: 'northeurope' } }, ['provisioning.location']],
  ['provisioning is left out', { provisioning: false }, ['provisioning']],
  ['the stack moves', { location: 'northeurope' }, ['location', 'hubs.main.location', 'provisioning.location']],
])('finds what is lost when %s', (_, raw, keys) => {
  expect(keysOf(raw)).toEqual(keys);
});

it('says what is lost by which key, and both ways on', () => {
  const text = lossesText(lossesOf([hub], parseConfig({ hubs: { main: { location: 'northeurope' } } })));

  expect(text).toContain(
    'groundswell:hubs.main.location: from westeurope to northeurope replaces the hub groundswell-main3c4d. Lost would be device identities',
  );
  expect(text).toContain('put the old value back');
  expect(text).toContain('groundswell:protect false');
});
