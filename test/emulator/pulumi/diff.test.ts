import { changesOf, replacingPaths } from '../../../emulator/pulumi/diff';
import { autoName } from '../../../emulator/pulumi/naming';
import { type TypeEntry, TYPES } from '../../../emulator/pulumi/table';

const HUB = TYPES['azure-native:iothub:IotHubResource'] as TypeEntry;
const ROLE = TYPES['azure-native:authorization:RoleAssignment'] as TypeEntry;
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
  const naming = { input: 'resourceName', kind: 'random', maxLength: 20 } as const;
  const seed = Uint8Array.from([1, 2, 3]);

  it('is the same for a preview and its update, and another for another seed', () => {
    expect(autoName(naming, 'main', seed)).toMatch(/^main[0-9a-f]{8}$/);
    expect(autoName(naming, 'main', seed)).toBe(autoName(naming, 'main', seed));
    expect(autoName(naming, 'main', Uint8Array.from([4]))).not.toBe(autoName(naming, 'main', seed));
  });

  it('is a GUID for a role assignment', () => {
    expect(autoName(ROLE.naming as NonNullable<TypeEntry['naming']>, 'writer', seed)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('is refused when it would be too long', () => {
    expect(() => autoName(naming, 'thirteen-char', seed)).toThrow('exceeds 20 characters');
  });
});
