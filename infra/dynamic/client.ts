import { IotDpsClient } from '@azure/arm-deviceprovisioningservices';
import { DefaultAzureCredential } from '@azure/identity';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';

import { failureOf, hasStatus } from './failures';
import { clouds } from './clouds';
import type { EnrollmentInputs } from './inputs';
import type { AttestationRecord, EnrollmentApi, EnrollmentRecord, Keys } from './service';

type Answer = Promise<{ readonly responseBody: unknown }>;

/** The official client's functions for one kind of enrollment; it types groups and enrollments more narrowly than they are. */
interface Calls {
  get(id: string): Answer;
  put(record: EnrollmentRecord): Answer;
  delete(id: string, etag: string): Promise<unknown>;
  attestation(id: string): Answer;
}

const callsOf = (client: ProvisioningServiceClient, kind: EnrollmentInputs['kind']): Calls =>
  kind === 'group'
    ? {
        get: (id) => client.getEnrollmentGroup(id),
        put: (record) => client.createOrUpdateEnrollmentGroup(record as never),
        delete: (id, etag) => client.deleteEnrollmentGroup(id, etag),
        attestation: (id) => client.getEnrollmentGroupAttestationMechanism(id),
      }
    : {
        get: (id) => client.getIndividualEnrollment(id),
        put: (record) => client.createOrUpdateIndividualEnrollment(record as never),
        delete: (id, etag) => client.deleteIndividualEnrollment(id, etag),
        attestation: (id) => client.getIndividualEnrollmentAttestationMechanism(id),
      };

async function answered<T>(answer: Answer): Promise<T> {
  return (await guarded(answer)).responseBody as T;
}

async function guarded<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw failureOf(cause, Date.now());
  }
}

/** undefined for what is not there. */
async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (cause) {
    if (hasStatus(cause, 404)) return undefined;
    throw cause;
  }
}

/** @param client of the service, signed in */
export function enrollmentApi(client: ProvisioningServiceClient, kind: EnrollmentInputs['kind']): EnrollmentApi {
  const calls = callsOf(client, kind);
  return {
    get: (id) => unlessMissing(answered<EnrollmentRecord>(calls.get(id))),
    put: (record, etag) => answered(calls.put(etag === undefined ? record : { ...record, etag })),
    async delete(id, etag) {
      await unlessMissing(guarded(calls.delete(id, etag)));
    },
    async keys(id): Promise<Keys> {
      const { symmetricKey } = await answered<AttestationRecord>(calls.attestation(id));
      return { primaryKey: symmetricKey?.primaryKey ?? '', secondaryKey: symmetricKey?.secondaryKey ?? '' };
    },
  };
}

/** Signs in as whoever runs Pulumi: to the service itself, or to the Resource Manager for the service's key. */
export async function connect(inputs: EnrollmentInputs): Promise<EnrollmentApi> {
  const { serviceHostName, auth, kind } = inputs;
  const client =
    auth === 'entra'
      ? ProvisioningServiceClient.fromTokenCredential(serviceHostName, new DefaultAzureCredential())
      : ProvisioningServiceClient.fromConnectionString(await connectionStringOf(inputs));
  return enrollmentApi(client, kind);
}

async function connectionStringOf(inputs: EnrollmentInputs): Promise<string> {
  const { serviceHostName, serviceKeyName = 'provisioningserviceowner' } = inputs;
  const { services, name, group } = managerOf(inputs);
  const { primaryKey } = await guarded(services.listKeysForKeyName(name, serviceKeyName, group));
  return `HostName=${serviceHostName};SharedAccessKeyName=${serviceKeyName};SharedAccessKey=${primaryKey ?? ''}`;
}

function managerOf({ serviceResourceId = '', serviceHostName }: EnrollmentInputs) {
  const [, , subscription = '', , group = '', , , , name = ''] = serviceResourceId.split('/');
  const { resourceManager: endpoint } = clouds(serviceHostName);
  const { iotDpsResource } = new IotDpsClient(new DefaultAzureCredential(), subscription, { endpoint });
  return { services: iotDpsResource, name, group };
}

/** Asks the Resource Manager; false when it is not told which service that is, or may not ask. */
export async function isServiceGone(inputs: EnrollmentInputs): Promise<boolean> {
  if (inputs.serviceResourceId === undefined) return false;
  const { services, name, group } = managerOf(inputs);
  return services.get(name, group).then(
    () => false,
    (cause: unknown) => (cause as { statusCode?: number }).statusCode === 404,
  );
}
