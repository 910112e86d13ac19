import { parsePath, rootIdOf, typeOf } from '../../../emulator/arm/path';

const GROUP = '/subscriptions/s/resourceGroups/g';
const ACCOUNT = `${GROUP}/providers/Microsoft.Storage/storageAccounts/a`;

it.each([
  [`${GROUP}/providers/Microsoft.Devices/IotHubs/h`, 'Microsoft.Devices/IotHubs', ['h'], GROUP],
  [`${GROUP}/providers/Microsoft.Devices/IotHubs`, 'Microsoft.Devices/IotHubs', [], GROUP],
  [
    `/subscriptions/s/providers/Microsoft.Devices/checkNameAvailability`,
    'Microsoft.Devices/checkNameAvailability',
    [],
    '/subscriptions/s',
  ],
  [
    `${ACCOUNT}/blobServices/default/containers/c`,
    'Microsoft.Storage/storageAccounts/blobServices/containers',
    ['a', 'default', 'c'],
    GROUP,
  ],
  [
    `${ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/r`,
    'Microsoft.Authorization/roleAssignments',
    ['r'],
    ACCOUNT,
  ],
  [GROUP, 'Microsoft.Resources/resourceGroups', ['g'], '/subscriptions/s'],
  ['/subscriptions/s/resourcegroups/', 'Microsoft.Resources/resourceGroups', [], '/subscriptions/s'],
  ['/subscriptions/s', 'Microsoft.Resources/subscriptions', ['s'], ''],
  [`${GROUP}/resources`, 'Microsoft.Resources/resources', [], GROUP],
])('takes %s apart', (path, type, names, scope) => {
  const parsed = parsePath(path);

  expect(typeOf(parsed)).toBe(type);
  expect(parsed).toMatchObject({ names, scope, subscriptionId: 's' });
});

it('finds the resource that a child hangs on', () => {
  expect(rootIdOf(parsePath(`${ACCOUNT}/blobServices/default/containers/c`))).toBe(ACCOUNT);
});

it.each(['/', '/subscription/s', `${GROUP}/providers/`])('refuses %s', (path) => {
  expect(() => parsePath(path)).toThrow('names no resource');
});
