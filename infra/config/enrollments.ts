import { z } from 'zod';
import { DEVICE_ID, DEVICE_ID_RULE } from '../../domain/ids';
import { exactlyOneOf, isObject, jsonObject, matching, oneOf, record, wordOrObject } from '../../spec/fields';
import { type ReprovisionPolicyName, ReprovisionPolicies } from '../components/reprovision-policy';
import { hubNames, logicalName } from './fields';

/** Groups of a provisioning service. Source: Azure IoT Hub Device Provisioning Service, "Quotas and limits". */
export const MAX_ENROLLMENT_GROUPS = 100;

/** Registration ids and group ids. Source: DPS concepts, "Registration ID". */
const REGISTRATION_ID = /^[a-z0-9\-._:]{0,127}[a-z0-9-]$/;
const registrationId = matching(
  REGISTRATION_ID,
  'up to 128 small letters, digits and - . _ : with a letter, digit or dash at the end',
);
const deviceId = matching(DEVICE_ID, `a device id: ${DEVICE_ID_RULE}`);

export const certificateFile = matching(
  /\.(pem|crt|cer)$/,
  "a PEM file's path from the project's folder: .pem, .crt or .cer",
);

const webhook = {
  /** The stack's own allocation function when it is missing. Carries its key: a secret. */
  webhookUrl: z.url({ protocol: /^https$/, error: 'an https URL' }).optional(),
  apiVersion: matching(/^\d{4}-\d{2}-\d{2}(-preview)?$/, 'an API version such as 2021-10-01').default('2021-10-01'),
};
/** Of the stack's own function: it tells groups apart, single enrollments not. */
const groupRules = {
  /** Hubs for devices that have none; by weight. */
  newDevices: hubNames.optional(),
  /** For the device, in the answer to each registration. */
  payload: jsonObject.optional(),
};
const ALLOCATION = 'hashed, geoLatency, static or an object { custom: { … } }';
const policy = z.enum(['hashed', 'geoLatency', 'static'], { error: ALLOCATION });
const allocation = wordOrObject(policy, record({ custom: record(webhook) }));
const groupAllocation = wordOrObject(policy, record({ custom: record({ ...webhook, ...groupRules }) }));

const symmetricKey = record({ type: z.literal('symmetricKey') });
const NO_TPM = 'symmetricKey or x509; a tpm can be enrolled by hand only: its endorsement key comes from each device';
const attestationError = ({ input }: { input?: unknown }) =>
  isObject(input) ? NO_TPM : 'an object { type: symmetricKey } or { type: x509, … }';

/** A group's devices show a certificate that one of these issued: given here, or a named certificate of the service. */
const caRule = exactlyOneOf('certificate', 'ca');
const groupX509 = record({
  type: z.literal('x509'),
  certificate: certificateFile.optional(),
  secondaryCertificate: certificateFile.optional(),
  ca: logicalName.optional(),
  secondaryCa: logicalName.optional(),
}).refine(caRule.test, caRule.options);
const deviceX509 = record({
  type: z.literal('x509'),
  certificate: certificateFile,
  secondaryCertificate: certificateFile.optional(),
});

const common = {
  /** No default: whoever enrolls devices says what becomes of them when they call again. */
  reprovisionPolicy: oneOf(Object.keys(ReprovisionPolicies) as [ReprovisionPolicyName, ...ReprovisionPolicyName[]]),
  /** The service's when it is missing. */
  allocation: allocation.optional(),
  /** The service's when it is missing. */
  hubs: hubNames.optional(),
  initialTwin: record({ tags: jsonObject.default({}), desired: jsonObject.default({}) }).optional(),
  enabled: z.boolean({ error: 'true or false' }).default(true),
};

const group = record({
  attestation: z.discriminatedUnion('type', [symmetricKey, groupX509], { error: attestationError }),
  ...common,
  allocation: groupAllocation.optional(),
});
const individual = record({
  attestation: z.discriminatedUnion('type', [symmetricKey, deviceX509], { error: attestationError }),
  deviceId: deviceId.optional(),
  ...common,
});

const GROUPS = `an object of at most ${MAX_ENROLLMENT_GROUPS} enrollment groups by id`;
const keyed = (many: string) => ({
  error: ({ code }: { code?: string }) =>
    code === 'invalid_key'
      ? 'an id of up to 128 small letters, digits and - . _ : that ends in a letter, digit or dash'
      : many,
});

export const enrollmentGroups = z
  .record(registrationId, group, keyed(GROUPS))
  .refine((groups) => Object.keys(groups).length <= MAX_ENROLLMENT_GROUPS, { error: GROUPS })
  .default({});

export const enrollments = z
  .record(registrationId, individual, keyed('an object of enrollments by registration id'))
  .default({});

export type EnrollmentGroupConfig = z.output<typeof group>;
export type EnrollmentConfig = z.output<typeof individual>;
export type EnrollmentAllocation = z.output<typeof allocation>;
