import { z } from 'zod';
import type { JsonObject } from '../world/json';
import { stampOf } from '../world/time';
import { AttestationInput, attestationOf, attestationView, type Attestation } from './attestation';
import { badRequest } from './errors';
import { isId, newEtag } from './ids';
import type { AllocationPolicy, DpsSettings } from './settings';

/** An individual enrollment is for one device, a group for all that its key or certificate vouches for. */
export type EnrollmentKind = 'individual' | 'group';

/** Whether a device that registers again may be moved, and what of its data goes along. */
export interface ReprovisionPolicy {
  readonly updateHubAssignment: boolean;
  readonly migrateDeviceData: boolean;
}

/** Tags and desired properties that a device's twin starts with. */
export interface InitialTwin {
  readonly tags?: JsonObject;
  readonly properties?: { readonly desired?: JsonObject };
}

/** An enrollment as it is stored: plain data, never changed in place. */
export interface Enrollment {
  readonly kind: EnrollmentKind;
  /** registrationId or enrollmentGroupId, as first written. */
  readonly id: string;
  /** Only of individual ones. */
  readonly deviceId?: string | undefined;
  readonly attestation: Attestation;
  readonly capabilities: { readonly iotEdge: boolean };
  readonly iotHubHostName?: string | undefined;
  readonly iotHubs?: readonly string[] | undefined;
  readonly initialTwin?: InitialTwin | undefined;
  readonly optionalDeviceInformation?: JsonObject | undefined;
  readonly provisioningStatus: 'enabled' | 'disabled';
  /** Absent as long as nobody set one: old devices then stay where they are (iot-dps/concepts-device-reprovision.md). */
  readonly reprovisionPolicy?: ReprovisionPolicy | undefined;
  readonly allocationPolicy?: AllocationPolicy | undefined;
  readonly customAllocationDefinition?: { readonly webhookUrl: string; readonly apiVersion: string } | undefined;
  readonly etag: string;
  readonly createdDateTimeUtc: string;
  readonly lastUpdatedDateTimeUtc: string;
}

/** A hub's device ids (see hub/identity.ts). */
const DEVICE_ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;

/** Any JSON object: what JSON.parse gave is JSON. */
const AnyObject = z.record(z.string(), z.unknown()).transform((value) => value as JsonObject);
const AllocationWord = z.enum(['hashed', 'geoLatency', 'static', 'custom']);

/** The members that a caller may set; what else a read record holds is ignored. */
const EnrollmentInput = z.object({
  registrationId: z.string().nullish(),
  enrollmentGroupId: z.string().nullish(),
  deviceId: z.string().regex(DEVICE_ID).nullish().or(z.literal('')),
  attestation: AttestationInput,
  capabilities: z.object({ iotEdge: z.boolean().nullish() }).nullish(),
  iotHubHostName: z.string().nullish(),
  iotHubs: z.array(z.string()).max(50).nullish(),
  initialTwin: z
    .object({ tags: AnyObject.nullish(), properties: z.object({ desired: AnyObject.nullish() }).nullish() })
    .nullish(),
  optionalDeviceInformation: AnyObject.nullish(),
  provisioningStatus: z.enum(['enabled', 'disabled']).nullish(),
  reprovisionPolicy: z
    .object({ updateHubAssignment: z.boolean().nullish(), migrateDeviceData: z.boolean().nullish() })
    .nullish(),
  allocationPolicy: z.preprocess(canonicalPolicy, AllocationWord.nullish()),
  customAllocationDefinition: z
    .object({
      webhookUrl: z.url({ protocol: /^https?$/ }),
      apiVersion: z.string().regex(/^\d{4}-\d\d-\d\d(-preview)?$/),
    })
    .nullish(),
});
type EnrollmentInput = z.infer<typeof EnrollmentInput>;

/** The control plane capitalises the words, the SDKs do not: any case will do. */
function canonicalPolicy(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return AllocationWord.options.find((word) => word.toLowerCase() === value.toLowerCase()) ?? value;
}

/**
 * The enrollment that a PUT leaves: what the body does not give goes to its default.
 *
 * @param id  as the path names it
 * @param old the one that is there
 * @throws DpsError BadRequest, naming the member that is wrong
 */
export function enrollmentOf(
  kind: EnrollmentKind,
  id: string,
  body: unknown,
  { settings, old, now }: { settings: DpsSettings; old: Enrollment | undefined; now: number },
): Enrollment {
  const parsed = EnrollmentInput.safeParse(body);
  if (!parsed.success) throw badRequest(problemOf(parsed.error));
  const input = parsed.data;
  checkId(kind, id, input);
  checkHubs(input, settings);
  return {
    kind,
    id: old?.id ?? id,
    ...(kind === 'individual' && { deviceId: input.deviceId || undefined }),
    attestation: attestationOf(input.attestation, kind, old?.attestation),
    capabilities: { iotEdge: input.capabilities?.iotEdge ?? false },
    ...optionsOf(input),
    provisioningStatus: input.provisioningStatus ?? 'enabled',
    etag: newEtag(),
    createdDateTimeUtc: old?.createdDateTimeUtc ?? stampOf(now),
    lastUpdatedDateTimeUtc: stampOf(now),
  };
}

function optionsOf(input: EnrollmentInput): Partial<Enrollment> {
  const { reprovisionPolicy: policy, initialTwin } = input;
  return {
    iotHubHostName: input.iotHubHostName || undefined,
    iotHubs: input.iotHubs?.length ? input.iotHubs : undefined,
    initialTwin: initialTwin ? initialTwinOf(initialTwin) : undefined,
    optionalDeviceInformation: input.optionalDeviceInformation ?? undefined,
    reprovisionPolicy: policy
      ? { updateHubAssignment: policy.updateHubAssignment ?? true, migrateDeviceData: policy.migrateDeviceData ?? true }
      : undefined,
    allocationPolicy: input.allocationPolicy ?? undefined,
    customAllocationDefinition: input.customAllocationDefinition ?? undefined,
  };
}

/** A twin as a body gives it, without its nulls. */
export function initialTwinOf(given: NonNullable<EnrollmentInput['initialTwin']>): InitialTwin {
  const desired = given.properties?.desired;
  return { ...(given.tags && { tags: given.tags }), ...(desired && { properties: { desired } }) };
}

function checkId(kind: EnrollmentKind, id: string, input: EnrollmentInput): void {
  const [name, given] =
    kind === 'individual' ? ['registrationId', input.registrationId] : ['enrollmentGroupId', input.enrollmentGroupId];
  if (!isId(id)) throw badRequest(`${name}: '${id}' is not valid.`);
  if (given?.toLowerCase() !== id.toLowerCase()) throw badRequest(`${name}: it differs from the one in the path.`);
}

/** @see iot-dps/how-to-use-allocation-policies.md, "Set allocation policy and IoT hubs for enrollments" */
function checkHubs(input: EnrollmentInput, { linkedHubs }: DpsSettings): void {
  const named = [...(input.iotHubs ?? []), ...(input.iotHubHostName ? [input.iotHubHostName] : [])];
  const unknown = named.find((name) => !linkedHubs.some(({ hostName }) => sameHost(hostName, name)));
  if (unknown !== undefined) throw badRequest(`iotHubs: '${unknown}' is not linked to the provisioning service.`);
  if (input.allocationPolicy === 'static' && new Set(named.map((name) => name.toLowerCase())).size !== 1) {
    throw badRequest('iotHubs: the static allocation policy needs exactly one hub.');
  }
  if (input.allocationPolicy === 'custom' && !input.customAllocationDefinition) {
    throw badRequest('customAllocationDefinition: the custom allocation policy needs it.');
  }
}

/** Host names are compared without case. */
export const sameHost = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function problemOf({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return 'The body is invalid.';
  return [issue.path.join('.'), issue.message].filter((part) => part !== '').join(': ');
}

/**
 * An enrollment as callers read it, without members that are not set.
 *
 * @param withKeys only the answer to a PUT and the attestation mechanism hold keys
 */
export function enrollmentView(enrollment: Enrollment, withKeys = false): JsonObject {
  const { kind, id, attestation, deviceId, optionalDeviceInformation, ...rest } = enrollment;
  const view = {
    [kind === 'individual' ? 'registrationId' : 'enrollmentGroupId']: id,
    deviceId,
    optionalDeviceInformation,
    attestation: attestationView(attestation, withKeys),
    ...rest,
  };
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined)) as JsonObject; // plain data
}
