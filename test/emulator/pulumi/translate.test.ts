import { drifted, foreseen, projected } from '../../../emulator/pulumi/schema/convert';
import { type AzureType, TYPES } from '../../../emulator/pulumi/types';
import { bodyOf, importedInputs, outputsOf, parametersFromId, pathOf } from '../../../emulator/pulumi/translate';
import { type Properties, UNKNOWN } from '../../../emulator/pulumi/values';

const entry = (type: string): AzureType => {
  const found = TYPES[`azure-native:${type}`];
  if (found === undefined) throw new Error(type);
  return found;
};
const HUB = entry('iothub:IotHubResource');
const ACCOUNT = entry('storage:StorageAccount');
const ROLE = entry('authorization:RoleAssignment');
const HUB_ID = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Devices/IotHubs/h';

describe('paths', () => {
  it('are made of the inputs, and give them back', () => {
    const inputs = { resourceGroupName: 'g', resourceName: 'h' };

    expect(pathOf(HUB, inputs, 's')).toBe(HUB_ID);
    expect(parametersFromId(HUB, HUB_ID.toLowerCase())).toEqual(inputs);
  });

  it('hang a role assignment on a scope of any depth', () => {
    const inputs = { scope: HUB_ID, roleAssignmentName: 'r' };
    const id = `${HUB_ID}/providers/Microsoft.Authorization/roleAssignments/r`;

    expect(pathOf(ROLE, inputs, 's')).toBe(id);
    expect(parametersFromId(ROLE, id)).toEqual({ ...inputs, scope: HUB_ID.slice(1) });
  });

  it('name the input that is missing or not known yet, and refuse an id of another type', () => {
    expect(() => pathOf(HUB, { resourceGroupName: 'g' }, 's')).toThrow('resourceName is missing');
    expect(() => pathOf(HUB, { resourceGroupName: UNKNOWN, resourceName: 'h' }, 's')).toThrow('resourceGroupName');
    expect(parametersFromId(ACCOUNT, HUB_ID)).toBeUndefined();
  });
});

describe('bodies and outputs', () => {
  const inputs = {
    resourceGroupName: 'g',
    accountName: 'a',
    location: 'westeurope',
    kind: 'StorageV2',
    sku: { name: 'Standard_LRS' },
    allowSharedKeyAccess: false,
    enableHttpsTrafficOnly: true,
  };

  it('put flattened inputs under properties by the names of the wire', () => {
    expect(bodyOf(ACCOUNT, inputs)).toEqual({
      location: 'westeurope',
      kind: 'StorageV2',
      sku: { name: 'Standard_LRS' },
      properties: { allowSharedKeyAccess: false, supportsHttpsTrafficOnly: true },
    });
  });

  it('leave properties alone where the SDK does not flatten', () => {
    const properties = { minTlsVersion: '1.2' };

    expect(bodyOf(HUB, { resourceGroupName: 'g', resourceName: 'h', properties })).toEqual({ properties });
    expect(outputsOf(HUB, { id: HUB_ID, name: 'h', properties })).toMatchObject({ name: 'h', properties });
  });

  it('bring the properties of the wire back to the names of the SDK, without id and nulls', () => {
    const resource = { id: '/a', name: 'a', tags: null, properties: { supportsHttpsTrafficOnly: true } };

    expect(outputsOf(ACCOUNT, resource)).toEqual({
      name: 'a',
      enableHttpsTrafficOnly: true,
      azureApiVersion: '2024-01-01',
    });
  });

  it('spell nested names as the wire does, and back', () => {
    const rules = { ipRules: [{ iPAddressOrRange: '192.0.2.1' }], bypass: 'None' };
    const body = bodyOf(ACCOUNT, { networkRuleSet: rules });

    expect(body).toEqual({ properties: { networkAcls: { ipRules: [{ value: '192.0.2.1' }], bypass: 'None' } } });
    expect(outputsOf(ACCOUNT, body)).toMatchObject({ networkRuleSet: rules });
  });

  it('write the list of user-assigned identities as the object that the wire has', () => {
    const identity = { type: 'UserAssigned', userAssignedIdentities: ['/a'] };

    expect(bodyOf(HUB, { identity })).toEqual({ identity: { ...identity, userAssignedIdentities: { '/a': {} } } });
    expect(
      projected(HUB.inputs, { identity: { ...identity, userAssignedIdentities: { '/a': { principalId: 'p' } } } }),
    ).toEqual({ identity });
  });

  it('make known in a preview that the service will add the host name', () => {
    const preview = foreseen(HUB.outputs, { sku: { name: 'S1' }, properties: { minTlsVersion: '1.2' } });

    expect(preview).toMatchObject({
      name: UNKNOWN,
      properties: { minTlsVersion: '1.2', hostName: UNKNOWN },
      sku: { name: 'S1', tier: UNKNOWN },
    });
  });
});

describe('inputs after a refresh', () => {
  const declared = {
    resourceGroupName: 'g',
    resourceName: 'h',
    location: 'West Europe',
    tags: { stack: 'dev' },
    sku: { name: 'S1', capacity: 1 },
    properties: { minTlsVersion: '1.2', authorizationPolicies: [{ keyName: 'own', rights: 'ServiceConnect' }] },
  };
  const before = {
    location: 'westeurope',
    tags: { stack: 'dev' },
    sku: { name: 'S1', tier: 'Standard', capacity: 1 },
    properties: {
      minTlsVersion: '1.2',
      hostName: 'x',
      state: 'Active',
      comments: '',
      routing: { routes: [], fallbackRoute: { source: 'DeviceMessages', isEnabled: true } },
    },
  };
  const refreshed = (now: Properties) => drifted(declared, projected(HUB.inputs, before), projected(HUB.inputs, now));

  it('are those declared when nothing was changed by hand', () => {
    const { comments, routing, ...others } = before.properties;
    const { source, isEnabled } = routing.fallbackRoute;
    // The engine hands outputs back with their members sorted.
    const fallbackRoute = { isEnabled, source };
    const properties = { comments, ...others, routing: { fallbackRoute, routes: [] }, state: 'Suspended' };

    expect(refreshed({ ...before, properties })).toEqual(declared);
  });

  it('show what was changed, added and taken away, also where the program says nothing', () => {
    const changed = {
      ...before,
      sku: { name: 'S1', capacity: 3 },
      tags: { stack: 'dev', by: 'hand' },
      properties: { comments: 'hands off', routing: before.properties.routing },
    };

    expect(refreshed(changed)).toEqual({
      ...declared,
      sku: { name: 'S1', capacity: 3 },
      tags: { stack: 'dev', by: 'hand' },
      properties: { authorizationPolicies: declared.properties.authorizationPolicies, comments: 'hands off' },
    });
  });

  it('are for an import all that a program could have written', () => {
    expect(importedInputs(HUB, HUB_ID, { ...before, name: 'h', type: 't', etag: 'e' })).toEqual({
      resourceGroupName: 'g',
      resourceName: 'h',
      location: 'westeurope',
      tags: { stack: 'dev' },
      sku: { name: 'S1', capacity: 1 },
      properties: { minTlsVersion: '1.2', comments: '', routing: before.properties.routing },
    });
  });
});
