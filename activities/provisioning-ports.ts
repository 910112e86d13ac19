import type { Assignment } from '../domain/assignment';
import type { DeviceId, HubName } from '../domain/ids';
import type { TwinSections } from '../domain/patches';
import type { JsonObject } from '../domain/spec';

/** What an enrollment does when its device registers again. Source: iot-dps/concepts-device-reprovision.md. */
export interface ReprovisionPolicy {
  /** false: never; the device stays where it is. */
  readonly updateHubAssignment: boolean;
  /** true: twin and capabilities go along. false: the twin starts from the enrollment's initial one. */
  readonly migrateDeviceData: boolean;
}

/** What individual enrollments and groups have in common. */
export interface EnrollmentRule {
  readonly etag: string;
  readonly enabled: boolean;
  /** Without one, devices with an old SDK stay where they are. */
  readonly reprovisionPolicy?: ReprovisionPolicy;
  readonly allocationPolicy?: 'hashed' | 'geoLatency' | 'static' | 'custom';
  /** Host names that it may choose from; all linked hubs when empty. */
  readonly hubs: readonly string[];
  /** What a twin starts with where the policy does not take data along. */
  readonly initialTwin?: TwinSections;
}

/** One device's enrollment. */
export interface IndividualEnrollment extends EnrollmentRule {
  readonly registrationId: string;
  /** Its id on the hub. */
  readonly deviceId: DeviceId;
  /** Where the device is, once it has registered. */
  readonly registration?: Registration;
}

export interface EnrollmentGroup extends EnrollmentRule {
  readonly name: string;
}

/** Where a device is, as its provisioning service has it. */
export interface Registration {
  readonly registrationId: string;
  readonly deviceId?: DeviceId;
  /** Host name. */
  readonly assignedHub?: string;
  readonly status: 'unassigned' | 'assigning' | 'assigned' | 'failed' | 'disabled';
  readonly substatus?:
    'initialAssignment' | 'deviceDataMigrated' | 'deviceDataReset' | 'reprovisionedToInitialAssignment';
  /** When it last changed (UTC, ISO 8601). */
  readonly updatedAt: string;
  /** The group through which it came: only a group's list tells, the service's record of one device does not. */
  readonly group?: string;
  /** Why it failed, in the service's words. */
  readonly error?: string;
}

/** What an individual enrollment is to say: fields that are missing stay, null takes its own value away. */
export interface Pointing {
  readonly registrationId: string;
  /** Of the enrollment as it was read. */
  readonly etag: string;
  /** null: the service's own policy. */
  readonly allocationPolicy: NonNullable<EnrollmentRule['allocationPolicy']> | null;
  readonly hubs: readonly string[];
  readonly reprovisionPolicy?: ReprovisionPolicy | null;
}

export type PointAnswer =
  | { readonly registrationId: string; readonly kind: 'pointed' }
  /** `changed`: somebody else has changed it since it was read. */
  | { readonly registrationId: string; readonly kind: 'changed' | 'gone' | 'refused'; readonly detail: string };

/**
 * One provisioning service, as the activities see it.
 *
 * Every method takes the places of its own calls in what the service allows a minute, and waits for them. Every one may throw
 * GS_DPS_UNAUTHORIZED, GS_DPS_THROTTLED (with `retryAfterSeconds`, where the service says), GS_DPS_UNAVAILABLE or
 * GS_DPS_REFUSED. After a throttled call all others of the worker rest for as long as the service has said; lists go on by
 * themselves then, and give an empty page every few seconds meanwhile, so that who reads them can say that he lives.
 */
export interface Provisioning {
  readonly name: string;
  readonly idScope: string;
  /** Host name that devices register with. */
  readonly endpoint: string;
  /** Host names of the hubs that it may assign devices to; none where the stack's outputs do not say. */
  readonly linkedHubs?: readonly string[];
  enrollment(registrationId: string): Promise<IndividualEnrollment | undefined>;
  /** All individual enrollments, page by page. */
  enrollments(): AsyncIterable<readonly IndividualEnrollment[]>;
  group(name: string): Promise<EnrollmentGroup | undefined>;
  groups(): AsyncIterable<readonly EnrollmentGroup[]>;
  /** All registrations that came through a group, page by page. */
  registrations(group: string): AsyncIterable<readonly Registration[]>;
  registration(registrationId: string): Promise<Registration | undefined>;
  /** Changes up to BULK (domain/dps-limits.ts) enrollments in one call, each only if it is as it was read. Attestation, twin and all else stay. */
  point(pointings: readonly Pointing[]): Promise<readonly PointAnswer[]>;
  /** Waits until so many operations would be let through at once, and takes nothing: who waits so can still change his mind. */
  turn(operations?: number): Promise<void>;
}

/** The provisioning services that the worker may use. */
export interface Provisionings {
  /** @param name of another one than the stack's own @throws GS_DPS_UNKNOWN naming those that there are */
  get(name?: string): Provisioning;
}

/** Where moves of devices of enrollment groups are written for the allocation webhook. Every method may throw GS_LEDGER_UNAVAILABLE. */
export interface Assignments {
  /** Writing again replaces. */
  put(service: string, registrationId: string, assignment: Assignment): Promise<void>;
  get(service: string, registrationId: string): Promise<Assignment | undefined>;
  /** One that is not there is no error. */
  remove(service: string, registrationId: string): Promise<void>;
}

/** What can be known of a device's identity without its keys. */
export interface DeviceIdentity {
  readonly etag: string;
  readonly enabled: boolean;
  readonly connected: boolean;
}

export interface ModuleTwin {
  readonly moduleId: string;
  readonly etag: string;
  readonly desired: JsonObject;
  readonly reported: JsonObject;
}

/**
 * Identities of one hub: what only moves need, and what takes more rights than a rollout has.
 *
 * Every method may throw as those of `Hub` do.
 */
export interface Identities {
  /** Host name of the hub. */
  readonly hostName: string;
  /** The stack keeps the hub for devices that are set apart. */
  readonly quarantine?: boolean;
  identity(deviceId: DeviceId): Promise<DeviceIdentity | undefined>;
  /** Keys and all else stay. @param etag as it was read */
  setEnabled(deviceId: DeviceId, enabled: boolean, etag: string): Promise<'done' | 'gone' | 'changed'>;
  /** @returns whether there was one */
  remove(deviceId: DeviceId): Promise<boolean>;
  /**
   * Modules of devices that have any. Found by a query for many devices at once, since hubs allow few queries; its index
   * lags: a module that was made a moment ago may be missing.
   */
  modules(deviceIds: readonly DeviceId[]): Promise<ReadonlyMap<DeviceId, readonly ModuleTwin[]>>;
  /** Reads the twin itself. @returns undefined when the hub has no such module */
  module(deviceId: DeviceId, moduleId: string): Promise<ModuleTwin | undefined>;
  updateModule(deviceId: DeviceId, moduleId: string, desired: JsonObject): Promise<'merged' | 'gone'>;
  /** Devices on the hub, and how many it takes at most. */
  capacity(): Promise<{ readonly devices: number; readonly most: number }>;
}

/** The identities of the stack's hubs. */
export interface IdentityStores {
  /** @throws GS_HUB_UNKNOWN naming the hubs that there are */
  get(hub: HubName): Identities;
}
