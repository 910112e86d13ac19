import { randomBytes } from 'node:crypto';
import { DefaultAzureCredential } from '@azure/identity';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import type { ProvisioningOutputs } from '../spec/stack-outputs';
import { derivedKey } from './agent/credentials';
import type { Scope } from './agent/index';
import { chunksOf, mapBounded } from '../domain/pool';

/** Enrollments in one bulk call, at most. Source: iot-dps REST, "Bulk Operation - Run". */
const BULK_LIMIT = 10;
/** Single reads at a time, for devices that were enrolled already. */
const READS_AT_ONCE = 10;

/** A device that a provisioning service knows. */
export interface Enrolled {
  readonly deviceId: string;
  /** Of its own, base64. Secret. */
  readonly key: string;
  /** Whether this call enrolled it. */
  readonly added: boolean;
}

export const scopeOf = ({ idScope, deviceHostName }: ProvisioningOutputs): Scope => ({
  idScope,
  endpoint: deviceHostName,
});

const clientOf = ({ serviceHostName, connectionString }: ProvisioningOutputs): ProvisioningServiceClient =>
  connectionString === undefined
    ? ProvisioningServiceClient.fromTokenCredential(serviceHostName, new DefaultAzureCredential())
    : ProvisioningServiceClient.fromConnectionString(connectionString);

const newKey = (): string => randomBytes(32).toString('base64');

/** What devices that are enrolled now are to get. */
export interface Enrolling {
  /** Host name of the hub that they are assigned to. */
  readonly hub: string;
  readonly tags: Readonly<Record<string, unknown>>;
}

/**
 * Enrolls devices by themselves, 10 a call, with keys of their own; their twins go along when they move. One that is enrolled
 * already is kept as it is.
 *
 * @param onProgress called with the number of devices dealt with so far
 * @throws the SDK's error when the service refuses a call, or an Error that names the device it refused
 */
export async function enrollDevices(
  service: ProvisioningOutputs,
  deviceIds: readonly string[],
  enrolling: Enrolling,
  onProgress: (done: number) => void,
): Promise<Enrolled[]> {
  const client = clientOf(service);
  const enrolled: Enrolled[] = [];
  for (const chunk of chunksOf(deviceIds, BULK_LIMIT)) {
    enrolled.push(...(await enroll(client, chunk, enrolling)));
    onProgress(enrolled.length);
  }
  return enrolled;
}

async function enroll(
  client: ProvisioningServiceClient,
  deviceIds: readonly string[],
  { hub, tags }: Enrolling,
): Promise<Enrolled[]> {
  const wanted = deviceIds.map((deviceId) => ({ deviceId, key: newKey() }));
  const enrollments = wanted.map(({ deviceId, key }) => ({
    registrationId: deviceId,
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: key, secondaryKey: newKey() } },
    allocationPolicy: 'static',
    iotHubs: [hub],
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
    initialTwin: { tags, properties: { desired: {} } },
  }));
  const refused = await create(client, enrollments);
  return mapBounded(wanted, READS_AT_ONCE, async ({ deviceId, key }) => {
    const refusal = refused.get(deviceId);
    if (refusal === undefined) return { deviceId, key, added: true };
    return { deviceId, key: await keyOf(client, deviceId, refusal), added: false };
  });
}

/**
 * Its promise never settles without a callback (azure-iot-provisioning-service 1.11.2, runBulkEnrollmentOperation).
 *
 * @returns why, by registration id, for those that the service refused
 */
const create = (client: ProvisioningServiceClient, enrollments: readonly object[]): Promise<Map<string, string>> =>
  new Promise((resolve, reject) => {
    // The SDK's types ask for what the service fills in by itself, and promise a result even with an error.
    client.runBulkEnrollmentOperation({ mode: 'create', enrollments } as never, (error, result) => {
      if (error) reject(error);
      else resolve(new Map((result?.errors ?? []).map((each) => [each.registrationId, each.errorStatus])));
    });
  });

/** @throws Error with the refusal, for a device that is not enrolled */
async function keyOf(client: ProvisioningServiceClient, deviceId: string, refusal: string): Promise<string> {
  const { responseBody } = await client
    .getIndividualEnrollmentAttestationMechanism(deviceId)
    .catch((cause: unknown) => {
      throw new Error(`device ${deviceId} could not be enrolled: ${refusal}`, { cause });
    });
  return keyIn(responseBody, `device ${deviceId}`);
}

/**
 * The keys of devices of an enrollment group.
 *
 * @param groupKey when the service is not to be asked for it
 * @throws the SDK's error when there is no such group, or an Error when its devices have certificates
 */
export async function groupDevices(
  service: ProvisioningOutputs,
  group: string,
  deviceIds: readonly string[],
  groupKey?: string,
): Promise<Enrolled[]> {
  const key = groupKey ?? (await keyOfGroup(service, group));
  return deviceIds.map((deviceId) => ({ deviceId, key: derivedKey(key, deviceId), added: false }));
}

async function keyOfGroup(service: ProvisioningOutputs, group: string): Promise<string> {
  const { responseBody } = await clientOf(service).getEnrollmentGroupAttestationMechanism(group);
  return keyIn(responseBody, `enrollment group ${group}`);
}

/** Of the SDK's AttestationMechanism, which it does not export. */
interface Attestation {
  readonly symmetricKey?: { readonly primaryKey: string };
}

function keyIn({ symmetricKey }: Attestation, whose: string): string {
  const key = symmetricKey?.primaryKey;
  if (key === undefined || key === '') throw new Error(`${whose} does not sign in with a symmetric key`);
  return key;
}
