import { changesOf, replacingPaths } from '../../../emulator/pulumi/diff';
import { autoName, namingOf } from '../../../emulator/pulumi/naming';
import { type TypeEntry, TYPES } from '../../../emulator/pulumi/types';

const HUB = TYPES['azure-native:iothub:IotHubResource'] as TypeEntry;
const inputs = {
  resourceGroupName: 'g',
  resourceName: 'h',
  location: 'westeurope',
  tags: { stack: 'dev' },
  sku: { name: 'S1', capacity: 1 },
  properties: { authorizationPolicies: [{ keyName: 'a', rights: 'ServiceConnect' }] },
};

describe('a diff', () => {
  it('sees no change in equal inputs, another spelling of the region, or a null', () => {
    expect(changesOf(inputs, { ...inputs, location: 'West Europe', identity: null })).toEqual(new Map());
  });

  it('names each changed path, inside objects and lists', () => {
    const changes = changesOf(inputs, {
      ...inputs,
      tags: { 'cost center': '42' },
      sku: { name: 'S2', capacity: 1 },
      properties: {
        authorizationPolicies: [
          { keyName: 'a', rights: 'RegistryRead' },
          { keyName: 'b', rights: 'RegistryRead' },
        ],
      },
    });

    expect(Object.fromEntries(changes)).toEqual({
      'tags.stack': 'delete',
      'tags["cost center"]': 'add',
      'sku.name': 'update',
      'properties.authorizationPolicies[0].rights': 'update',
      'properties.authorizationPolicies[1]': 'add',
    });
  });

  it('replaces a hub for another name, group or region, and updates it for anything else', () => {
    const changes = changesOf(inputs, { ...inputs, resourceName: 'i', location: 'northeurope', sku: { name: 'S2' } });

    expect(replacingPaths(HUB, changes)).toEqual(['resourceName', 'location']);
  });
});

describe('a generated name', () => {
  const seed = Uint8Array.from([1, 2, 3]);

  it('is the same for a preview and its update, and another for another seed', () => {
    expect(autoName('random', 'main', seed)).toMatch(/^main[0-9a-f]{8}$/);
    expect(autoName('random', 'main', seed)).toBe(autoName('random', 'main', seed));
    expect(autoName('random', 'main', Uint8Array.from([4]))).not.toBe(autoName('random', 'main', seed));
  });

  it('is a GUID for a role assignment', () => {
    expect(autoName('uuid', 'writer', seed)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it.each([
    ['resources:ResourceGroup', { input: 'resourceGroupName', kind: 'random' }],
    ['iothub:IotHubResource', { input: 'resourceName', kind: 'random' }],
    ['iothub:Certificate', { input: 'certificateName', kind: 'copy' }],
    ['storage:BlobContainer', { input: 'containerName', kind: 'copy' }],
    ['authorization:RoleAssignment', { input: 'roleAssignmentName', kind: 'uuid' }],
    ['storage:StorageAccountStaticWebsite', undefined],
  ])('of %s is made as the real provider makes it', (type, naming) => {
    expect(namingOf(TYPES[`azure-native:${type}`] as TypeEntry)).toEqual(naming);
  });
});
