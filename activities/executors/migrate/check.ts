import { type DeviceId, type HubName, hubNameOf } from '../../../domain/ids';
import { type Policy, quarantineMark } from '../../../domain/moves';
import type { TwinSections } from '../../../domain/patches';
import type { JsonObject } from '../../../domain/spec';
import type { DeviceOutcome } from '../../../domain/tally';
import type { BatchDevice } from '../../ledger/results';
import type { MoveSnapshot } from '../../ledger/moves';
import { eachBounded } from '../../pool';
import type { DeviceTwin } from '../../ports';
import type {
  EnrollmentGroup,
  IndividualEnrollment,
  ModuleTwin,
  Registration,
  ReprovisionPolicy,
} from '../../provisioning-ports';
import { pointedOf } from './point';
import { type Place, type Road, sameHost } from './road';

/** Devices that are looked at at once; the quotas of hub and service pace them. */
const WIDTH = 16;

/** What is known of a batch's devices once they have been looked at. */
export interface Looked {
  readonly snapshots: Map<DeviceId, MoveSnapshot>;
  readonly outcomes: DeviceOutcome[];
  /** Individual enrollments as they were read, by registration id. */
  readonly read: Map<string, IndividualEnrollment>;
}

/** Why a device does not move, where that is known before anything is touched. */
type Refusal = Omit<DeviceOutcome, 'deviceId'>;
type Found = { readonly snapshot: MoveSnapshot; readonly read?: IndividualEnrollment } | { readonly refusal: Refusal };

type ModulesByDevice = ReadonlyMap<DeviceId, readonly ModuleTwin[]>;

/** How a device is enrolled. */
interface Enrolled {
  readonly registrationId: string;
  readonly registration?: Registration;
  readonly individual?: IndividualEnrollment;
}

const failed = (detail: string): { readonly refusal: Refusal } => ({ refusal: { kind: 'failed', detail } });

/** The hub that a quarantine has taken a device from, as its tag says. */
export function originOf(tags: JsonObject): HubName | undefined {
  const from = quarantineMark(tags)?.['from'];
  return typeof from === 'string' ? hubNameOf(from) : undefined;
}

const policyOf = (policy: ReprovisionPolicy | undefined): Policy =>
  policy === undefined || policy.migrateDeviceData ? 'along' : 'anew';

const isNever = ({ reprovisionPolicy }: { readonly reprovisionPolicy?: ReprovisionPolicy }): boolean =>
  reprovisionPolicy?.updateHubAssignment === false;

/** Looks at devices before anything is touched: where they are, how they are enrolled, what their twins hold. */
export class Checker {
  #groups: Promise<readonly EnrollmentGroup[]> | undefined;

  constructor(
    private readonly road: Road,
    /** Of earlier tries: what is known of devices that have left already. */
    private readonly earlier: ReadonlyMap<DeviceId, MoveSnapshot>,
  ) {}

  async all(devices: readonly BatchDevice[]): Promise<Looked> {
    const looked: Looked = { snapshots: new Map(), outcomes: [], read: new Map() };
    const enrolled = await this.#enrolledOf(devices);
    const modules = await this.#modulesOf(devices);
    await eachBounded(devices, WIDTH, async ({ deviceId }) => {
      const found = await this.#one(deviceId, enrolled.get(deviceId), modules);
      if ('refusal' in found) {
        looked.outcomes.push({ deviceId, ...found.refusal });
        return;
      }
      looked.snapshots.set(deviceId, found.snapshot);
      if (found.read) looked.read.set(found.snapshot.registrationId, found.read);
    });
    return looked;
  }

  /** Enrollments and registrations; where one is not under the device's own id, all enrollments are gone through once. */
  async #enrolledOf(devices: readonly BatchDevice[]): Promise<ReadonlyMap<DeviceId, Enrolled>> {
    const found = new Map<DeviceId, Enrolled>();
    const missing = new Set<DeviceId>();
    await eachBounded(devices, WIDTH, async ({ deviceId, grouped }) => {
      const enrolled = await this.#byOwnId(deviceId, grouped);
      if (enrolled) found.set(deviceId, enrolled);
      else missing.add(deviceId);
    });
    if (missing.size === 0) return found;
    for await (const page of this.road.there.enrollments()) {
      this.road.watch.beat(this.road.outcomes.size);
      for (const each of page) if (missing.has(each.deviceId)) found.set(each.deviceId, ofIndividual(each));
    }
    return found;
  }

  /**
   * @param grouped the plan has seen all individual enrollments, and none was its own. One that somebody has made since sends it
   *   where that says: it does not arrive, and comes home as any other
   */
  async #byOwnId(deviceId: DeviceId, grouped = false): Promise<Enrolled | undefined> {
    const { road } = this;
    const individual = grouped ? undefined : await road.call(() => road.there.enrollment(deviceId));
    if (individual?.deviceId === deviceId) return ofIndividual(individual);
    const registration = await road.call(() => road.there.registration(deviceId));
    if (registration !== undefined && (registration.deviceId ?? deviceId) === deviceId)
      return { registrationId: deviceId, registration };
    // Nobody has registered there yet; its groups take who proves himself.
    return road.isOther && (await this.#groupsOf()).length > 0 ? { registrationId: deviceId } : undefined;
  }

  /** Groups that can send a device of theirs elsewhere, one by one. */
  #groupsOf(): Promise<readonly EnrollmentGroup[]> {
    this.#groups ??= this.#readGroups();
    return this.#groups;
  }

  async #readGroups(): Promise<readonly EnrollmentGroup[]> {
    const groups: EnrollmentGroup[] = [];
    for await (const page of this.road.there.groups()) groups.push(...page);
    const { isOther } = this.road;
    return groups.filter(
      (group) => group.enabled && (isOther || (group.allocationPolicy === 'custom' && !isNever(group))),
    );
  }

  async #modulesOf(devices: readonly BatchDevice[]): Promise<ModulesByDevice> {
    const { action, home } = this.road;
    if (action.evacuate || !action.compare.modules) return new Map();
    return this.road.call(() => home.identities.modules(devices.map(({ deviceId }) => deviceId)));
  }

  async #one(deviceId: DeviceId, enrolled: Enrolled | undefined, modules: ModulesByDevice): Promise<Found> {
    const { road } = this;
    const { action, home } = road;
    const twin = action.evacuate ? undefined : await road.call(() => home.hub.twin(deviceId));
    if (twin === undefined && !action.evacuate) return this.#away(deviceId);
    const to = action.to === 'origin' ? twin && originOf(twin.tags) : action.to;
    if (to === undefined)
      return failed('its twin has no tag groundswell.quarantine.from: where it is at home is not known');
    if (to === home.name) return failed(`it is at home on ${to}`);
    if (enrolled === undefined) return failed(`the provisioning service ${road.there.name} has no enrollment for it`);
    const target = road.placeOf(to);
    const refusal = (await this.#unmovable(enrolled, target)) ?? (await this.#settled(deviceId, enrolled, target));
    if (refusal) return { refusal };
    const unready = await this.#unready(deviceId, twin);
    if (unready) return { refusal: unready };
    const snapshot = await this.#snapshotOf(enrolled, to, twin, modules.get(deviceId));
    return { snapshot, ...(enrolled.individual && { read: enrolled.individual }) };
  }

  /** The old hub has no such device. One that left in an earlier try goes on from what was known of it then. */
  async #away(deviceId: DeviceId): Promise<Found> {
    const { action, home } = this.road;
    const snapshot = this.earlier.get(deviceId);
    if (snapshot !== undefined) return { snapshot };
    const target = action.to === 'origin' ? undefined : this.road.placeOf(action.to);
    const there = target && (await this.road.call(() => target.hub.twin(deviceId)));
    if (target && there?.connected)
      return { refusal: { kind: 'succeeded', detail: `it was on ${target.name} already` } };
    const detail = `${home.name} has no such device: it was deleted after the plan was made`;
    return { refusal: { kind: 'skipped', detail } };
  }

  /** What the provisioning service would not do. */
  async #unmovable({ individual, registration }: Enrolled, target: Place): Promise<Refusal | undefined> {
    const { there, home, isOther } = this.road;
    const refused = (detail: string): Refusal => ({ kind: 'failed', detail });
    if (individual?.enabled === false) return refused('its enrollment is disabled');
    if (individual && isNever(individual) && !this.road.action.evacuate)
      return refused('its enrollment never lets it move: reprovisionPolicy.updateHubAssignment is false');
    if (!individual && (await this.#groupsOf()).length === 0)
      return refused(`no enrollment group of ${there.name} asks a webhook (custom allocation) and lets devices move`);
    const { assignedHub: at } = registration ?? {};
    if (isOther || at === undefined || sameHost(at, home.host) || sameHost(at, target.host)) return undefined;
    return refused(`${there.name} has it on ${at}, which is neither ${home.name} nor ${target.name}`);
  }

  /** Whether it is where it should be. */
  async #settled(deviceId: DeviceId, { registration }: Enrolled, target: Place): Promise<Refusal | undefined> {
    if (!sameHost(registration?.assignedHub, target.host)) return undefined;
    const twin = await this.road.call(() => target.hub.twin(deviceId));
    return twin?.connected ? { kind: 'succeeded', detail: `it was on ${target.name} already` } : undefined;
  }

  /** Whether it could be told to leave. */
  async #unready(deviceId: DeviceId, twin: DeviceTwin | undefined): Promise<Refusal | undefined> {
    const { action, home } = this.road;
    if (twin === undefined || action.trigger.kind === 'wait') return undefined;
    if (!twin.connected) return { kind: 'offline', detail: `it is not connected to ${home.name}` };
    if (action.trigger.kind !== 'disable') return undefined;
    const identity = await this.road.call(() => home.identities.identity(deviceId));
    return identity?.enabled === false
      ? { kind: 'failed', detail: `its identity on ${home.name} is disabled already` }
      : undefined;
  }

  async #snapshotOf(
    enrolled: Enrolled,
    to: HubName,
    twin: DeviceTwin | undefined,
    modules: readonly ModuleTwin[] = [],
  ): Promise<MoveSnapshot> {
    const { registrationId, individual } = enrolled;
    return {
      registrationId,
      kind: individual ? 'individual' : 'group',
      from: this.road.home.name,
      to,
      ...(await this.#policies(enrolled)),
      ...(individual && { pointed: pointedOf(individual) }),
      ...(twin && { twin: { tags: twin.tags, desired: twin.desired, reported: twin.reported } }),
      ...(modules.length > 0 && {
        modules: modules.map(({ moduleId, desired, reported }) => ({ moduleId, desired, reported })),
      }),
    };
  }

  /** What becomes of the twin: a service can take along only what is on a hub that it has assigned the device to. */
  async #policies({ individual, registration }: Enrolled): Promise<Pick<MoveSnapshot, 'policy' | 'initialTwins'>> {
    const { isOther, action } = this.road;
    const isNew = action.evacuate || isOther || registration?.assignedHub === undefined;
    const rules = individual ? [individual] : await this.#groupsOf();
    const policies = [...new Set(rules.map(({ reprovisionPolicy }) => policyOf(reprovisionPolicy)))];
    const policy: Policy | undefined = isNew ? 'anew' : policies.length === 1 ? policies[0] : undefined;
    const initialTwins = rules.map(({ initialTwin }): TwinSections => initialTwin ?? {});
    return { ...(policy && { policy }), initialTwins };
  }
}

const ofIndividual = (individual: IndividualEnrollment): Enrolled => ({
  registrationId: individual.registrationId,
  individual,
  ...(individual.registration && { registration: individual.registration }),
});
