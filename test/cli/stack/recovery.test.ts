import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type ExportedStack, locksIn, settleInterrupted, settlementOf, unlocking } from '../../../cli/stack/recovery';

const urn = (type: string, name: string): string => `urn:pulumi:s::groundswell::${type}::${name}`;
const HUB = 'azure-native:iothub:IotHubResource';
const hub = {
  type: 'creating',
  resource: { urn: urn(HUB, 'main'), type: HUB, inputs: { resourceGroupName: 'g', resourceName: 'main1a2b' } },
};
const group = { urn: urn('azure-native:resources:ResourceGroup', 'g'), id: '/subscriptions/sub-1/resourceGroups/g' };
const hubId = '/subscriptions/sub-1/resourceGroups/g/providers/Microsoft.Devices/IotHubs/main1a2b';
const exported = (...pending: ExportedStackOperations): ExportedStack => ({
  deployment: { pending_operations: pending, resources: [group] },
});
type ExportedStackOperations = NonNullable<NonNullable<ExportedStack['deployment']>['pending_operations']>[number][];

const creating = (type: string, inputs: Record<string, unknown>) => ({
  type: 'creating',
  resource: { urn: urn(type, 'x'), type, inputs },
});

/** A dead process's id: the largest that Linux gives is far below. */
const DEAD = 2 ** 30;
const lockedBy = (host: string, pid: number): Error =>
  new Error(
    `the stack is currently locked by 1 lock(s).\n  file:///b/.pulumi/locks/x.json: created by ada@${host} (pid ${pid}) at 2026-11-21T10:00:00Z`,
  );

it.each([
  ['a hub', hub, hubId],
  [
    'a role assignment at its scope',
    creating('azure-native:authorization:RoleAssignment', { scope: hubId, roleAssignmentName: 'r' }),
    `${hubId}/providers/Microsoft.Authorization/roleAssignments/r`,
  ],
  [
    'an enrollment group in its service',
    creating('pulumi-nodejs:groundswell:EnrollmentGroup', { enrollmentGroupId: 'doors' }),
    'doors',
  ],
])('knows the id that %s has if it was made', (_, operation, id) => {
  expect(settlementOf(exported(operation), undefined).adopted).toMatchObject([{ urn: operation.resource.urn, id }]);
});

it('takes the subscription from the environment while the stack has no resource', () => {
  const first = creating('azure-native:resources:ResourceGroup', { resourceGroupName: 'g' });

  const { adopted } = settlementOf({ deployment: { pending_operations: [first] } }, 'sub-2');

  expect(adopted).toMatchObject([{ urn: first.resource.urn, id: '/subscriptions/sub-2/resourceGroups/g' }]);
});

it('lists what it cannot look up, and leaves alone what has nothing in Azure', () => {
  const strange = creating('aws:s3:Bucket', { bucket: 'b' });
  const provider = creating('pulumi:providers:azure-native', {});
  const update = { ...hub, type: 'updating' };

  expect(settlementOf(exported(strange, provider, update), undefined)).toEqual({
    urns: [strange.resource.urn, provider.resource.urn, hub.resource.urn],
    adopted: [],
    unknown: [strange.resource.urn],
  });
});

it('does not know a replacement, which has the name of what it replaces', () => {
  const replaced = { urn: hub.resource.urn, id: hubId };

  const { adopted, unknown } = settlementOf({ deployment: { pending_operations: [hub], resources: [replaced] } }, 's');

  expect({ adopted, unknown }).toEqual({ adopted: [], unknown: [hub.resource.urn] });
});

it('leads a dynamic provider to itself by the outputs, and any other one by the id alone', () => {
  const enrollment = creating('pulumi-nodejs:groundswell:EnrollmentGroup', { enrollmentGroupId: 'doors' });

  const { adopted } = settlementOf(exported(enrollment, hub), undefined);

  expect(adopted).toEqual([
    { ...enrollment.resource, id: 'doors', outputs: enrollment.resource.inputs },
    { ...hub.resource, id: hubId },
  ]);
});

it('writes creations down as if they had succeeded, has the engine look, and leaves no file behind', async () => {
  const stack = { version: 3, ...exported(hub) };
  const called: string[][] = [];
  let imported: unknown;
  const pulumi = async (...args: string[]) => {
    called.push(args);
    if (args[1] === 'import') imported = JSON.parse(await readFile(args[3] ?? '', 'utf8'));
    return JSON.stringify(stack);
  };

  await settleInterrupted(pulumi, undefined, () => undefined);

  const file = called[1]?.[3] ?? '';
  expect(called).toEqual([
    ['stack', 'export'],
    ['stack', 'import', '--file', file],
    ['refresh', '--yes', '--skip-preview'],
  ]);
  expect(imported).toEqual({
    version: 3,
    deployment: { pending_operations: [], resources: [group, { ...hub.resource, id: hubId }] },
  });
  await expect(readFile(file)).rejects.toThrow('ENOENT');
});

it('refreshes nothing after a run that has ended, and stops where it cannot know', async () => {
  const called: string[] = [];
  const pulumiWith = (stack: ExportedStack) => (command: string) => {
    called.push(command);
    return Promise.resolve(JSON.stringify(stack));
  };

  await settleInterrupted(pulumiWith(exported()), undefined, () => undefined);
  const stopped = settleInterrupted(pulumiWith(exported(creating('aws:s3:Bucket', {}))), undefined, () => undefined);

  await expect(stopped).rejects.toThrow('cannot be looked up');
  expect(called).toEqual(['stack', 'stack']);
});

it('lifts the lock of a process of this machine that is gone, and runs again', async () => {
  const called: string[] = [];
  const pulumi = (...args: string[]) => Promise.resolve(String(called.push(args.join(' '))));
  const tries = [() => Promise.reject(lockedBy(hostname(), DEAD)), () => Promise.resolve('done')];

  const result = await unlocking(
    pulumi,
    () => undefined,
    () => (tries.shift() ?? (() => Promise.reject(new Error('too often'))))(),
  );

  expect(result).toBe('done');
  expect(called).toEqual(['cancel --yes']);
});

it.each([
  ['of a process that runs', hostname(), process.pid],
  ['of another machine', 'elsewhere', DEAD],
])('leaves a lock %s, and says whose it is', async (_, host, pid) => {
  const pulumi = () => Promise.reject(new Error('must not be called'));

  const run = unlocking(
    pulumi,
    () => undefined,
    () => Promise.reject(lockedBy(host, pid)),
  );

  await expect(run).rejects.toThrow(`ada@${host}, process ${pid}, since 2026-11-21T10:00:00Z`);
});

it('passes other errors on', async () => {
  const error = new Error('no');

  const run = unlocking(
    () => Promise.resolve(''),
    () => undefined,
    () => Promise.reject(error),
  );

  await expect(run).rejects.toBe(error);
  expect(locksIn('no')).toEqual([]);
});
