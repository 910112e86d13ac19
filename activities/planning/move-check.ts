import { createHash } from 'node:crypto';
import { GroundswellError } from '../../domain/errors';
import type { HubName, RolloutId } from '../../domain/ids';
import { FULL_SKUS, type HubSku, isFull } from '../../domain/limits';
import {
  type Destination,
  type Enrolled,
  LEGACY_WARNING,
  type Mix,
  type Mover,
  type Moving,
  refusalOf,
  sameHost,
  serviceCalls,
  serviceMs,
} from '../../domain/move-plan';
import { moveTexts } from '../../domain/move-texts';
import type { MovePlan, TurnedAway } from '../../domain/plan';
import type { RolloutSpec } from '../../domain/spec';
import { namesText } from '../../domain/names';
import { GiftCheck } from './gift-check';
import { Names } from './names';
import type { Member } from './spill';

/** A hub that devices go to, and what it has room for. */
export interface Ground extends Destination {
  readonly sku: HubSku;
  readonly quarantine: boolean;
  /** Devices that it has now, and how many it takes at most. */
  readonly has: number;
  readonly most: number;
}

export interface CheckParts {
  readonly spec: RolloutSpec;
  readonly moving: Moving;
  /** Host names that the service may assign to; undefined where that is not known. */
  readonly linkedHubs?: readonly string[];
  readonly openGroups: readonly Enrolled[];
  readonly grounds: ReadonlyMap<HubName, Ground>;
  /** That were read of provisioning services. */
  readonly pages: number;
}

/** Goes through all devices of a move before the plan stands. */
export class MoveCheck {
  readonly #refused = new Map<string, Names>();
  readonly #legacy = new Names();
  readonly #gifts: GiftCheck;
  readonly #arriving = new Map<HubName, number>();
  readonly #mix: Record<Enrolled['kind'], number> = { individual: 0, group: 0 };
  readonly #hash = createHash('sha256');
  readonly #enrolled = new Map<string, Enrolled>();

  constructor(private readonly parts: CheckParts) {
    this.#gifts = new GiftCheck(parts.moving.action);
  }

  /** Of the hubs that devices go to. */
  get skus(): ReadonlyMap<HubName, HubSku> {
    return new Map([...this.parts.grounds].map(([name, { sku }]) => [name, sku]));
  }

  /** Whether a device is where it is to go, and connected there. */
  isDone(member: Member): boolean {
    const to = this.#groundOf(member);
    const enrolled = this.#enrolledOf(member);
    return (
      to !== undefined &&
      sameHost(enrolled?.assignedHub, to.host) &&
      member.there.some(({ hub, connected }) => hub === to.name && connected)
    );
  }

  /** Whether a device has no enrollment of its own at the own service but is in a group: nobody has to ask again. */
  isGrouped(member: Member): boolean {
    return this.parts.moving.action.provisioning === undefined && this.#enrolledOf(member)?.kind === 'group';
  }

  /** To be told each device that is in a wave, in the plan's order. */
  take(member: Member): void {
    const to = this.#groundOf(member);
    const own = this.#enrolledOf(member);
    const refused = this.#refusalOf(member, own);
    const enrolled = own ?? this.parts.openGroups[0];
    this.#hash.update(`${member.hub}\t${member.deviceId}\t${to?.host ?? ''}\t${JSON.stringify(enrolled ?? {})}\n`);
    if (refused !== undefined) this.#refuse(refused, member);
    if (enrolled === undefined || to === undefined) return;
    this.#mix[enrolled.kind] += 1;
    this.#gifts.take(member.deviceId, enrolled);
    this.#arriving.set(to.name, (this.#arriving.get(to.name) ?? 0) + 1);
    // Who registers with another service for the first time is assigned, not assigned anew.
    if (enrolled.policy === 'legacy' && this.parts.moving.action.provisioning === undefined)
      this.#legacy.add(member.deviceId);
  }

  /** Whether a device that comes when the plan stands cannot be moved: it is kept by its reason, and not to be taken. */
  turnsAway(member: Member): boolean {
    const refused = this.#refusalOf(member, this.#enrolledOf(member)) ?? this.#noPlaceFor(member);
    if (refused !== undefined) this.#refuse(refused, member);
    return refused !== undefined;
  }

  /** Those that were turned away. */
  get turnedAway(): TurnedAway[] {
    return [...this.#refused].map(([why, { named }]) => ({ why, devices: named }));
  }

  /**
   * What the move means, when all devices were told.
   *
   * @throws GS_MOVE_REFUSED with every reason
   */
  plan(rolloutsThere: readonly RolloutId[]): MovePlan {
    const reasons = [...this.#hubReasons(), ...this.#deviceReasons(), ...this.#gifts.reasons];
    const { spec, moving, grounds, pages } = this.parts;
    if (reasons.length > 0) throw new GroundswellError('GS_MOVE_REFUSED', { to: moving.action.to, reasons });
    const mix: Mix = { ...this.#mix };
    const legacy = this.#legacy.named;
    return {
      service: moving.service,
      steps: moveTexts(moving.action),
      ...mix,
      to: [...this.#arriving].map(([hub, arriving]) => ({
        hub,
        arriving,
        has: grounds.get(hub)?.has ?? 0,
        most: grounds.get(hub)?.most ?? 0,
      })),
      calls: serviceCalls(spec, mix, pages),
      serviceMs: serviceMs(mix),
      warnings: [...(legacy.count === 0 ? [] : [{ why: LEGACY_WARNING, devices: legacy }]), ...this.#gifts.warnings],
      rolloutsThere,
      enrollments: this.#hash.digest('hex'),
    };
  }

  #groundOf({ origin }: Member): Ground | undefined {
    const { to } = this.parts.moving.action;
    if (to !== 'origin') return this.parts.grounds.get(to);
    return origin === undefined ? undefined : this.parts.grounds.get(origin as HubName);
  }

  /** An enrollment of its own counts before that of a group. */
  #enrolledOf({ enrolled }: Member): Enrolled | undefined {
    const all = enrolled.map((text) => this.#read(text));
    return all.find(({ kind }) => kind === 'individual') ?? all[0];
  }

  #read(text: string): Enrolled {
    const known = this.#enrolled.get(text) ?? (JSON.parse(text) as Enrolled);
    this.#enrolled.set(text, known);
    return known;
  }

  #refusalOf(member: Member, own: Enrolled | undefined): string | undefined {
    const to = this.#groundOf(member);
    const isThere = member.there.some(({ hub }) => hub === to?.name);
    const refusal = (enrolled?: Enrolled): string | undefined =>
      refusalOf({ isThere, ...(to && { to }), ...(enrolled && { enrolled }) } satisfies Mover, this.parts.moving);
    const { openGroups } = this.parts;
    if (own !== undefined || openGroups.length === 0) return refusal(own);
    // Whoever has never registered there may do so through any group that takes him.
    const refusals = openGroups.map(refusal);
    return refusals.includes(undefined) ? undefined : refusals[0];
  }

  #noPlaceFor(member: Member): string | undefined {
    const to = this.#groundOf(member);
    const [reason] = to === undefined ? [] : this.#reasonsOf(to, (this.#arriving.get(to.name) ?? 0) + 1);
    return reason === undefined ? undefined : `which cannot go there: ${reason}`;
  }

  #refuse(reason: string, { deviceId }: Member): void {
    const names = this.#refused.get(reason) ?? new Names();
    this.#refused.set(reason, names);
    names.add(deviceId);
  }

  #deviceReasons(): string[] {
    return [...this.#refused].map(
      ([reason, { named }]) => `${named.count} device${named.count === 1 ? '' : 's'} ${reason} (${namesText(named)})`,
    );
  }

  #hubReasons(): string[] {
    return [...this.parts.grounds.values()].flatMap((ground) =>
      this.#reasonsOf(ground, this.#arriving.get(ground.name) ?? 0),
    );
  }

  #reasonsOf({ name, host, sku, quarantine, has, most }: Ground, arriving: number): string[] {
    const {
      linkedHubs,
      moving: { action, service },
    } = this.parts;
    return [
      ...(isFull(sku) ? [] : [`hub ${name} is of tier ${sku.name}: devices are moved to ${FULL_SKUS.join(', ')}`]),
      ...(linkedHubs === undefined || linkedHubs.some((linked) => sameHost(linked, host))
        ? []
        : [`hub ${name} is not linked to the provisioning service ${service}`]),
      ...(has + arriving <= most
        ? []
        : [`hub ${name} has ${has} devices and takes ${most}: there is no room for ${arriving} more`]),
      ...(quarantine && action.to !== 'origin' && action.toQuarantine === undefined
        ? [`hub ${name} is kept for quarantine: write toQuarantine: true where that is meant`]
        : []),
    ];
  }
}
