import type {
  EnrollmentGroup,
  Identities,
  IdentityStores,
  IndividualEnrollment,
  Provisioning,
  Provisionings,
  Registration,
} from '../../activities/provisioning-ports';
import { deviceIdOf, type HubName } from '../../domain/ids';
import type { MigrateAction } from '../../domain/spec';

export const hostOf = (hub: string): string => `${hub}.azure-devices.net`;

/** A move to hub east by the method, with all defaults. */
export const moveTo = (to: string, change: Partial<MigrateAction> = {}): MigrateAction => ({
  kind: 'migrate',
  to: to as HubName,
  trigger: { kind: 'method', name: 'reprovision', payload: {}, responseTimeoutMs: 30_000, by: 'direct' },
  arriveWithinMs: 600_000,
  compare: { tags: true, desired: true, reported: 'byPolicy', modules: true, ignore: [] },
  oldIdentity: 'leave',
  evacuate: false,
  ...change,
});

const MIGRATE = { updateHubAssignment: true, migrateDeviceData: true };

const registrationOf = (id: string, hub: string | undefined): Registration => ({
  registrationId: id,
  deviceId: deviceIdOf(id),
  status: hub === undefined ? 'unassigned' : 'assigned',
  ...(hub !== undefined && { assignedHub: hostOf(hub) }),
  updatedAt: '2026-01-01T00:00:00.000Z',
});

/** @param hub where it is; undefined for one that has never registered */
export const individual = (
  id: string,
  hub?: string,
  change: Partial<IndividualEnrollment> = {},
): IndividualEnrollment => ({
  registrationId: `reg-${id}`,
  deviceId: deviceIdOf(id),
  etag: 'a',
  enabled: true,
  reprovisionPolicy: MIGRATE,
  hubs: [],
  ...(hub !== undefined && { registration: registrationOf(id, hub) }),
  ...change,
});

/** A group, and by hub who has registered through it. */
export interface FakeGroup {
  readonly rule?: Partial<EnrollmentGroup>;
  readonly members?: Readonly<Record<string, readonly string[]>>;
}

export interface FakeService {
  readonly name?: string;
  readonly individuals?: readonly IndividualEnrollment[];
  readonly groups?: Readonly<Record<string, FakeGroup>>;
  readonly linkedHubs?: readonly string[];
}

const PAGE = 3;

/** Pages, with an empty one first, as a service gives that rests. */
async function* inPages<Item>(items: readonly Item[]): AsyncGenerator<readonly Item[]> {
  yield Promise.resolve([]);
  for (let from = 0; from < items.length; from += PAGE) yield Promise.resolve(items.slice(from, from + PAGE));
}

const UNUSED = () => {
  throw new Error('this fake only lists');
};

/** A provisioning service that only lists what it has. */
export function listedService({ name = 'dps', individuals = [], groups = {}, linkedHubs }: FakeService): Provisioning {
  return {
    name,
    idScope: 'scope',
    endpoint: `${name}.azure-devices-provisioning.net`,
    ...(linkedHubs && { linkedHubs: linkedHubs.map(hostOf) }),
    enrollments: () => inPages(individuals),
    groups: () =>
      inPages(
        Object.entries(groups).map(([group, { rule }]): EnrollmentGroup => ({
          name: group,
          etag: 'a',
          enabled: true,
          reprovisionPolicy: MIGRATE,
          allocationPolicy: 'custom',
          hubs: [],
          ...rule,
        })),
      ),
    registrations: (group) =>
      inPages(
        Object.entries(groups[group]?.members ?? {}).flatMap(([hub, ids]) => ids.map((id) => registrationOf(id, hub))),
      ),
    enrollment: UNUSED,
    group: UNUSED,
    registration: UNUSED,
    point: UNUSED,
    turn: UNUSED,
  };
}

export const listedServices = (own: FakeService, others: Readonly<Record<string, FakeService>> = {}): Provisionings => {
  const services = new Map([
    [undefined, listedService(own)],
    ...Object.entries(others).map(([name, service]) => [name, listedService({ name, ...service })] as const),
  ]);
  return { get: (name) => services.get(name) ?? UNUSED() };
};

/** Identities of hubs that only say where a hub is and what it has room for. */
export const roomOn = (
  rooms: Readonly<
    Record<string, { readonly devices?: number; readonly most?: number; readonly quarantine?: true }>
  > = {},
): IdentityStores => ({
  get: (hub) => {
    const { devices = 0, most = 1_000_000, quarantine = false } = rooms[hub] ?? {};
    return {
      hostName: hostOf(hub),
      quarantine,
      capacity: () => Promise.resolve({ devices, most }),
    } satisfies Partial<Identities> as unknown as Identities;
  },
});
