import { X509Certificate } from 'node:crypto';

import { z } from 'zod';

import { DEVICE_ID } from '../../domain/ids';

import { commonNameOf } from './certificates';
import { idOf, isUnknown, type EnrollmentInputs } from './inputs';
import { compact } from './record';

/** A problem, as the engine shows it. Without a property, the reason names it. */
export interface Problem {
  readonly property: string;
  readonly reason: string;
}

/** Azure, iot-dps/how-to-manage-enrollments.md, "Group name"; the same for registration ids (concepts-service.md). */
const ID = /^[A-Za-z0-9\-._:]{0,127}[A-Za-z0-9-]$/;
const ID_RULE = "must be 1 to 128 letters, digits and - . _ : that end in a letter, a digit or '-'";
const HOST = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i;
const RESOURCE_ID =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Devices\/provisioningServices\/[^/]+$/i;
const MOST_HUBS = 50;

const POLICIES =
  'ReprovisionPolicies.reprovisionAndMigrateData, .reprovisionAndResetToInitialConfig or .never: without one it would be undefined whether devices move';

const id = z.string().regex(ID, ID_RULE);
const key = z.string().refine((text) => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text && bytes.length >= 16 && bytes.length <= 64;
}, 'must be base64 of 16 to 64 bytes');
const pem = z.string().refine(isCertificate, 'must be one certificate as PEM');
const values = z.record(z.string().regex(/^[^$.\s]+$/, "names hold no '$', '.' or space"), z.unknown());
const oneOf = (...words: [string, ...string[]]) =>
  z.enum(words, { error: ({ input }) => `'${String(input)}' is none of ${words.join(', ')}` });

/** The inputs one by one. What they must be to one another is in RULES. */
const SHAPE = z.looseObject({
  kind: oneOf('group', 'individual'),
  enrollmentGroupId: id.optional(),
  registrationId: id.optional(),
  deviceId: z.string().regex(DEVICE_ID, "must be 1 to 128 letters, digits and -:.+%_#*?!(),=@;$'").optional(),
  serviceHostName: z.string().regex(HOST, 'must be a host name, such as x.azure-devices-provisioning.net'),
  auth: oneOf('entra', 'sas'),
  serviceResourceId: z.string().regex(RESOURCE_ID, 'must be the resource id of a provisioning service').optional(),
  attestation: z.enum(['symmetricKey', 'x509'], {
    error: ({ input }) =>
      `'${String(input)}' is not built: symmetricKey and x509 are` +
      (input === 'tpm' ? " (a device's endorsement key is not known before the device is)" : ''),
  }),
  primaryKey: key.optional(),
  secondaryKey: key.optional(),
  certificate: pem.optional(),
  secondaryCertificate: pem.optional(),
  iotEdge: z.boolean(),
  reprovisionPolicy: z.object(
    { updateHubAssignment: z.boolean(), migrateDeviceData: z.boolean() },
    { error: `must be stated: ${POLICIES}` },
  ),
  allocation: oneOf('hashed', 'geoLatency', 'static', 'custom').optional(),
  webhookUrl: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
  webhookApiVersion: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d(-preview)?$/, 'must be a date, such as 2021-10-01')
    .optional(),
  hubs: z
    .array(z.string().regex(HOST, 'must be host names of linked hubs'))
    .min(1, 'must name a hub; leave it out for every linked hub')
    .max(MOST_HUBS, `at most ${MOST_HUBS} hubs can be linked`)
    .optional(),
  initialTwin: z.strictObject({ tags: values.optional(), desired: values.optional() }).optional(),
  enabled: z.boolean(),
  adopt: z.boolean(),
});

function isCertificate(text: string): boolean {
  try {
    return text.split('-----BEGIN CERTIFICATE-----').length === 2 && new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
}

/** The engine prints a named property's value with the problem: of these it must not. */
const SECRETS = ['primaryKey', 'secondaryKey', 'webhookUrl'];

const problem = (path: string, reason: string): Problem =>
  SECRETS.includes(path) ? { property: '', reason: `${path} ${reason}` } : { property: path, reason };

/** What an input must be to others: its name, why it is wrong, and when. */
type Rule = readonly [
  property: keyof EnrollmentInputs,
  reason: string,
  isBroken: (inputs: EnrollmentInputs) => boolean,
];

const isSet = (value: unknown): boolean => value !== undefined;
const isX509 = ({ attestation }: EnrollmentInputs): boolean => attestation === 'x509';

const RULES: readonly Rule[] = [
  ['enrollmentGroupId', 'is required', (all) => all.kind === 'group' && !isSet(all.enrollmentGroupId)],
  ['registrationId', 'is required', (all) => all.kind === 'individual' && !isSet(all.registrationId)],
  [
    'serviceResourceId',
    'is required with auth sas: the key is read there',
    (all) => all.auth === 'sas' && !isSet(all.serviceResourceId),
  ],
  ['primaryKey', 'goes with attestation symmetricKey only', (all) => isX509(all) && isSet(all.primaryKey)],
  [
    'secondaryKey',
    'and primaryKey must be given both, or neither',
    (all) => isSet(all.primaryKey) !== isSet(all.secondaryKey),
  ],
  [
    'certificate',
    'or caReference is required with attestation x509, and not both',
    (all) => isX509(all) && isSet(all.certificate) === isSet(all.caReference),
  ],
  ['certificate', 'goes with attestation x509 only', (all) => !isX509(all) && isSet(all.certificate)],
  ['caReference', 'goes with attestation x509 only', (all) => !isX509(all) && isSet(all.caReference)],
  ['secondaryCertificate', 'needs certificate', (all) => isSet(all.secondaryCertificate) && !isSet(all.certificate)],
  ['secondaryCaReference', 'needs caReference', (all) => isSet(all.secondaryCaReference) && !isSet(all.caReference)],
  // iot-dps/concepts-x509-attestation.md, "End-entity leaf certificate"
  ['certificate', 'must have the registration id as its common name: DPS takes the id from there', hasOtherName],
  // iot-dps/how-to-use-allocation-policies.md
  [
    'hubs',
    'must be exactly one hub with allocation static',
    (all) => all.allocation === 'static' && all.hubs?.length !== 1,
  ],
  ['hubs', 'names a hub twice', ({ hubs = [] }) => new Set(hubs.map((host) => host.toLowerCase())).size < hubs.length],
  ['webhookUrl', 'is required with allocation custom', (all) => all.allocation === 'custom' && !isSet(all.webhookUrl)],
  ['webhookUrl', 'goes with allocation custom only', (all) => all.allocation !== 'custom' && isSet(all.webhookUrl)],
];

function hasOtherName(inputs: EnrollmentInputs): boolean {
  if (inputs.kind !== 'individual' || inputs.certificate === undefined) return false;
  return commonNameOf(inputs.certificate)?.toLowerCase() !== idOf(inputs).toLowerCase();
}

/** Leaves out what is not set and what says nothing, so that it is no difference to what the service answers. */
export function normalized(news: object): EnrollmentInputs {
  const inputs = compact(news) as EnrollmentInputs;
  const { initialTwin } = inputs;
  if (initialTwin === undefined || typeof initialTwin !== 'object') return inputs;
  const parts = Object.entries(initialTwin).filter(([, part]) => Object.keys((part ?? {}) as object).length > 0);
  return { ...inputs, initialTwin: parts.length === 0 ? undefined : Object.fromEntries(parts) };
}

/**
 * Every problem of the inputs, before anything is changed. What is not known in a preview is passed over.
 *
 * @returns none when they are fine
 */
export function problemsOf(inputs: EnrollmentInputs): Problem[] {
  const unknown = new Set(Object.entries(inputs).flatMap(([name, value]) => (isUnknown(value) ? [name] : [])));
  const shape = SHAPE.safeParse(inputs);
  const issues = shape.error?.issues ?? [];
  const shapeProblems = issues
    .filter(({ path }) => !unknown.has(String(path[0])))
    .map(({ path, message }) => problem(path.join('.'), message));
  if (shapeProblems.length > 0 || unknown.size > 0) return shapeProblems; // rules rest on sound, known inputs
  return RULES.filter(([, , isBroken]) => isBroken(inputs)).map(([property, reason]) => problem(property, reason));
}
