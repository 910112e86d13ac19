import { batchesOf, deviceCondition } from '../../domain/batches';
import { GroundswellError } from '../../domain/errors';
import type { DeviceId, HubName, RolloutId } from '../../domain/ids';
import { isReported } from '../../domain/outcome';
import type { Json, JsonObject, RolloutSpec, Target } from '../../domain/spec';
import { LOOKUP } from '../../domain/uses';
import type { ChunkRef, Plans } from '../ledger/plans';
import type { FoundDevice, Hubs, TwinPart } from '../ports';
import type { Mark, Spill } from './spill';

/** Most unknown devices that an error names. */
const NAMED = 20;

/** @param unknown at least one */
export const unknownDevices = (unknown: ReadonlySet<DeviceId>, hubs: readonly HubName[]): GroundswellError =>
  new GroundswellError('GS_DEVICE_UNKNOWN', { count: unknown.size, devices: [...unknown].slice(0, NAMED), hubs });

/** Says that planning goes on, and how far it is. @throws CancelledFailure when nobody waits for it any more */
export type Beat = (progress: { readonly hub?: HubName; readonly devices: number }) => Promise<void>;

/** Conditions that together select a target, none longer than a hub takes. */
export const conditionsOf = (target: Target): string[] =>
  target.kind === 'devices'
    ? batchesOf(target.devices, LOOKUP).map(deviceCondition)
    : [target.kind === 'query' ? target.where : '*'];

/** Both conditions; either may be `*`. */
export function bothOf(one: string, other: string): string {
  if (one.trim() === '*') return other;
  return other.trim() === '*' ? one : `(${one}) AND (${other})`;
}

/** A tag by its name, whose dots lead into objects; text, numbers and booleans alike as text. */
export function tagOf(tags: JsonObject | undefined, name: string): string | undefined {
  let value: Json | undefined = tags;
  for (const key of name.split('.')) {
    value =
      typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject)[key] : undefined;
  }
  return typeof value === 'object' || value === undefined ? undefined : String(value);
}

const zones = new Map<string, boolean>();

/** Whether a text names a time zone that this machine knows. */
function isZone(name: string): boolean {
  const known = zones.get(name);
  if (known !== undefined) return known;
  let valid = true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    valid = false;
  }
  if (zones.size < 10_000) zones.set(name, valid);
  return valid;
}

/** The zone whose clock a device's window goes by, or undefined where the window has one for all. */
function zoneOf({ window }: RolloutSpec, tags: JsonObject | undefined): string | undefined {
  if (window?.zone.kind !== 'tag') return undefined;
  const named = tagOf(tags, window.zone.tag);
  return named !== undefined && isZone(named) ? named : window.zone.otherwise;
}

/** Whether a device's twin has already what the action would give it; methods leave no trace to tell by. */
const hasPatch = ({ action }: RolloutSpec, { tags = {}, desired = {} }: FoundDevice): boolean =>
  action.kind === 'twin' && isReported(action.tags ?? {}, tags) && isReported(action.desired ?? {}, desired);

/** Where a quarantine writes which hub it has taken a device from. */
const ORIGIN = 'groundswell.quarantine.from';

const isReleased = ({ action }: RolloutSpec): boolean => action.kind === 'migrate' && action.to === 'origin';

function memberOf(spec: RolloutSpec, { connected, tags }: FoundDevice): Extract<Mark, { readonly kind: 'member' }> {
  const tag = spec.waves.kind === 'cohorts' ? tagOf(tags, spec.waves.tag) : undefined;
  const zone = zoneOf(spec, tags);
  const origin = isReleased(spec) ? tagOf(tags, ORIGIN) : undefined;
  return {
    kind: 'member',
    connected,
    ...(tag !== undefined && { tag }),
    ...(zone !== undefined && { zone }),
    ...(origin !== undefined && { origin }),
  };
}

/** Parts of the twins that the spec needs to know. */
function partsOf(spec: RolloutSpec): TwinPart[] {
  const { action, waves, window } = spec;
  const tags =
    isReleased(spec) ||
    waves.kind === 'cohorts' ||
    window?.zone.kind === 'tag' ||
    (action.kind === 'twin' && action.tags);
  return [
    ...(tags ? (['tags'] as const) : []),
    ...(action.kind === 'twin' && action.desired ? (['desired'] as const) : []),
  ];
}

/** Asks the hubs which devices the target has, and what the plan needs to know of each. */
export class Gathering {
  #devices = 0;
  readonly #origins = new Set<string>();

  constructor(
    private readonly hubs: Hubs,
    private readonly spill: Spill,
    private readonly beat: Beat,
  ) {}

  /**
   * The target set as it is now.
   *
   * @returns how many devices it has
   * @throws  GS_DEVICE_UNKNOWN, GS_QUERY_INVALID, GS_HUB_UNKNOWN
   */
  async target(spec: RolloutSpec): Promise<number> {
    const { target } = spec;
    for (const hub of target.hubs) this.hubs.get(hub); // an unknown one is told before any is asked
    const unknown = new Set(target.kind === 'devices' ? target.devices : []);
    await Promise.all(target.hubs.map((hub) => this.#members(hub, spec, unknown)));
    if (unknown.size > 0) throw unknownDevices(unknown, target.hubs);
    if (this.#devices > 0) await Promise.all(target.hubs.map((hub) => this.#questions(hub, spec)));
    return this.#devices;
  }

  /** Names of hubs that a quarantine has taken devices from, where the rollout brings them back. */
  get origins(): readonly string[] {
    return [...this.#origins];
  }

  /** Marks the devices of chunks in the ledger. */
  async chunks(plans: Plans, chunks: readonly ChunkRef[], hubs: readonly HubName[], mark: Mark): Promise<void> {
    for (const chunk of chunks) {
      if (!hubs.includes(chunk.hub)) continue;
      for (const deviceId of await plans.chunk(chunk)) this.spill.add(chunk.hub, deviceId, mark);
      await this.spill.relieve();
      await this.beat({ hub: chunk.hub, devices: this.#devices });
    }
  }

  /** Marks what the plans of other rollouts have. Those that are not planned yet have nothing. */
  async others(plans: Plans, rollouts: readonly RolloutId[], hubs: readonly HubName[]): Promise<void> {
    for (const [rollout, rolloutId] of rollouts.entries()) {
      const plan = await plans.find(rolloutId);
      const chunks = plan === undefined ? [] : (await plans.chunks(plan)).filter(({ kind }) => kind === 'wave');
      await this.chunks(plans, chunks, hubs, { kind: 'other', rollout });
    }
  }

  async #members(hub: HubName, spec: RolloutSpec, unknown: Set<DeviceId>): Promise<void> {
    for (const where of conditionsOf(spec.target)) {
      await this.#pages(hub, where, partsOf(spec), (device) => {
        unknown.delete(device.deviceId);
        const member = memberOf(spec, device);
        if (member.origin !== undefined) this.#origins.add(member.origin);
        this.spill.add(hub, device.deviceId, member);
        if (hasPatch(spec, device)) this.spill.add(hub, device.deviceId, { kind: 'done' });
        this.#devices += 1;
      });
    }
  }

  /** Further questions about the target's devices: what is done, and who is in which ring. */
  async #questions(hub: HubName, { target, waves }: RolloutSpec): Promise<void> {
    const rings = waves.kind === 'rings' ? waves.rings : [];
    const asked: [string, Mark][] = rings.flatMap(({ where }, ring) =>
      typeof where === 'string' ? [[where, { kind: 'ring', ring }] as [string, Mark]] : [],
    );
    if (target.done !== undefined) asked.push([target.done, { kind: 'done' }]);
    for (const [question, mark] of asked) {
      for (const where of conditionsOf(target)) {
        await this.#pages(hub, bothOf(where, question), [], ({ deviceId }) => this.spill.add(hub, deviceId, mark));
      }
    }
  }

  async #pages(
    hub: HubName,
    where: string,
    parts: readonly TwinPart[],
    each: (device: FoundDevice) => void,
  ): Promise<void> {
    for await (const page of this.hubs.get(hub).devices(where, parts)) {
      for (const device of page) each(device);
      await this.spill.relieve();
      await this.beat({ hub, devices: this.#devices });
    }
  }
}
