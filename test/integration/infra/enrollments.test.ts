import { join, resolve } from 'node:path';

import { IotDpsClient } from '@azure/arm-deviceprovisioningservices';
import { IotHubClient } from '@azure/arm-iothub';
import { DefaultAzureCredential } from '@azure/identity';
import { ProvisioningDeviceClient, type RegistrationResult } from 'azure-iot-provisioning-device';
import { Mqtt } from 'azure-iot-provisioning-device-mqtt';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { Registry } from 'azure-iothub';
import { SymmetricKeySecurityClient } from 'azure-iot-security-symmetric-key';

import { makeCertificate, type TestCertificate } from '../../support/certificates';
import { derivedKey, randomKey } from '../../support/dps';
import { Project } from '../../support/project';

const CHECKOUT = resolve(__dirname, '../../..');
const ARM = { endpoint: 'https://management.azure.test' };
const GLOBAL = 'global.azure-devices-provisioning.test';
const subscription = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const credential = new DefaultAzureCredential();
const { iotDpsResource: services } = new IotDpsClient(credential, subscription, ARM);
const { iotHubResource: hubs } = new IotHubClient(credential, subscription, ARM);
interface Outputs {
  readonly group: string;
  readonly service: string;
  readonly idScope: string;
  readonly hubs: { readonly east: string; readonly west: string };
}
type Named = Readonly<Record<string, object>>;
interface Spec {
  readonly groups: Named;
  readonly devices: Named;
  readonly ca: string;
  readonly auth?: 'sas';
  readonly weights?: Readonly<Record<string, number>>;
}

let project: Project;
let fleet: Outputs;
let service: ProvisioningServiceClient;
const ownKey = randomKey();
let ca: TestCertificate;
let nextCa: TestCertificate;
const twin = { tags: { line: 1 }, desired: { mode: 'calm' } };
const east = { hubs: ['east'], initialTwin: twin };
const POLICIES = ['reprovisionAndMigrateData', 'reprovisionAndResetToInitialConfig', 'never'] as const;
/** What `trusted` becomes; the webhook's address has a key in it. */
const CHANGED = {
  allocation: { custom: { webhookUrl: `https://allocate.example/api/allocate?code=${randomKey()}` } },
  initialTwin: { tags: { line: 2 } },
  iotEdge: true,
  enabled: false,
};
const firstSpec = (): Spec => ({
  ca: ca.cert,
  weights: { east: 3 },
  groups: {
    ...Object.fromEntries(POLICIES.map((policy) => [policy, { policy, ...east }])),
    signed: { policy: 'never', certificate: ca.cert },
    trusted: { policy: 'never', byCa: true },
  },
  devices: { 'door-1': { policy: 'never', ownKeys: true, deviceId: 'front-door' } },
});
/** What the program says now. */
let spec: Spec;
const declare = (next: Partial<Spec>) => project.declare((spec = { ...spec, ...next }));

type Group = Awaited<ReturnType<ProvisioningServiceClient['getEnrollmentGroup']>>['responseBody'];
const groupOf = async (id: string): Promise<Group> => (await service.getEnrollmentGroup(id)).responseBody;
const isKeyed = async (id: string): Promise<boolean> => (await groupOf(id)).attestation.type === 'symmetricKey';
const isGone = (id: string): Promise<boolean> =>
  groupOf(id).then(
    () => false,
    () => true,
  );
const keyOf = async (id: string): Promise<string> =>
  (await service.getEnrollmentGroupAttestationMechanism(id)).responseBody.symmetricKey?.primaryKey ?? '';
/** By hand: what an operator does beside the program. */
const change = async (id: string, more: object) =>
  service.createOrUpdateEnrollmentGroup({ ...(await groupOf(id)), ...more });

async function connectionString(policy = 'provisioningserviceowner'): Promise<string> {
  const { primaryKey } = await services.listKeysForKeyName(fleet.service, policy, fleet.group);
  const { properties } = await services.get(fleet.service, fleet.group);
  return `HostName=${properties.serviceOperationsHostName};SharedAccessKeyName=${policy};SharedAccessKey=${primaryKey}`;
}

async function linkKeyOf(hostName: string): Promise<string> {
  const name = hostName.split('.', 1)[0] ?? '';
  return (await hubs.getKeysForKeyName(fleet.group, name, 'provisioningLink')).primaryKey ?? '';
}
const registryOf = async (name: 'east' | 'west'): Promise<Registry> => {
  const host = fleet.hubs[name];
  return Registry.fromConnectionString(
    `HostName=${host};SharedAccessKeyName=provisioningLink;SharedAccessKey=${await linkKeyOf(host)}`,
  );
};

async function register(id: string, key: string): Promise<RegistrationResult> {
  const security = new SymmetricKeySecurityClient(id, key);
  const client = ProvisioningDeviceClient.create(GLOBAL, fleet.idScope, new Mqtt(), security as never);
  return (await client.register()) as RegistrationResult; // typed as one that may take a callback and give nothing
}

/** Pulumi notes where each line of a program lies, its own packages too, which this project has by a link from outside. */
const withoutSourcePositions = (state: string): string =>
  JSON.stringify(
    JSON.parse(state, (key, value: unknown) => (['sourcePosition', 'stackTrace'].includes(key) ? undefined : value)),
  );

/** In the order of the story: the engine is too slow to tell it anew each time. */
beforeAll(async () => {
  project = await Project.create(join(CHECKOUT, 'test/support/enrollments-program.cjs'));
  [ca, nextCa] = await Promise.all([makeCertificate('Maker', { ca: true }), makeCertificate('Next', { ca: true })]);
  await declare(firstSpec());
  await project.run('config', 'set', '--secret', 'keys', JSON.stringify({ 'door-1': ownKey }));
});
afterAll(async () => {
  await project.run('destroy', '--yes', '--skip-preview');
  await project.remove();
});

it('names every problem of an enrollment before anything is made', async () => {
  const bad = { policy: 'sometimes', allocation: 'static', iotEdge: 'yes' };
  await declare({ groups: { bad }, devices: {} });

  const refused = await project.run('preview');

  expect(refused.code).not.toBe(0);
  for (const text of ['reprovisionPolicy', 'iotEdge']) expect(refused.text).toContain(text);
});

it('makes a service with its links, and enrollments as they are declared', async () => {
  await declare(firstSpec());
  const made = await project.up();
  expect(made).toExitWith(0);
  fleet = await project.outputs<Outputs>();
  service = ProvisioningServiceClient.fromConnectionString(await connectionString());

  expect(await groupOf('reprovisionAndMigrateData')).toMatchObject({
    attestation: { type: 'symmetricKey' },
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
    iotHubs: [fleet.hubs.east],
    initialTwin: { tags: twin.tags, properties: { desired: twin.desired } },
    provisioningStatus: 'enabled',
  });
  expect((await groupOf('signed')).attestation.x509?.signingCertificates?.primary).toHaveProperty('info');
  expect((await groupOf('trusted')).attestation.x509?.caReferences?.primary).toMatch(/^maker/);
  const door = (await service.getIndividualEnrollment('door-1')).responseBody;
  expect(door).toMatchObject({ deviceId: 'front-door' });
  const attestation = await service.getIndividualEnrollmentAttestationMechanism('door-1');
  expect(attestation.responseBody.symmetricKey?.primaryKey).toBe(ownKey);
  const { properties } = await services.get(fleet.service, fleet.group);
  const link = { applyAllocationPolicy: true, location: 'westeurope' };
  expect(properties.iotHubs).toMatchObject([
    { ...link, name: fleet.hubs.east, allocationWeight: 3 },
    { ...link, name: fleet.hubs.west, allocationWeight: 1 },
  ]);
});

it('links hubs by a policy with the two rights that DPS needs', async () => {
  const policies: unknown[] = [];
  const name = fleet.hubs.east.split('.', 1)[0] ?? '';
  for await (const { keyName, rights } of hubs.listKeys(fleet.group, name)) policies.push({ keyName, rights });

  expect(policies).toEqual([{ keyName: 'provisioningLink', rights: 'RegistryWrite, ServiceConnect' }]);
});

it('changes nothing the second time, from a clone in another folder', async () => {
  const again = await project.clone().up('--expect-no-changes');

  expect(again).toExitWith(0);
});

it('registers devices with the hub that their group names', async () => {
  for (const policy of POLICIES) {
    const first = await register(`pump-${policy}`, derivedKey(await keyOf(policy), `pump-${policy}`));
    expect(first).toMatchObject({ assignedHub: fleet.hubs.east });
    const registry = await registryOf('east');
    await registry.updateTwin(`pump-${policy}`, { tags: { owner: 'ada' } }, '*');
  }
});

it('changes each field in place, and devices keep their keys', async () => {
  const before = await Promise.all(POLICIES.map(keyOf));
  const moved = (policy: string) => ({ policy, hubs: ['west'], initialTwin: twin });
  await declare({
    groups: {
      ...Object.fromEntries(POLICIES.map((policy) => [policy, moved(policy)])),
      signed: { policy: 'never', certificate: ca.cert, secondaryCertificate: nextCa.cert },
      trusted: { policy: 'reprovisionAndMigrateData', byCa: true, ...CHANGED },
    },
    devices: { 'door-1': { policy: 'never', ownKeys: true, deviceId: 'back-door', enabled: false } },
  });

  const changed = await project.up();

  expect(changed).toExitWith(0);
  expect(changed.text).toMatch(/~ 6 updated/);
  expect(await Promise.all(POLICIES.map(keyOf))).toEqual(before);
  expect(await groupOf('trusted')).toMatchObject({
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
    allocationPolicy: 'custom',
    customAllocationDefinition: { webhookUrl: CHANGED.allocation.custom.webhookUrl, apiVersion: '2021-10-01' },
    capabilities: { iotEdge: true },
    provisioningStatus: 'disabled',
    initialTwin: { tags: { line: 2 } },
  });
  expect((await groupOf('signed')).attestation.x509?.signingCertificates?.secondary).toHaveProperty('info');
  const door = (await service.getIndividualEnrollment('door-1')).responseBody;
  expect(door).toMatchObject({ deviceId: 'back-door', provisioningStatus: 'disabled' });
});

it.each([
  ['reprovisionAndMigrateData', 'west', { line: 1, owner: 'ada' }],
  ['reprovisionAndResetToInitialConfig', 'west', { line: 1 }],
  ['never', 'east', { line: 1, owner: 'ada' }],
] as const)('does with a device what %s says, when its hub was changed', async (policy, where, tags) => {
  const id = `pump-${policy}`;

  const again = await register(id, derivedKey(await keyOf(policy), id));

  expect(again).toMatchObject({ assignedHub: fleet.hubs[where] });
  expect((await (await registryOf(where)).getTwin(id)).responseBody).toMatchObject({ tags });
  expect((await (await registryOf(where)).getTwin(id)).responseBody.tags).toEqual(tags);
});

/** By hand, beside the program: one group changed, one deleted, two made. */
const legacyKeys = { primaryKey: randomKey(), secondaryKey: randomKey() };
async function meddle(): Promise<void> {
  await change('never', { provisioningStatus: 'disabled', initialTwin: { tags: { by: 'hand' } } });
  for (const enrollmentGroupId of ['legacy', 'foreign']) {
    await service.createOrUpdateEnrollmentGroup({
      enrollmentGroupId,
      attestation: { type: 'symmetricKey', symmetricKey: legacyKeys },
      reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false },
      provisioningStatus: 'enabled',
    } as never);
  }
}

it('overwrites nothing that somebody else has changed or made, and names it', async () => {
  await meddle();
  await declare({
    groups: {
      ...spec.groups,
      never: { ...spec.groups['never'], iotEdge: true },
      legacy: { policy: 'reprovisionAndResetToInitialConfig' },
      foreign: { policy: 'never', adopt: true },
    },
  });

  const refused = await project.up('--continue-on-error');

  expect(refused.code).not.toBe(0);
  expect(refused.text).toMatch(
    /'never' was changed by somebody else .* in initialTwin, enabled\. Nothing was overwritten/,
  );
  expect(refused.text).toMatch(/'legacy' exists already .* Set `adopt: true`/);
  expect(refused.text).toMatch(
    /'foreign' exists already .* differs from the program in reprovisionPolicy\. Nothing was/,
  );
  expect(await groupOf('never')).toMatchObject({
    provisioningStatus: 'disabled',
    initialTwin: { tags: { by: 'hand' } },
    capabilities: { iotEdge: false },
  });
  expect((await groupOf('foreign')).reprovisionPolicy).toMatchObject({ updateHubAssignment: true });
});

it('shows drift by field after a refresh and mends it, makes again what is gone, adopts what is as declared', async () => {
  await service.deleteEnrollmentGroup('reprovisionAndMigrateData');
  const groups = Object.fromEntries(Object.entries(spec.groups).filter(([name]) => name !== 'foreign'));
  await declare({ groups: { ...groups, legacy: { ...groups['legacy'], adopt: true } } });

  const mended = await project.up('--refresh', '--diff');

  expect(mended).toExitWith(0);
  expect(mended.text).toMatch(/enabled\s*: false => true/);
  expect(await groupOf('never')).toMatchObject({
    capabilities: { iotEdge: true },
    provisioningStatus: 'enabled',
    initialTwin: { tags: twin.tags, properties: { desired: twin.desired } },
  });
  expect(await groupOf('reprovisionAndMigrateData')).toMatchObject({ iotHubs: [fleet.hubs.west] });
  expect(await keyOf('legacy')).toBe(legacyKeys.primaryKey);
});

it('replaces a group of another id or kind of attestation, deletes what is no longer declared, by shared keys too', async () => {
  const key = await keyOf('never');
  await declare({
    auth: 'sas',
    groups: {
      ...spec.groups,
      never: { ...spec.groups['never'], enrollmentGroupId: 'renamed' },
      signed: { policy: 'never' },
    },
    devices: {},
  });

  const replaced = await project.run('up', '--yes'); // with its preview, which cannot know the new policy's key
  service = ProvisioningServiceClient.fromConnectionString(await connectionString('enrollmentsAndRegistrations'));

  expect(replaced).toExitWith(0);
  expect(await isGone('never')).toBe(true);
  expect(await keyOf('renamed')).not.toBe(key);
  expect((await groupOf('signed')).attestation).toEqual({ type: 'symmetricKey' });
  await expect(service.getIndividualEnrollment('door-1')).rejects.toThrow();
});

it('writes no key and no path of this machine: not into state, output, event log or the provider', async () => {
  const { text, resources } = await project.state();
  const groupIds = resources.filter(({ type }) => type.endsWith('EnrollmentGroup')).map(({ id = '' }) => id);
  const keys = [
    ownKey,
    ...(await Promise.all(groupIds.map((id) => isKeyed(id).then((keyed) => (keyed ? keyOf(id) : ''))))),
    ...(await Promise.all([fleet.hubs.east, fleet.hubs.west].map(linkKeyOf))),
    (await connectionString('enrollmentsAndRegistrations')).split('SharedAccessKey=')[1] ?? '',
    CHANGED.allocation.custom.webhookUrl,
  ].filter((key) => key !== '');
  const providers = resources.map(({ inputs }) => JSON.stringify(inputs?.['__provider'] ?? '')).join('\n');

  const places = { state: text, output: project.printed, log: await project.eventLog() };
  const leaks = Object.entries(places).filter(([, place]) => keys.some((key) => place.includes(key)));
  expect(keys.length).toBeGreaterThan(8);
  expect(leaks.map(([name]) => name)).toEqual([]); // names only: a failure must not print the keys either
  const written = withoutSourcePositions(text);
  expect(written).not.toContain(CHECKOUT);
  expect(written).not.toContain(project.folder);
  expect(providers).toContain('groundswell/infra/dynamic');
});

it('deletes all of it, though the service was deleted by hand', async () => {
  await services.beginDeleteAndWait(fleet.service, fleet.group, { updateIntervalInMs: 20 });

  const destroyed = await project.run('destroy', '--yes', '--skip-preview', '--refresh');

  expect(destroyed).toExitWith(0);
  expect((await project.state()).resources).toEqual([]);
});
