import { deviceIdOf } from '../../domain/ids';
import type { TwinSections } from '../../domain/patches';
import type { JsonObject } from '../../domain/spec';
import type {
  EnrollmentGroup,
  EnrollmentRule,
  IndividualEnrollment,
  Pointing,
  Registration,
  ReprovisionPolicy,
} from '../provisioning-ports';

/** What may be missing is null or not there at all, as the service likes. */
type Maybe<T> = T | null | undefined;

/** Source: iot-dps REST, DeviceRegistrationState. */
export interface RegistrationDocument {
  readonly registrationId: string;
  readonly assignedHub?: Maybe<string>;
  readonly deviceId?: Maybe<string>;
  readonly status: Registration['status'];
  readonly substatus?: Maybe<Registration['substatus']>;
  readonly errorCode?: Maybe<number>;
  readonly errorMessage?: Maybe<string>;
  readonly lastUpdatedDateTimeUtc?: Maybe<string>;
}

/** Source: iot-dps REST, IndividualEnrollment and EnrollmentGroup. What is not named here is sent back as it was read. */
export interface EnrollmentDocument {
  readonly registrationId?: string;
  readonly enrollmentGroupId?: string;
  readonly deviceId?: Maybe<string>;
  readonly registrationState?: Maybe<RegistrationDocument>;
  readonly etag: string;
  readonly provisioningStatus?: Maybe<'enabled' | 'disabled'>;
  readonly reprovisionPolicy?: Maybe<Partial<ReprovisionPolicy>>;
  readonly allocationPolicy?: Maybe<EnrollmentRule['allocationPolicy']>;
  readonly iotHubs?: Maybe<readonly string[]>;
  /** The older way to name one hub. */
  readonly iotHubHostName?: Maybe<string>;
  readonly initialTwin?: Maybe<{
    readonly tags?: Maybe<JsonObject>;
    readonly properties?: Maybe<{ readonly desired?: Maybe<JsonObject> }>;
  }>;
}

/** Takes `$metadata` and `$version` off a section of a twin. */
const bare = (section: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(section).filter(([key]) => !key.startsWith('$')));

function initialTwinOf({ initialTwin }: EnrollmentDocument): { readonly initialTwin?: TwinSections } {
  if (!initialTwin) return {};
  const { tags, properties } = initialTwin;
  const desired = properties?.desired;
  return { initialTwin: { ...(tags && { tags: bare(tags) }), ...(desired && { desired: bare(desired) }) } };
}

/** A policy of which one half is missing has the service's default for it, which is true. */
const policyOf = ({ reprovisionPolicy: policy }: EnrollmentDocument): Pick<EnrollmentRule, 'reprovisionPolicy'> =>
  policy
    ? {
        reprovisionPolicy: {
          updateHubAssignment: policy.updateHubAssignment ?? true,
          migrateDeviceData: policy.migrateDeviceData ?? true,
        },
      }
    : {};

function ruleOf(document: EnrollmentDocument): EnrollmentRule {
  const { etag, provisioningStatus, allocationPolicy, iotHubs, iotHubHostName } = document;
  return {
    etag,
    enabled: provisioningStatus !== 'disabled',
    ...policyOf(document),
    ...(allocationPolicy && { allocationPolicy }),
    hubs: iotHubs?.length ? iotHubs : iotHubHostName ? [iotHubHostName] : [],
    ...initialTwinOf(document),
  };
}

const errorOf = ({ errorCode, errorMessage }: RegistrationDocument): { readonly error?: string } =>
  errorMessage ? { error: errorCode ? `${errorMessage} (${errorCode})` : errorMessage } : {};

/** @param group where it is known */
export function registrationOf(document: RegistrationDocument, group?: string): Registration {
  const { registrationId, deviceId, assignedHub, status, substatus, lastUpdatedDateTimeUtc } = document;
  return {
    registrationId,
    status,
    updatedAt: lastUpdatedDateTimeUtc ?? '',
    ...(deviceId && { deviceId: deviceIdOf(deviceId) }),
    ...(assignedHub && { assignedHub }),
    ...(substatus && { substatus }),
    ...(group !== undefined && { group }),
    ...errorOf(document),
  };
}

/** An enrollment whose device has never registered shows a state of `unassigned`, or none. */
export function individualOf(document: EnrollmentDocument): IndividualEnrollment {
  const { registrationId = '', deviceId, registrationState: state } = document;
  const registration = state && state.status !== 'unassigned' ? registrationOf(state) : undefined;
  return {
    registrationId,
    deviceId: deviceIdOf(registration?.deviceId ?? (deviceId || registrationId)),
    ...(registration && { registration }),
    ...ruleOf(document),
  };
}

export const groupOf = (document: EnrollmentDocument): EnrollmentGroup => ({
  name: document.enrollmentGroupId ?? '',
  ...ruleOf(document),
});

/** What only the service writes. */
const READ_ONLY: ReadonlySet<string> = new Set(['registrationState', 'createdDateTimeUtc', 'lastUpdatedDateTimeUtc']);

/** A record as it was read, pointed elsewhere. */
export const pointed = (
  document: EnrollmentDocument,
  { allocationPolicy, hubs, reprovisionPolicy }: Pointing,
): object => ({
  ...Object.fromEntries(Object.entries(document).filter(([field]) => !READ_ONLY.has(field))),
  allocationPolicy,
  iotHubs: hubs,
  iotHubHostName: null,
  ...(reprovisionPolicy !== undefined && { reprovisionPolicy }),
});
