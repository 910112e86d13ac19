import { certificateOf } from './certificates';
import { idOf, type EnrollmentInputs } from './inputs';
import type { AttestationRecord, EnrollmentRecord, InitialTwin, Keys, Pair, X509Record } from './service';

/** Without members that are not set. */
export const compact = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined && one !== null)) as T;

/**
 * The record to write.
 *
 * @param present what is there: members that we do not manage stay as they are
 * @param keys    of symmetric-key attestation, those that are there; the service makes new ones where it is given none
 */
export function recordOf(inputs: EnrollmentInputs, present?: EnrollmentRecord, keys?: Keys): EnrollmentRecord {
  const { kind, deviceId, iotEdge, reprovisionPolicy, allocation, hubs, initialTwin, enabled } = inputs;
  const id = idOf(inputs);
  const managed = {
    ...(kind === 'group' ? { enrollmentGroupId: id } : { registrationId: id, deviceId }),
    attestation: attestationOf(inputs, keys),
    capabilities: { iotEdge },
    reprovisionPolicy,
    allocationPolicy: allocation,
    customAllocationDefinition: webhookOf(inputs),
    iotHubHostName: undefined, // the old form of iotHubs
    iotHubs: hubs,
    initialTwin: initialTwin && compact({ tags: initialTwin.tags, properties: { desired: initialTwin.desired } }),
    provisioningStatus: enabled ? 'enabled' : 'disabled',
  };
  return compact({ ...without(present), ...managed });
}

/** Members that only the service writes. */
const READ_ONLY = ['etag', 'createdDateTimeUtc', 'lastUpdatedDateTimeUtc', 'registrationState'];

const without = (record: EnrollmentRecord | undefined): object =>
  Object.fromEntries(Object.entries(record ?? {}).filter(([key]) => !READ_ONLY.includes(key)));

const webhookOf = ({
  webhookUrl,
  webhookApiVersion,
}: EnrollmentInputs): EnrollmentRecord['customAllocationDefinition'] =>
  webhookUrl === undefined ? undefined : { webhookUrl, apiVersion: webhookApiVersion ?? '' };

function attestationOf(inputs: EnrollmentInputs, keys: Keys | undefined): AttestationRecord {
  if (inputs.attestation === 'x509') return { type: 'x509', x509: x509Of(inputs) };
  const { primaryKey = keys?.primaryKey ?? '', secondaryKey = keys?.secondaryKey ?? '' } = inputs;
  return { type: 'symmetricKey', symmetricKey: { primaryKey, secondaryKey } };
}

function x509Of(inputs: EnrollmentInputs): X509Record {
  const { kind, certificate, secondaryCertificate, caReference, secondaryCaReference } = inputs;
  if (caReference !== undefined)
    return { caReferences: compact({ primary: caReference, secondary: secondaryCaReference }) };
  const given = (pem: string | undefined) => (pem === undefined ? undefined : { certificate: pem });
  const certificates = compact({ primary: given(certificate), secondary: given(secondaryCertificate) });
  return kind === 'group' ? { signingCertificates: certificates } : { clientCertificates: certificates };
}

/**
 * The inputs that the record answers to, so that what differs from the declared ones is drift.
 *
 * @param declared how the service is reached, and the spelling of what the service shows in another form or not at all
 */
export function inputsOf(record: EnrollmentRecord, declared: EnrollmentInputs): EnrollmentInputs {
  const { kind, serviceHostName, auth, serviceResourceId, serviceKeyName, adopt } = declared;
  const { reprovisionPolicy, customAllocationDefinition: webhook } = record;
  return compact({
    kind,
    ...(kind === 'group'
      ? { enrollmentGroupId: record.enrollmentGroupId ?? '' }
      : { registrationId: record.registrationId ?? '' }),
    deviceId: record.deviceId || undefined,
    serviceHostName,
    auth,
    serviceResourceId,
    serviceKeyName,
    ...attestationInputsOf(record.attestation, declared),
    iotEdge: record.capabilities?.iotEdge ?? false,
    // Never set: devices stay, as with `never`; but it is not what anybody declared, so it must not look like it.
    reprovisionPolicy: compact({ ...reprovisionPolicy }) as EnrollmentInputs['reprovisionPolicy'],
    allocation: (record.allocationPolicy ?? undefined) as EnrollmentInputs['allocation'],
    webhookUrl: webhook ? shownUrl(webhook.webhookUrl, declared.webhookUrl) : undefined,
    webhookApiVersion: webhook?.apiVersion,
    hubs: hubsOf(record, declared),
    initialTwin: twinOf(record),
    enabled: record.provisioningStatus !== 'disabled',
    adopt,
  });
}

function attestationInputsOf(
  { type, x509 }: AttestationRecord,
  declared: EnrollmentInputs,
): Pick<EnrollmentInputs, 'attestation'> & Partial<EnrollmentInputs> {
  const { primaryKey, secondaryKey } = declared;
  if (type === 'symmetricKey') return { attestation: type, primaryKey, secondaryKey };
  const certificates: X509Record['signingCertificates'] = x509?.signingCertificates ?? x509?.clientCertificates;
  const pemOf = (which: keyof Pair<unknown>, text: string | undefined) =>
    certificateOf(text, certificates?.[which]?.info?.sha1Thumbprint);
  return {
    attestation: type as EnrollmentInputs['attestation'],
    certificate: pemOf('primary', declared.certificate),
    secondaryCertificate: pemOf('secondary', declared.secondaryCertificate),
    caReference: x509?.caReferences?.primary ?? undefined,
    secondaryCaReference: x509?.caReferences?.secondary ?? undefined,
  };
}

/** A service may mask the key in the address (iot-dps/concepts-custom-allocation.md shows it so): then it is the declared one. */
function shownUrl(url: string, declared: string | undefined): string {
  const [address = '', query = ''] = url.split('?', 2);
  return declared !== undefined && query.includes('***') && declared.startsWith(`${address}?`) ? declared : url;
}

/** In the declared order where they are the same. */
function hubsOf(
  { iotHubs, iotHubHostName }: EnrollmentRecord,
  declared: EnrollmentInputs,
): readonly string[] | undefined {
  const hubs = iotHubs?.length ? iotHubs : iotHubHostName ? [iotHubHostName] : undefined;
  return hubs && declared.hubs && sameHubs(hubs, declared.hubs) ? declared.hubs : hubs;
}

/** Hosts are a set, in any case. */
export function sameHubs(a: readonly string[], b: readonly string[]): boolean {
  const [left, right] = [a, b].map((hosts) => hosts.map((host) => host.toLowerCase()).sort());
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Without what the service adds to a twin's collections (`$version`, `$metadata`), and without empty ones. */
function twinOf({ initialTwin }: EnrollmentRecord): InitialTwin | undefined {
  const own = (values: object | null | undefined): Record<string, unknown> | undefined => {
    const entries = Object.entries(values ?? {}).filter(([key]) => !key.startsWith('$'));
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  };
  const twin = compact({ tags: own(initialTwin?.tags), desired: own(initialTwin?.properties?.desired) });
  return Object.keys(twin).length === 0 ? undefined : twin;
}
