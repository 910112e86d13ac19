import type { Assignment } from '../../../domain/assignment';
import type { DeviceId } from '../../../domain/ids';
import { isObject } from '../../../domain/json';
import {
  expectedTwin,
  type Policy,
  quarantineMark,
  type TwinValues,
  wayBack,
  wayBackOfTwin,
} from '../../../domain/moves';
import type { TwinSections } from '../../../domain/patches';
import type { MoveSnapshot } from '../../ledger/moves';
import { eachBounded } from '../../pool';
import type { DeviceTwin } from '../../ports';
import type { Registration } from '../../provisioning-ports';
import { lookAfterMs, modulesOf, policyAfter } from './arrive';
import { payloadOf, setEnabled } from './leave';
import { leadsOnlyTo, onlyTo, pointAll, type Wish } from './point';
import { type Place, type Road, sameHost } from './road';

const ASSIGNMENTS_AT_ONCE = 16;
/** Tries to write a twin that changes between reading and writing. */
const WRITES = 5;

/** A device that is to come home. */
export interface Returning {
  readonly snapshot: MoveSnapshot;
  /** Its twin as it was when it was found wrong, where it was. */
  readonly seen?: TwinValues;
}

export interface ComingHome {
  readonly withinMs: number;
  readonly operationIdOf: (deviceId: DeviceId) => string;
  /** Whether devices may still be told; one that was is awaited in any case. */
  readonly go: () => boolean;
}

/** Where a device is at the end; the detail says what is not as it was. */
export type Homecoming =
  | { readonly kind: 'home'; readonly detail?: string }
  /** Connected to the target still, or to no hub at all. */
  | { readonly kind: 'away' | 'nowhere'; readonly detail: string };

/**
 * Brings devices home: points them there, tells them through whichever hub they are connected to, restores their twins.
 *
 * @returns nothing for those that a stop has kept from being told
 */
export async function bringHome(
  road: Road,
  returning: ReadonlyMap<DeviceId, Returning>,
  how: ComingHome,
): Promise<ReadonlyMap<DeviceId, Homecoming>> {
  const all = [...returning.values()].map(({ snapshot }) => snapshot);
  const refused = await pointHome(road, all);
  const came = new Map<DeviceId, Homecoming>();
  await eachBounded([...returning], Math.max(1, returning.size), async ([deviceId, { snapshot, seen }]) => {
    const problem = refused.get(snapshot.registrationId);
    const homecoming = await new Return(road, deviceId, snapshot, how).end(seen);
    if (homecoming === undefined) return;
    came.set(
      deviceId,
      problem === undefined ? homecoming : { ...homecoming, detail: joined(problem, homecoming.detail) },
    );
  });
  const home = [...returning].flatMap(([id, { snapshot }]) => (came.get(id)?.kind === 'home' ? [snapshot] : []));
  await asBefore(road, home);
  return came;
}

const joined = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined).join('; ');

const individuals = (
  snapshots: readonly MoveSnapshot[],
  wanted: (snapshot: MoveSnapshot) => Wish['wanted'] | undefined,
) =>
  snapshots.flatMap((snapshot): Wish[] => {
    const wish = wanted(snapshot);
    return wish === undefined ? [] : [{ registrationId: snapshot.registrationId, wanted: wish }];
  });

const groupsOf = (snapshots: readonly MoveSnapshot[]): MoveSnapshot[] =>
  snapshots.filter(({ kind }) => kind === 'group');

/** The other service has no say in where a device is at home: there all is as it was before. */
async function pointHome(road: Road, snapshots: readonly MoveSnapshot[]): Promise<ReadonlyMap<string, string>> {
  if (road.isOther) {
    await asBefore(road, snapshots);
    return new Map();
  }
  const { host } = road.home;
  const wishes = individuals(
    snapshots,
    ({ pointed }) => pointed && (leadsOnlyTo(pointed, host) ? pointed : onlyTo(host)),
  );
  await assign(road, groupsOf(snapshots), host);
  return pointAll(road, road.there, wishes);
}

/**
 * Writes where devices of groups are to go.
 *
 * @param also what they are told and start with there; on the way home nothing: the twin is brought back as it was
 */
export async function assign(
  road: Road,
  snapshots: readonly MoveSnapshot[],
  host: string,
  also: Pick<Assignment, 'payload' | 'initialTwin'> = {},
): Promise<void> {
  const { parts, there, batch } = road;
  const assignment: Assignment = { hub: host, rolloutId: batch.rolloutId, at: new Date().toISOString(), ...also };
  await eachBounded(snapshots, ASSIGNMENTS_AT_ONCE, ({ registrationId }) =>
    road.call(() => parts.assignments.put(there.name, registrationId, assignment)),
  );
}

/** Lets enrollments say what they said before the move. @returns why some could not be changed, by registration id */
export async function asBefore(road: Road, snapshots: readonly MoveSnapshot[]): Promise<ReadonlyMap<string, string>> {
  const { parts, there } = road;
  await eachBounded(groupsOf(snapshots), ASSIGNMENTS_AT_ONCE, ({ registrationId }) =>
    road.call(() => parts.assignments.remove(there.name, registrationId)),
  );
  return pointAll(
    road,
    there,
    individuals(snapshots, ({ pointed }) => pointed),
  );
}

/** One device's way home. */
class Return {
  readonly #target: Place;
  #told = false;

  constructor(
    private readonly road: Road,
    private readonly deviceId: DeviceId,
    private readonly snapshot: MoveSnapshot,
    private readonly how: ComingHome,
  ) {
    this.#target = road.placeOf(snapshot.to);
  }

  /** @returns undefined where a stop came before it was told */
  async end(seen: TwinValues | undefined): Promise<Homecoming | undefined> {
    const { road, deviceId } = this;
    const { trigger, oldIdentity } = road.action;
    if (trigger.kind === 'disable' || oldIdentity === 'disable') await setEnabled(road, road.home, deviceId, true);
    const since = Date.now();
    const deadline = since + this.how.withinMs;
    for (;;) {
      const registration = await this.#atHome();
      if (registration !== undefined) return { kind: 'home', ...(await this.#restored(registration, seen)) };
      const away = await road.call(() => this.#target.hub.twin(deviceId));
      if (!this.#told && !this.how.go()) return undefined;
      if (away?.connected && !this.#told) this.#told = await this.#tell();
      const now = Date.now();
      if (now >= deadline) return this.#lost(away);
      await road.rest(Math.min(lookAfterMs(now - since, false), deadline - now));
    }
  }

  /** @returns its registration where it is connected at home, `none` where the service has none */
  async #atHome(): Promise<Registration | 'none' | undefined> {
    const { road, deviceId, snapshot } = this;
    const twin = await road.call(() => road.home.hub.twin(deviceId));
    if (!twin?.connected) return undefined;
    const registration = await road.call(() => road.own.registration(snapshot.registrationId));
    if (registration?.assignedHub === undefined) return 'none';
    return sameHost(registration.assignedHub, road.home.host) ? registration : undefined;
  }

  /** @returns whether it has heard it */
  async #tell(): Promise<boolean> {
    const { road, deviceId, how } = this;
    const { trigger } = road.action;
    if (trigger.kind === 'wait') return false;
    await road.watch.pace(1);
    if (trigger.kind === 'disable') return setEnabled(road, this.#target, deviceId, false);
    const { name, responseTimeoutMs } = trigger;
    const payload = payloadOf(trigger, how.operationIdOf(deviceId), road.isOther ? road.own : undefined);
    await this.#target.hub.turn('methods');
    const answer = await road.call(() => this.#target.hub.invokeMethod(deviceId, { name, payload, responseTimeoutMs }));
    return answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;
  }

  async #lost(away: DeviceTwin | undefined): Promise<Homecoming> {
    const { road, deviceId, snapshot } = this;
    const { name } = road.home;
    // An identity that is disabled could never come back by itself.
    if (away && road.action.trigger.kind === 'disable') await setEnabled(road, this.#target, deviceId, true);
    const points =
      road.isOther || (snapshot.pointed && leadsOnlyTo(snapshot.pointed, road.home.host))
        ? ''
        : `; it is sent to ${name} whenever it asks`;
    return away?.connected
      ? { kind: 'away', detail: `it is still on ${this.#target.name}${points}` }
      : { kind: 'nowhere', detail: `it is not connected anywhere${points}` };
  }

  /** Brings its twin back to what it was. @returns what could not be brought back */
  async #restored(
    registration: Registration | 'none',
    seen: TwinValues | undefined,
  ): Promise<{ readonly detail?: string }> {
    const { twin } = this.snapshot;
    if (twin === undefined) return {};
    const policy: Policy = registration === 'none' ? 'anew' : policyAfter(this.snapshot, registration);
    // Under a reset the way home has begun anew from the enrollment, whatever was seen on the target.
    const starts = this.snapshot.initialTwins.map((initial) => expectedTwin('anew', twin, initial));
    const left = [...(policy === 'anew' ? starts : []), seen ?? expectedTwin(policy, twin, undefined)];
    const problems = [await this.#twinBack(this.#isMadeAnew ? [] : left, twin), ...(await this.#modulesBack())];
    const detail = joined(...problems);
    return detail === '' ? {} : { detail };
  }

  /** The own service has made a new identity in the place of one that this rollout had deleted: nobody's twin yet. */
  get #isMadeAnew(): boolean {
    return this.road.isOther && this.road.action.oldIdentity === 'delete';
  }

  /** @param left what the move may have left of it, the likeliest first; none for whatever there is */
  async #twinBack(left: readonly Required<TwinSections>[], was: TwinValues): Promise<string | undefined> {
    const { road, deviceId } = this;
    const { hub, name } = road.home;
    for (let tries = 0; tries < WRITES; tries += 1) {
      const now = await road.call(() => hub.twin(deviceId));
      if (now === undefined) return `${name} has no such device any more`;
      const ways = (left.length === 0 ? [now] : left).map((each) => wayBackOfTwin(each, was, now));
      const way = ways.find((each) => 'patch' in each) ?? ways[0];
      if (way === undefined) return undefined;
      if ('changedAt' in way) return `somebody has changed ${way.changedAt} since: not overwritten`;
      const patch = this.#markedAgain(way.patch, was, now);
      if (Object.keys(patch).length === 0) return undefined;
      await hub.turn('twinUpdates');
      const answer = await road.call(() => hub.updateTwin(deviceId, patch, now.etag));
      if (answer.kind === 'merged') return undefined;
      if (answer.kind !== 'changed') return `its twin could not be brought back: ${answer.detail}`;
    }
    return `its twin changed ${WRITES} times while it was written`;
  }

  /** A release takes the mark of the quarantine off when a device has arrived, which no enrollment's policy tells of. */
  #markedAgain(patch: TwinSections, was: TwinValues, now: TwinValues): TwinSections {
    const mark = quarantineMark(was.tags);
    if (this.road.action.to !== 'origin' || !mark || quarantineMark(now.tags)) return patch;
    const own = patch.tags?.['groundswell'];
    const groundswell = { ...(isObject(own) && own), quarantine: mark };
    return { ...patch, tags: { ...patch.tags, groundswell } };
  }

  /** Modules that came along are as they were; one that has started anew gets what was desired of it. */
  async #modulesBack(): Promise<(string | undefined)[]> {
    const { modules = [] } = this.snapshot;
    if (modules.length === 0) return [];
    const { road, deviceId } = this;
    const { identities, name } = road.home;
    const now = await modulesOf(road, road.home, deviceId, modules);
    const problems: (string | undefined)[] = [];
    for (const { moduleId, desired } of modules) {
      const there = now.find((module) => module.moduleId === moduleId);
      const way = there && wayBack({}, desired, there.desired);
      if (way === undefined) problems.push(`its module ${moduleId} is not on ${name} any more`);
      else if ('changedAt' in way)
        problems.push(`modules.${moduleId}.desired.${way.changedAt} is another: not overwritten`);
      else if (Object.keys(way.patch).length > 0)
        await road.call(() => identities.updateModule(deviceId, moduleId, way.patch));
    }
    return problems;
  }
}
