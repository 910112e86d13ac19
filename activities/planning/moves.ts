import { faultCodeOf, GroundswellError } from '../../domain/errors';
import { type DeviceId, deviceIdOf, type HubName, hubNameOf } from '../../domain/ids';
import { isFull } from '../../domain/limits';
import { type Enrolled, sameHost } from '../../domain/move-plan';
import { asksHubs, destinationOf, moveOf } from '../../domain/move-scope';
import type { MigrateAction, RolloutSpec } from '../../domain/spec';
import type { Hubs } from '../ports';
import type {
  EnrollmentGroup,
  EnrollmentRule,
  IdentityStores,
  Provisioning,
  Provisionings,
} from '../provisioning-ports';
import { type Beat, conditionsOf, unknownDevices } from './gather';
import { type Ground, MoveCheck } from './move-check';
import type { Spill } from './spill';

export interface MoveParts {
  readonly hubs: Hubs;
  readonly provisionings: Provisionings;
  readonly identities: IdentityStores;
}

function policyOf({ reprovisionPolicy }: EnrollmentRule): Enrolled['policy'] {
  if (reprovisionPolicy === undefined) return 'legacy';
  if (!reprovisionPolicy.updateHubAssignment) return 'never';
  return reprovisionPolicy.migrateDeviceData ? 'migrate' : 'reset';
}

const inGroup = (group: EnrollmentGroup): Enrolled => ({
  kind: 'group',
  enabled: group.enabled,
  policy: policyOf(group),
  group: group.name,
  ...(group.allocationPolicy && { allocation: group.allocationPolicy }),
  hubs: group.hubs,
});

/** What a pass over a provisioning service tells of a device. */
type Told = (deviceId: DeviceId, enrolled: Enrolled) => void;

/** Asks the provisioning service, and the hubs that devices go to, what a plan must know before it moves anybody. */
export class MoveGathering {
  #pages = 0;
  #devices = 0;
  #groups: readonly EnrollmentGroup[] = [];
  readonly #action: MigrateAction;
  /** The service that sends devices to their new hub. */
  readonly #there: Provisioning;

  constructor(
    private readonly parts: MoveParts,
    private readonly spec: RolloutSpec,
    private readonly spill: Spill,
    private readonly beat: Beat,
  ) {
    const action = moveOf(spec);
    if (action === undefined) throw new Error('only a move asks a provisioning service');
    this.#action = action;
    this.#there = parts.provisionings.get(action.provisioning);
  }

  /**
   * Asks what the service says of devices; where the target's hubs are not asked, it also says who is in the target.
   *
   * @returns how many devices it has put into the target
   * @throws  GS_DEVICE_UNKNOWN naming devices that it has on none of the hubs
   */
  async enrollments(): Promise<number> {
    const there = this.#there;
    const fromService = !asksHubs(this.spec);
    const home = this.parts.provisionings.get();
    const member = fromService ? this.#memberOf() : undefined;
    if (member && home.name !== there.name) await this.#pass(home, member.told);
    await this.#pass(there, (deviceId, enrolled) => {
      this.#mark(deviceId, enrolled);
      if (home.name === there.name) member?.told(deviceId, enrolled);
    });
    if (member && member.unknown.size > 0) throw unknownDevices(member.unknown, this.spec.target.hubs);
    return this.#devices;
  }

  /**
   * Looks at the hubs that devices go to: what they have room for, and who is there already under an id of the target's.
   *
   * @param origins that devices' tags name, in a release; those that the stack does not have are told device by device
   */
  async check(origins: readonly string[]): Promise<MoveCheck> {
    const to = destinationOf(this.spec);
    const names = to === undefined ? origins.map(hubNameOf).filter((name) => this.#isKnown(name)) : [to];
    const grounds = await Promise.all(names.map((name) => this.#groundOf(name)));
    for (const { name, sku } of grounds) if (isFull(sku)) await this.#arrivals(name);
    const { name: service, linkedHubs } = this.#there;
    const homes = this.spec.target.hubs.map((hub) => this.parts.identities.get(hub).hostName);
    return new MoveCheck({
      spec: this.spec,
      moving: { action: this.#action, service, homes },
      ...(linkedHubs && { linkedHubs }),
      // Whoever has never registered with another service may do so through its groups.
      openGroups: this.#action.provisioning === undefined ? [] : this.#groups.map(inGroup),
      grounds: new Map(grounds.map((ground) => [ground.name, ground])),
      pages: this.#pages,
    });
  }

  #isKnown(name: HubName): boolean {
    try {
      this.parts.hubs.get(name);
      return true;
    } catch (error) {
      if (faultCodeOf(error) !== 'GS_HUB_UNKNOWN') throw error;
      return false;
    }
  }

  /** A hub of the Basic tier answers no query: it is refused later, with all other reasons. */
  async #groundOf(name: HubName): Promise<Ground> {
    const { sku } = this.parts.hubs.get(name);
    const identities = this.parts.identities.get(name);
    const { devices: has, most } = isFull(sku) ? await identities.capacity() : { devices: 0, most: Infinity };
    return { name, host: identities.hostName, sku, quarantine: identities.quarantine === true, has, most };
  }

  async #arrivals(to: HubName): Promise<void> {
    for (const where of conditionsOf(this.spec.target.kind === 'devices' ? this.spec.target : EVERYBODY)) {
      for await (const page of this.parts.hubs.get(to).devices(where)) {
        for (const { deviceId, connected } of page) {
          for (const hub of this.spec.target.hubs) this.spill.add(hub, deviceId, { kind: 'there', hub: to, connected });
        }
        await this.spill.relieve();
        await this.beat({ hub: to, devices: this.#devices });
      }
    }
  }

  /** Puts whom the service has on a hub of the target into it. */
  #memberOf(): { readonly told: Told; readonly unknown: Set<DeviceId> } {
    const { target } = this.spec;
    const hosts = target.hubs.map((hub) => ({ hub, host: this.parts.identities.get(hub).hostName }));
    const named = target.kind === 'devices' ? new Set(target.devices) : undefined;
    const unknown = new Set(named);
    const told: Told = (deviceId, { assignedHub }) => {
      const home = hosts.find(({ host }) => sameHost(assignedHub, host));
      if (home === undefined || named?.has(deviceId) === false) return;
      unknown.delete(deviceId);
      this.spill.add(home.hub, deviceId, { kind: 'member', connected: true });
      this.#devices += 1;
    };
    return { told, unknown };
  }

  #mark(deviceId: DeviceId, enrolled: Enrolled): void {
    for (const hub of this.spec.target.hubs)
      this.spill.add(hub, deviceId, { kind: 'enrolled', as: JSON.stringify(enrolled) });
  }

  async #pass(service: Provisioning, told: Told): Promise<void> {
    const groups = await this.#groupsOf(service);
    for await (const page of service.enrollments()) {
      for (const { deviceId, registration, ...rule } of page) {
        const at = registration?.assignedHub;
        told(deviceId, {
          kind: 'individual',
          enabled: rule.enabled,
          policy: policyOf(rule),
          ...(at !== undefined && { assignedHub: at }),
        });
      }
      await this.#turned(page.length);
    }
    for (const group of groups) {
      for await (const page of service.registrations(group.name)) {
        for (const { deviceId, registrationId, assignedHub } of page)
          told(deviceId ?? deviceIdOf(registrationId), {
            ...inGroup(group),
            ...(assignedHub !== undefined && { assignedHub }),
          });
        await this.#turned(page.length);
      }
    }
  }

  async #groupsOf(service: Provisioning): Promise<readonly EnrollmentGroup[]> {
    const groups: EnrollmentGroup[] = [];
    for await (const page of service.groups()) {
      groups.push(...page);
      await this.#turned(page.length);
    }
    if (service === this.#there) this.#groups = groups;
    return groups;
  }

  /** A page without rows is one of a service that rests. */
  async #turned(rows: number): Promise<void> {
    if (rows > 0) this.#pages += 1;
    await this.spill.relieve();
    await this.beat({ devices: this.#devices });
  }
}

const EVERYBODY = { kind: 'registered', hubs: [] } as const;

/** @throws GS_DPS_UNKNOWN where the stack has no provisioning service */
export function movePartsOf({
  hubs,
  provisionings,
  identities,
}: Pick<MoveParts, 'hubs'> & Partial<MoveParts>): MoveParts {
  if (provisionings === undefined || identities === undefined)
    throw new GroundswellError('GS_DPS_UNKNOWN', { known: [] });
  return { hubs, provisionings, identities };
}
