import { FleetRoles } from '../../../infra/components/fleet-roles';
import { FleetRights, type FleetRightsArgs } from '../../../infra/components/fleet-rights';
import { RIGHTS } from '../../../infra/components/rights';
import { WorkerIdentity } from '../../../infra/components/worker-identity';
import { inputsOf, record } from './recorder';

const ROLES = { resourceGroupId: '/g', resourceGroupName: 'fleet-1', subscriptionId: 's' };
const PLACES = {
  hubs: { west: '/west' },
  provisioning: '/dps',
  containers: { ledger: '/ledger', audit: '/audit' },
  allocations: '/allocations',
};
const roleId = (guid: string) => `/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/${guid}`;

const rightsOf = async (duties: FleetRightsArgs['duties'], rest: Partial<FleetRightsArgs> = {}, custom = true) => {
  const { resources } = await record(() => {
    const roles = new FleetRoles('roles', { ...ROLES, custom });
    return new FleetRights('me', { principalId: 'p', principalType: 'User', roles, duties, ...PLACES, ...rest });
  });
  const assignments = Object.values(inputsOf(resources, 'authorization:RoleAssignment'));
  return { resources, given: assignments.map(({ scope, roleDefinitionId }) => [scope, roleDefinitionId]) };
};

it('gives who runs rollouts the hubs and the records, and the one table that gates read where there is telemetry', async () => {
  const { given } = await rightsOf(['rollouts'], { tables: { DeviceState: '/state', Rejected: '/rejected' } });

  expect(given).toEqual([
    ['/audit', roleId('roles-ledgerWriting')],
    ['/ledger', roleId('roles-ledgerWriting')],
    ['/west', roleId('roles-rolloutsOnHub')],
    ['/state', roleId(RIGHTS.tableReading.role.id)],
  ]);
});

it.each([
  ['migrations', '/dps', 'roles-migrationsOnProvisioning'],
  ['identities', '/west', 'roles-identitiesOnHub'],
  ['assignments', '/allocations', 'roles-assignmentsWriting'],
  ['devices', '/west', RIGHTS.devicesOnHub.role.id],
  ['enrollments', '/dps', RIGHTS.enrollmentsOnProvisioning.role.id],
] as const)('gives %s one role at %s', async (duty, scope, guid) => {
  expect((await rightsOf([duty])).given).toEqual([[scope, roleId(guid)]]);
});

it('gives who runs the processes of telemetry what the functions would have, and a place for checkpoints', async () => {
  const telemetry = { eventHub: '/events', signalr: '/signalr', checkpoints: '/checkpoints' };
  const { given } = await rightsOf(['telemetry'], { tables: { DeviceState: '/state' }, telemetry });

  expect(new Map(given as [string, string][])).toEqual(
    new Map([
      ['/events', roleId(RIGHTS.eventsReceiving.role.id)],
      ['/state', roleId(RIGHTS.tableWriting.role.id)],
      ['/signalr', roleId(RIGHTS.publishing.role.id)],
      ['/checkpoints', roleId(RIGHTS.checkpointsWriting.role.id)],
    ]),
  );
});

it('asks for no role at a service that is not there', async () => {
  expect((await rightsOf(['migrations', 'enrollments', 'telemetry'], { provisioning: undefined })).given).toEqual([]);
});

it('names principal and type in each assignment', async () => {
  const { resources } = await rightsOf(['rollouts']);

  for (const inputs of Object.values(inputsOf(resources, 'authorization:RoleAssignment')))
    expect(inputs).toMatchObject({ principalId: 'p', principalType: 'User' });
});

it('defines roles of data actions only, which can be assigned in the resource group and nowhere else', async () => {
  const { resources } = await rightsOf([]);

  const defined = inputsOf(resources, 'authorization:RoleDefinition');
  expect(defined['roles-rolloutsOnHub']).toEqual({
    scope: '/g',
    roleName: 'Groundswell rollouts (fleet-1)',
    roleType: 'CustomRole',
    description: RIGHTS.rolloutsOnHub.why,
    assignableScopes: ['/g'],
    permissions: [
      { actions: [], notActions: [], dataActions: RIGHTS.rolloutsOnHub.role.dataActions, notDataActions: [] },
    ],
  });
  expect(Object.keys(defined)).toHaveLength(5);
});

it('takes built-in roles where custom ones are not wanted', async () => {
  const { resources, given } = await rightsOf(['rollouts', 'migrations'], {}, false);

  expect(inputsOf(resources, 'authorization:RoleDefinition')).toEqual({});
  expect(given).toEqual([
    ['/audit', roleId(RIGHTS.ledgerWriting.role.instead.id)],
    ['/ledger', roleId(RIGHTS.ledgerWriting.role.instead.id)],
    ['/dps', roleId(RIGHTS.migrationsOnProvisioning.role.instead.id)],
    ['/west', roleId(RIGHTS.rolloutsOnHub.role.instead.id)],
  ]);
});

it('lets a worker neither make nor delete devices, nor read their keys', () => {
  for (const action of ['devices/write', 'devices/delete', 'devices/read', 'blobs/delete', 'attestationmechanism'])
    expect(JSON.stringify([RIGHTS.rolloutsOnHub, RIGHTS.ledgerWriting, RIGHTS.migrationsOnProvisioning])).not.toContain(
      `/${action}`,
    );
});

it('makes an identity for the worker, with the roles for rollouts and migrations', async () => {
  const { resources } = await record(() => {
    const roles = new FleetRoles('roles', ROLES);
    return new WorkerIdentity('worker', { resourceGroupName: 'g', location: 'westeurope', roles, ...PLACES });
  });

  expect(inputsOf(resources, 'managedidentity:UserAssignedIdentity')).toEqual({
    worker: { resourceGroupName: 'g', location: 'westeurope', tags: {} },
  });
  const assignments = Object.values(inputsOf(resources, 'authorization:RoleAssignment'));
  expect(assignments.map(({ scope }) => scope)).toEqual(['/allocations', '/audit', '/ledger', '/dps', '/west']);
  for (const inputs of assignments)
    expect(inputs).toMatchObject({ principalId: 'principal-of-worker', principalType: 'ServicePrincipal' });
});

it.each([
  [true, 1],
  [undefined, 0],
])('opens identities to a worker only when told to: %s', async (identities, count) => {
  const { resources } = await record(() => {
    const roles = new FleetRoles('roles', ROLES);
    const place = { resourceGroupName: 'g', location: 'westeurope' };
    return new WorkerIdentity('worker', { ...place, roles, ...PLACES, ...(identities && { identities }) });
  });

  const given = Object.values(inputsOf(resources, 'authorization:RoleAssignment'));
  const wide = given.filter(({ roleDefinitionId }) => roleDefinitionId === roleId('roles-identitiesOnHub'));
  expect(wide.map(({ scope }) => scope)).toEqual(Array<string>(count).fill('/west'));
});
