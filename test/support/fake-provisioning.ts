import { setImmediate as soon } from 'node:timers/promises';
import type { DeviceTwin, Hub, Hubs } from '../../activities/ports';
import type {
  Assignments,
  Identities,
  IdentityStores,
  IndividualEnrollment,
  Pointing,
  Provisioning,
  Provisionings,
  Registration,
  ReprovisionPolicy,
} from '../../activities/provisioning-ports';
import type { Assignment } from '../../domain/assignment';
import { type DeviceId, deviceIdOf, type HubName, hubNameOf } from '../../domain/ids';
import type { TwinValues } from '../../domain/moves';
import type { TwinSections } from '../../domain/patches';
import type { Json, JsonObject } from '../../domain/spec';
import { fakeHub } from './fake-hub';
import { merged } from './merge-patch';

/** What a device does when it is told to ask its provisioning service again. */
export type Manner = 'good' | 'silent' | 'refuses' | 'deaf';

interface FakeDevice {
  readonly enrolled: 'individual' | 'group';
  manner: Manner;
  /** Hub that it is connected to. */
  connected: HubName | undefined;
  readonly operations: Set<string>;
  /** Every reprovision method that it has heard, repeated ones too. */
  readonly heard: string[];
}

interface FakeTwin extends TwinValues {
  readonly etag: number;
  readonly version: number;
}

type Policy = ReprovisionPolicy;
const ALONG: Policy = { updateHubAssignment: true, migrateDeviceData: true };

export interface FakeWorldOptions {
  readonly hubs: readonly string[];
  readonly policy?: Policy;
  readonly initialTwin?: TwinSections;
  /** What the twin of a device has at home. */
  readonly twinOf?: (deviceId: string) => TwinValues;
}

export const hostOf = (hub: string): string => `${hub}.azure-devices.net`;
const hubOfHost = (host: string): HubName => hubNameOf(host.split('.')[0] ?? '');

/** Hubs, a provisioning service and devices that move as the local Azure's do, in memory. */
export class FakeWorld {
  readonly twins = new Map<HubName, Map<string, FakeTwin>>();
  readonly disabled = new Set<string>();
  readonly devices = new Map<string, FakeDevice>();
  readonly enrollments = new Map<string, IndividualEnrollment>();
  readonly registrations = new Map<string, Registration>();
  readonly assigned = new Map<string, Assignment>();
  /** Registrations in order: what the service has done. */
  readonly registered: string[] = [];
  /** Called before each call of hub or service, by its name; may throw, as a fault does. */
  onCall: (name: string) => void = () => undefined;
  /** What a device answers to any method but `reprovision`. */
  statusOf: (id: string) => number = () => 200;
  /** Called when a device has registered, and may have moved. */
  onRegistered: (id: string) => void = () => undefined;
  #etag = 1;

  constructor(readonly options: FakeWorldOptions) {
    for (const hub of options.hubs) this.twins.set(hubNameOf(hub), new Map());
  }

  get policy(): Policy {
    return this.options.policy ?? ALONG;
  }

  add(id: string, hub: string, enrolled: FakeDevice['enrolled'], manner: Manner = 'good'): void {
    const { twinOf = () => ({ tags: {}, desired: {}, reported: {} }), initialTwin } = this.options;
    const at = hubNameOf(hub);
    this.twins.get(at)?.set(id, { ...twinOf(id), etag: 1, version: 1 });
    this.devices.set(id, { enrolled, manner, connected: at, operations: new Set(), heard: [] });
    if (enrolled === 'individual')
      this.enrollments.set(id, {
        registrationId: id,
        deviceId: deviceIdOf(id),
        etag: 'e0',
        enabled: true,
        hubs: [],
        allocationPolicy: 'hashed',
        reprovisionPolicy: this.policy,
        ...(initialTwin && { initialTwin }),
      });
    this.#assign(id, hub, 'initialAssignment');
  }

  #assign(id: string, hub: string, substatus: NonNullable<Registration['substatus']>): void {
    this.registrations.set(id, {
      registrationId: id,
      deviceId: deviceIdOf(id),
      assignedHub: hostOf(hub),
      status: 'assigned',
      substatus,
      updatedAt: new Date().toISOString(),
    });
  }

  device(id: string): FakeDevice {
    const device = this.devices.get(id);
    if (device === undefined) throw new Error(`no device ${id}`);
    return device;
  }

  hubOf(id: string): HubName {
    return hubOfHost(this.registrations.get(id)?.assignedHub ?? '');
  }

  twinAt(hub: string, id: string): FakeTwin | undefined {
    return this.twins.get(hubNameOf(hub))?.get(id);
  }

  /** The device asks where it belongs, and connects there. */
  register(id: string): void {
    const device = this.device(id);
    const from = this.hubOf(id);
    const enrollment = this.enrollments.get(id);
    const to = enrollment
      ? enrollment.allocationPolicy === 'static'
        ? hubOfHost(enrollment.hubs[0] ?? '')
        : from
      : hubOfHost(this.assigned.get(id)?.hub ?? hostOf(from));
    const { migrateDeviceData } = enrollment?.reprovisionPolicy ?? this.policy;
    this.registered.push(`${id} ${to}`);
    // The webhook gives it only to devices that arrive; the service heeds it only where the twin starts anew.
    const initial = (enrollment ? undefined : sectionsOf(this.assigned.get(id))) ?? this.options.initialTwin;
    if (to !== from) this.#move(id, from, to, migrateDeviceData ? undefined : (initial ?? {}));
    device.connected = to;
    this.onRegistered(id);
  }

  /** @param initial what the twin starts with; undefined where it goes along */
  #move(id: string, from: HubName, to: HubName, initial: TwinSections | undefined): void {
    const { tags = {}, desired = {} } = initial ?? {};
    const twin = this.twins.get(from)?.get(id);
    if (twin === undefined) throw new Error(`${id} is not on ${from}`);
    this.twins.get(to)?.set(id, initial ? { tags, desired, reported: {}, etag: 1, version: 1 } : twin);
    this.twins.get(from)?.delete(id);
    this.disabled.delete(`${from}/${id}`);
    this.#assign(id, to, initial ? 'deviceDataReset' : 'deviceDataMigrated');
  }

  async #told(id: string, payload: Json): Promise<void> {
    const device = this.device(id);
    const { operationId } = payload as { operationId: string };
    device.heard.push(operationId);
    if (device.operations.has(operationId)) return;
    device.operations.add(operationId);
    device.connected = device.manner === 'silent' ? undefined : device.connected;
    if (device.manner !== 'good') return;
    await soon();
    this.register(id);
  }

  hub(name: HubName): Hub {
    const twins = this.twins.get(name) ?? new Map<string, FakeTwin>();
    const twinOf = (id: string): DeviceTwin | undefined => {
      const twin = twins.get(id);
      if (twin === undefined) return undefined;
      const { tags, desired, reported, etag, version } = twin;
      const connected = this.device(id).connected === name;
      return { etag: String(etag), connected, tags, desired, desiredVersion: version, reported };
    };
    const base = fakeHub({ devices: [] });
    return {
      ...base,
      devices: (_where, parts = []) =>
        pagesOf(
          [...twins].map(([id, { tags }]) => ({
            deviceId: deviceIdOf(id),
            connected: true,
            ...(parts.includes('tags') && { tags }),
          })),
        ),
      count: () => Promise.resolve(twins.size),
      turn: () => Promise.resolve(),
      twin: (id) => this.#call('twin', () => twinOf(id)),
      updateTwin: (id, { tags = {}, desired = {} }, etag) =>
        this.#call('updateTwin', () => {
          const twin = twins.get(id);
          if (twin === undefined) return { kind: 'gone', detail: 'DeviceNotFound' };
          if (etag !== '*' && etag !== String(twin.etag)) return { kind: 'changed', detail: 'PreconditionFailed' };
          const version = twin.version + 1;
          twins.set(id, {
            ...twin,
            tags: merged(twin.tags, tags),
            desired: merged(twin.desired, desired),
            etag: twin.etag + 1,
            version,
          });
          return { kind: 'merged', desiredVersion: version };
        }),
      invokeMethod: (id, { name: method, payload }) =>
        this.#call('invokeMethod', () => {
          const device = this.devices.get(id);
          if (!twins.has(id) || device === undefined) return { kind: 'gone', detail: 'DeviceNotFound' };
          if (device.connected !== name) return { kind: 'offline', detail: 'DeviceNotOnline' };
          if (method !== 'reprovision') return { kind: 'answered', status: this.statusOf(id), payload: null };
          if (device.manner === 'refuses') return { kind: 'answered', status: 500, payload: 'no' };
          void this.#told(id, payload);
          return { kind: 'answered', status: 200, payload: { accepted: true } };
        }),
    };
  }

  async #call<Result>(name: string, work: () => Result): Promise<Result> {
    await soon();
    this.onCall(name);
    return work();
  }

  get hubs(): Hubs {
    return { get: (name) => this.hub(name) };
  }

  get provisioning(): Provisioning {
    return {
      name: 'dps',
      idScope: '0ne0001',
      endpoint: 'global.azure-devices-provisioning.net',
      linkedHubs: [...this.twins.keys()].map(hostOf),
      turn: () => Promise.resolve(),
      enrollment: (id) => this.#call('enrollment', () => this.#enrollmentOf(id)),
      enrollments: () => pagesOf([...this.enrollments.keys()].flatMap((id) => this.#enrollmentOf(id) ?? [])),
      group: () => Promise.resolve(undefined),
      groups: () =>
        pagesOf([
          {
            name: 'fleet',
            etag: 'g0',
            enabled: true,
            hubs: [],
            allocationPolicy: 'custom',
            reprovisionPolicy: this.policy,
            ...(this.options.initialTwin && { initialTwin: this.options.initialTwin }),
          },
        ]),
      registrations: () =>
        pagesOf(
          [...this.registrations.values()]
            .filter(({ registrationId }) => !this.enrollments.has(registrationId))
            .map((registration) => ({ ...registration, group: 'fleet' })),
        ),
      registration: (id) => this.#call('registration', () => this.registrations.get(id)),
      point: (pointings) => this.#call('point', () => pointings.map((pointing) => this.#point(pointing))),
    };
  }

  #enrollmentOf(id: string): IndividualEnrollment | undefined {
    const enrollment = this.enrollments.get(id);
    const registration = this.registrations.get(id);
    return enrollment && { ...enrollment, ...(registration && { registration }) };
  }

  #point({ registrationId, etag, allocationPolicy, hubs, reprovisionPolicy }: Pointing) {
    const enrollment = this.enrollments.get(registrationId);
    if (enrollment === undefined) return { registrationId, kind: 'gone' as const, detail: 'gone' };
    if (enrollment.etag !== etag) return { registrationId, kind: 'changed' as const, detail: 'changed' };
    this.enrollments.set(registrationId, {
      ...enrollment,
      hubs,
      ...(allocationPolicy && { allocationPolicy }),
      ...(reprovisionPolicy && { reprovisionPolicy }),
      etag: `e${this.#etag++}`,
    });
    return { registrationId, kind: 'pointed' as const };
  }

  get provisionings(): Provisionings {
    return { get: () => this.provisioning };
  }

  get assignments(): Assignments {
    return {
      put: (_service, id, assignment) => this.#call('put', () => void this.assigned.set(id, assignment)),
      get: (_service, id) => this.#call('get', () => this.assigned.get(id)),
      remove: (_service, id) => this.#call('remove', () => void this.assigned.delete(id)),
    };
  }

  identitiesOf(hub: HubName): Identities {
    const twins = this.twins.get(hub);
    const key = (id: DeviceId): string => `${hub}/${id}`;
    return {
      hostName: hostOf(hub),
      identity: (id) =>
        this.#call('identity', () =>
          twins?.has(id)
            ? { etag: 'i0', enabled: !this.disabled.has(key(id)), connected: this.device(id).connected === hub }
            : undefined,
        ),
      setEnabled: (id, enabled) => this.#call('setEnabled', () => this.#setEnabled(id, hub, enabled)),
      remove: (id) => this.#call('removeIdentity', () => twins?.delete(id) ?? false),
      modules: () => this.#call('modules', () => new Map()),
      module: () => this.#call('module', () => undefined),
      updateModule: () => this.#call('updateModule', () => 'gone' as const),
      capacity: () => Promise.resolve({ devices: twins?.size ?? 0, most: 1_000_000 }),
    };
  }

  /** A device whose identity is disabled loses its connection, and goes back to its provisioning service. */
  #setEnabled(id: DeviceId, hub: HubName, enabled: boolean): 'done' | 'gone' {
    if (!this.twins.get(hub)?.has(id)) return 'gone';
    const device = this.device(id);
    if (enabled) {
      this.disabled.delete(`${hub}/${id}`);
      if (device.manner === 'deaf') device.connected = hub;
      return 'done';
    }
    this.disabled.add(`${hub}/${id}`);
    device.connected = undefined;
    if (device.manner === 'good' || device.manner === 'refuses') void soon().then(() => this.register(id));
    return 'done';
  }

  get identities(): IdentityStores {
    return { get: (hub) => this.identitiesOf(hub) };
  }
}

const sectionsOf = (assignment: Assignment | undefined): TwinSections | undefined => {
  const { tags, properties } = assignment?.initialTwin ?? {};
  if (assignment?.initialTwin === undefined) return undefined;
  return { ...(tags && { tags }), ...(properties?.desired && { desired: properties.desired }) };
};

async function* pagesOf<Item>(items: readonly Item[]): AsyncGenerator<readonly Item[]> {
  for (let from = 0; from < items.length; from += 3) yield Promise.resolve(items.slice(from, from + 3));
}

export const valuesOf = ({
  tags,
  desired,
  reported,
}: TwinValues): { tags: JsonObject; desired: JsonObject; reported: JsonObject } => ({
  tags,
  desired,
  reported,
});
