import { randomUUID } from 'node:crypto';
import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { DefaultAzureCredential } from '@azure/identity';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { Registry } from 'azure-iothub';
import { createDps, derivedKey, randomKey, type TestDps } from '../../support/dps';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';

let hub: TestHub;
let dps: TestDps;
let client: ProvisioningServiceClient;

beforeAll(async () => {
  hub = await createHub();
  dps = await createDps([hub]);
  client = ProvisioningServiceClient.fromConnectionString(dps.connectionString);
});

type IndividualEnrollment = Parameters<ProvisioningServiceClient['createOrUpdateIndividualEnrollment']>[0];
type Query = ReturnType<ProvisioningServiceClient['createIndividualEnrollmentQuery']>;
/** The client forgets where it was unless told; its types name no results, which are in the answer. */
const nextOf = async (query: Query): Promise<IndividualEnrollment[]> =>
  (await query.next(query.continuationToken)).responseBody as unknown as IndividualEnrollment[];

const enrollment = (registrationId: string, more: object = {}) =>
  ({ registrationId, attestation: { type: 'symmetricKey' }, ...more }) as IndividualEnrollment;
const read = async (id: string) => (await client.getIndividualEnrollment(id)).responseBody;
/** The client's error has the answer's body in it. */
const codeOf = async (call: Promise<unknown>): Promise<unknown> => {
  const { responseBody } = (await call.then(
    () => ({ responseBody: '{}' }),
    (error: unknown) => error,
  )) as { responseBody: string };
  return (JSON.parse(responseBody) as { errorCode?: number }).errorCode;
};

it('makes, reads, updates and deletes an individual enrollment, by its etag', async () => {
  const wanted = enrollment('Door-1', {
    deviceId: 'door',
    capabilities: { iotEdge: true },
    initialTwin: { tags: { floor: 1 }, properties: { desired: { mode: 'calm' } } },
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false },
    iotHubs: [hub.hostName],
  });
  const made = (await client.createOrUpdateIndividualEnrollment(wanted)).responseBody;

  expect(made).toMatchObject({ ...wanted, provisioningStatus: 'enabled' });
  expect(made.attestation.symmetricKey?.primaryKey).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  expect(made.etag).toMatch(/^"[0-9a-f-]+"$/);
  const found = await read('DOOR-1');
  expect(found.attestation).toEqual({ type: 'symmetricKey' });
  expect(await codeOf(client.createOrUpdateIndividualEnrollment(wanted))).toBe(409000);
  const updated = await client.createOrUpdateIndividualEnrollment({ ...found, provisioningStatus: 'disabled' });
  expect(updated.responseBody).toMatchObject({ provisioningStatus: 'disabled', attestation: made.attestation });
  expect(await codeOf(client.createOrUpdateIndividualEnrollment(found))).toBe(412000);
  expect(await codeOf(client.deleteIndividualEnrollment(found))).toBe(412000);
  await client.deleteIndividualEnrollment('door-1');
  expect(await codeOf(client.getIndividualEnrollment('Door-1'))).toBe(404201);
});

it('gives the keys of an enrollment to those who ask for its attestation', async () => {
  const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: randomKey(), secondaryKey: randomKey() } };
  await client.createOrUpdateIndividualEnrollment(enrollment('keys', { attestation }));
  await client.createOrUpdateEnrollmentGroup({
    enrollmentGroupId: 'keys',
    attestation,
    provisioningStatus: 'enabled',
  } as never);

  expect((await client.getIndividualEnrollmentAttestationMechanism('keys')).responseBody).toEqual(attestation);
  expect((await client.getEnrollmentGroupAttestationMechanism('KEYS')).responseBody).toEqual(attestation);
});

it.each([
  ['a hub that is not linked', { iotHubs: ['far.azure-devices.test'] }],
  ['the static policy without a hub', { allocationPolicy: 'static' }],
  ['the custom policy without a webhook', { allocationPolicy: 'custom' }],
  ['a key that is too short', { attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: 'eA==' } } }],
  ['no attestation', { attestation: { type: 'none' } }],
  [
    'a certificate that is none',
    { attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: 'x' } } } } },
  ],
  ['a signing certificate for one device', { attestation: { type: 'x509', x509: { signingCertificates: {} } } }],
  ['a device id of forbidden letters', { deviceId: 'a b' }],
])('refuses %s', async (_what, more) => {
  expect(await codeOf(client.createOrUpdateIndividualEnrollment(enrollment('bad', more)))).toBe(400000);
});

it('pages through queries, with a condition', async () => {
  const own = await createDps([hub]);
  const service = ProvisioningServiceClient.fromConnectionString(own.connectionString);
  for (let i = 0; i < 5; i++) {
    const provisioningStatus = i === 2 ? 'disabled' : 'enabled';
    await service.createOrUpdateIndividualEnrollment(enrollment(`page-${i}`, { provisioningStatus }));
  }
  const query = service.createIndividualEnrollmentQuery({ query: 'SELECT * FROM enrollments' }, 2);
  const pages: string[][] = [];
  do pages.push((await nextOf(query)).map(({ registrationId }) => registrationId));
  while (query.hasMoreResults);
  expect(pages).toEqual([['page-0', 'page-1'], ['page-2', 'page-3'], ['page-4']]);

  const where = "SELECT * FROM enrollments WHERE provisioningStatus = 'disabled'";
  const found = await nextOf(service.createIndividualEnrollmentQuery({ query: where }));
  expect(found).toMatchObject([{ registrationId: 'page-2' }]);
  const bad = service.createIndividualEnrollmentQuery({ query: 'SELECT nothing' });
  expect(await codeOf(nextOf(bad))).toBe(400000);
});

type Bulk = Parameters<ProvisioningServiceClient['runBulkEnrollmentOperation']>[0];
/** Without a callback the client's promise never settles. */
const runBulk = (bulk: Bulk): Promise<unknown> =>
  new Promise((resolve, reject) => {
    client.runBulkEnrollmentOperation(bulk, (error, result) => (error ? reject(error) : resolve(result)));
  });

it('does bulks, and tells what went wrong for whom', async () => {
  await client.createOrUpdateIndividualEnrollment(enrollment('bulk-1'));

  const created = await runBulk({
    mode: 'create',
    enrollments: [enrollment('bulk-1'), enrollment('bulk-2')],
  });
  const deleted = await runBulk({
    mode: 'delete',
    enrollments: [enrollment('bulk-1'), enrollment('bulk-2')],
  });

  expect(created).toEqual({
    isSuccessful: false,
    errors: [{ registrationId: 'bulk-1', errorCode: 409000, errorStatus: 'Enrollment already exists.' }],
  });
  expect(deleted).toEqual({ isSuccessful: true, errors: [] });
});

it('shows how registrations stand, and forgets them without touching the hub', async () => {
  const made = (
    await client.createOrUpdateEnrollmentGroup({
      enrollmentGroupId: 'stands',
      attestation: { type: 'symmetricKey' },
      provisioningStatus: 'enabled',
    } as never)
  ).responseBody;
  const key = derivedKey(made.attestation.symmetricKey?.primaryKey ?? '', 'stand-1');
  await dps.register('stand-1', key);

  const state = (await client.getDeviceRegistrationState('stand-1')).responseBody;
  const query = client.createEnrollmentGroupDeviceRegistrationStateQuery({ query: 'SELECT *' }, 'stands');

  expect(state).toMatchObject({ status: 'assigned', assignedHub: hub.hostName, deviceId: 'stand-1' });
  expect(await nextOf(query)).toEqual([state]);
  await client.deleteDeviceRegistrationState(state);
  expect(await codeOf(client.getDeviceRegistrationState('stand-1'))).toBe(404202);
  await expect(Registry.fromConnectionString(hub.connectionString).get('stand-1')).resolves.toBeDefined();
});

it('lets in by Entra ID who has the role, and nobody without a right', async () => {
  const credential = new DefaultAzureCredential();
  const byRole = ProvisioningServiceClient.fromTokenCredential(dps.hostName, credential);
  const wrongKey = dps.connectionString.replace(/SharedAccessKey=.*/, `SharedAccessKey=${randomKey()}`);
  const noOne = ProvisioningServiceClient.fromConnectionString(wrongKey);

  expect(await codeOf(byRole.getIndividualEnrollment('keys'))).toBe(401002);
  expect(await codeOf(noOne.getIndividualEnrollment('keys'))).toBe(401002);
  const bare = await fetch(`https://${dps.hostName}/enrollments/keys?api-version=2021-10-01`);
  expect([bare.status, bare.headers.get('x-ms-error-code')]).toEqual([401, '401002']);

  await assignRole(credential);
  await eventually(async () => expect(await codeOf(byRole.getIndividualEnrollment('nobody'))).toBe(404201));
});

/** Device Provisioning Service Data Contributor, for the identity that runs the tests. */
async function assignRole(credential: DefaultAzureCredential): Promise<void> {
  const subscription = process.env.ARM_SUBSCRIPTION_ID ?? '';
  const { token } = await credential.getToken('https://azure-devices-provisioning.net/.default');
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { oid: string };
  const group = `subscriptions/${subscription}/resourceGroups/test-hubs`;
  const scope = `${group}/providers/Microsoft.Devices/provisioningServices/${dps.name}`;
  const role = 'dfce44e4-17b7-4bd1-a6d1-04996ec95633';
  const { roleAssignments } = new AuthorizationManagementClient(credential, subscription, {
    endpoint: 'https://management.azure.test',
  });
  await roleAssignments.create(scope, randomUUID(), {
    principalId: claims.oid,
    principalType: 'ServicePrincipal',
    roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
  });
}
