import { covers, permits, type Permission } from '../../../../emulator/arm/roles/permissions';

const role = (given: Partial<Permission>): Permission[] => [
  { actions: [], notActions: [], dataActions: [], notDataActions: [], ...given },
];

it.each([
  ['Microsoft.Devices/IotHubs/*', 'Microsoft.Devices/IotHubs/twins/read', true],
  ['Microsoft.Devices/IotHubs/*/read', 'microsoft.devices/iothubs/TWINS/Read', true],
  ['Microsoft.Devices/IotHubs/*/read', 'Microsoft.Devices/IotHubs/twins/write', false],
  ['Microsoft.Devices/IotHubs/*/read', 'Microsoft.Devices/IotHubs/read', false],
  ['Microsoft.Devices/IotHubs/twins/read', 'Microsoft.Devices/IotHubs/twins/readX', false],
  ['*', 'anything/at/all', true],
  ['a*b*c', 'a1b2c', true],
  ['a*b*c', 'acb', false],
  ['ab*ba', 'aba', false],
  ['', 'a', false],
])('the pattern %j on %j: %s', (pattern, action, allowed) => {
  expect(permits(role({ dataActions: [pattern] }), 'data', action)).toBe(allowed);
});

it('keeps the planes apart', () => {
  expect(permits(role({ actions: ['*'] }), 'data', 'Microsoft.Devices/IotHubs/twins/read')).toBe(false);
  expect(permits(role({ dataActions: ['*'] }), 'control', 'Microsoft.Devices/IotHubs/read')).toBe(false);
});

it('takes back what a permission excludes, but not what another permission gives', () => {
  const but = role({ actions: ['*'], notActions: ['Microsoft.Authorization/*/Write'] });

  expect(permits(but, 'control', 'Microsoft.Authorization/roleAssignments/write')).toBe(false);
  expect(permits(but, 'control', 'Microsoft.Authorization/roleAssignments/read')).toBe(true);
  expect(permits([...but, ...role({ actions: ['*/write'] })], 'control', 'Microsoft.Authorization/x/write')).toBe(true);
});

it.each([
  ['/subscriptions/s', '/subscriptions/S/resourceGroups/g/x', true],
  ['/subscriptions/s/resourceGroups/g', '/subscriptions/s/resourceGroups/g', true],
  ['/subscriptions/s/resourceGroups/g', '/subscriptions/s/resourceGroups/group2', false],
  ['/', '/subscriptions/s', true],
  ['/subscriptions/s/resourceGroups/g', '', false],
])('a role at %s holds for %s: %s', (scope, id, holds) => {
  expect(covers(scope, id)).toBe(holds);
});
