import type { InitialTwin } from './service';

/**
 * What the provider of enrollments is given and keeps, flat: infra/components/enrollment-inputs.ts makes it of a
 * component's arguments. A member that is not set is absent.
 */
export interface EnrollmentInputs {
  readonly kind: 'group' | 'individual';
  readonly enrollmentGroupId?: string;
  readonly registrationId?: string;
  readonly deviceId?: string;
  readonly serviceHostName: string;
  readonly auth: 'entra' | 'sas';
  readonly serviceResourceId?: string;
  /** Of `sas`: the shared access policy to sign in with. */
  readonly serviceKeyName?: string;
  readonly attestation: 'symmetricKey' | 'x509';
  readonly primaryKey?: string;
  readonly secondaryKey?: string;
  readonly certificate?: string;
  readonly secondaryCertificate?: string;
  readonly caReference?: string;
  readonly secondaryCaReference?: string;
  readonly iotEdge: boolean;
  readonly reprovisionPolicy: { readonly updateHubAssignment: boolean; readonly migrateDeviceData: boolean };
  readonly allocation?: 'hashed' | 'geoLatency' | 'static' | 'custom';
  readonly webhookUrl?: string;
  readonly webhookApiVersion?: string;
  readonly hubs?: readonly string[];
  readonly initialTwin?: InitialTwin;
  readonly enabled: boolean;
  readonly adopt: boolean;
}

/** What the state holds: the inputs as they stand in the service, and which version of the record that was. */
export interface EnrollmentState extends EnrollmentInputs {
  readonly etag: string;
}

/** What stands in a preview for a value that is not known yet (pulumi, sdk/nodejs/runtime/rpc.ts, unknownValue). */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** Whether a value holds an {@link UNKNOWN}, at any depth. */
export const isUnknown = (value: unknown): boolean => JSON.stringify(value ?? null).includes(UNKNOWN);

/** The enrollment's id in the service, which is the resource's id too. */
export const idOf = ({ kind, enrollmentGroupId, registrationId }: EnrollmentInputs): string =>
  (kind === 'group' ? enrollmentGroupId : registrationId) ?? '';

/** `the enrollment group 'pumps'`, as messages name it. */
export const nameOf = (inputs: EnrollmentInputs): string =>
  `the ${inputs.kind === 'group' ? 'enrollment group' : 'individual enrollment'} '${idOf(inputs)}'`;
