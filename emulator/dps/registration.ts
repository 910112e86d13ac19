import type { Json, JsonObject } from '../world/json';
import { certificateInfo } from './attestation';

/** How a registration ended (azure-rest-api-specs, AssignedDeviceSubstatus). */
export type Substatus =
  'initialAssignment' | 'deviceDataMigrated' | 'deviceDataReset' | 'reprovisionedToInitialAssignment';

/** The hub that DPS gave a device. */
export interface Assignment {
  readonly hub: string;
  readonly deviceId: string;
}

/** What a device proved itself by when it last registered. */
export type Proof =
  | {
      readonly type: 'symmetricKey';
      readonly enrollmentGroupId: string | undefined;
      /** The registration id as the key of a group's device is derived from it: as written, or in lower case. */
      readonly derivedFrom: string;
    }
  | {
      readonly type: 'x509';
      readonly enrollmentGroupId: string | undefined;
      /** PEM of the device's own certificate, and of the one that vouched for it. */
      readonly certificate: string;
      readonly signer: string | undefined;
    };

/** A request that is still being worked on: all that is needed to go on with it after a restart. */
export interface Pending {
  readonly payload: Json | undefined;
  /** Of the device's protocol; old ones know no reprovisioning. */
  readonly apiVersion: string;
  /** Ms since the epoch. */
  readonly dueAt: number;
}

/** A device's registration: plain data, never changed in place. */
export interface Registration {
  readonly registrationId: string;
  /** Of the newest request. */
  readonly operationId: string;
  readonly status: 'assigning' | 'assigned' | 'failed' | 'disabled';
  readonly substatus?: Substatus | undefined;
  /** The hub that holds the device now; a failed request leaves it as it was. */
  readonly assignment?: Assignment | undefined;
  readonly proof: Proof;
  readonly pending?: Pending | undefined;
  readonly errorCode?: number | undefined;
  readonly errorMessage?: string | undefined;
  /** What the webhook had for the device. */
  readonly payload?: Json | undefined;
  readonly etag: string;
  readonly createdDateTimeUtc: string;
  readonly lastUpdatedDateTimeUtc: string;
}

/** As the service API shows it (DeviceRegistrationState). The etag is the base64 of the quoted one. */
export function registrationView(registration: Registration): JsonObject {
  const { registrationId, status, substatus, assignment, errorCode, errorMessage, payload } = registration;
  const isAssigned = status === 'assigned';
  return defined({
    registrationId,
    createdDateTimeUtc: registration.createdDateTimeUtc,
    assignedHub: isAssigned ? assignment?.hub : undefined,
    deviceId: isAssigned ? assignment?.deviceId : undefined,
    status,
    substatus: isAssigned ? substatus : undefined,
    errorCode,
    errorMessage,
    lastUpdatedDateTimeUtc: registration.lastUpdatedDateTimeUtc,
    etag: Buffer.from(registration.etag).toString('base64'),
    payload,
  });
}

/** As the device sees it (DeviceRegistrationResult): with what it proved itself by. */
export function registrationResult(registration: Registration): JsonObject {
  const { proof } = registration;
  const group = defined({ enrollmentGroupId: proof.enrollmentGroupId });
  if (proof.type === 'symmetricKey') return { ...registrationView(registration), symmetricKey: group };
  const info = (pem: string | undefined): JsonObject | undefined =>
    pem === undefined ? undefined : (certificateInfo(pem) as JsonObject); // texts and a number
  const x509 = defined({ certificateInfo: info(proof.certificate), signingCertificateInfo: info(proof.signer) });
  return { ...registrationView(registration), x509: { ...group, ...x509 } };
}

/** What is answered on a request and on every poll (RegistrationOperationStatus). */
export const operationView = (registration: Registration): JsonObject =>
  registration.status === 'assigning'
    ? { operationId: registration.operationId, status: 'assigning' }
    : {
        operationId: registration.operationId,
        status: registration.status,
        registrationState: registrationResult(registration),
      };

const defined = (members: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(members).filter((entry): entry is [string, Json] => entry[1] !== undefined));
