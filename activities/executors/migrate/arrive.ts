import type { DeviceId } from '../../../domain/ids';
import {
  compareModules,
  compareTwins,
  type Difference,
  type ModuleValues,
  expectedTwin,
  type Policy,
  tellDifferences,
  type TwinValues,
} from '../../../domain/moves';
import { spanText } from '../../../domain/time';
import type { TwinSections } from '../../../domain/patches';
import type { DeviceOutcome } from '../../../domain/tally';
import type { MoveSnapshot, Recall } from '../../ledger/moves';
import type { Registration } from '../../provisioning-ports';
import { setEnabled } from './leave';
import { type Place, type Road, sameHost } from './road';

/** Quickest and slowest looks at a device that is awaited; between them after a tenth of the time that it has taken so far. */
const LOOK_MS = { least: 1_000, most: 10_000, mostOfWait: 60_000 } as const;
/** After a stop, devices that have left are awaited for so long at most where nobody told them to leave. */
const AFTER_STOP_MS = 5 * 60_000;

/** How the journey of one device has gone. */
export type Arrival =
  | { readonly kind: 'settled'; readonly outcome: DeviceOutcome }
  /** It must come home. */
  | { readonly kind: 'recalled'; readonly recall: Recall }
  /** A stop has come, and it had not left: nobody had told it to. */
  | { readonly kind: 'stayed' };

/** When to look at a device again that is awaited since then. */
export const lookAfterMs = (sinceMs: number, waits: boolean): number =>
  Math.min(waits ? LOOK_MS.mostOfWait : LOOK_MS.most, Math.max(LOOK_MS.least, sinceMs / 10));

const valuesOf = ({ tags, desired, reported }: TwinValues): TwinValues => ({ tags, desired, reported });

/** What became of the twin, where neither enrollment nor group could say before. */
export const policyAfter = ({ policy }: MoveSnapshot, { substatus }: Registration): Policy =>
  policy ?? (substatus === 'deviceDataMigrated' ? 'along' : 'anew');

/** Reads modules one by one: the list of them lags. @returns those that there are */
export async function modulesOf(
  road: Road,
  place: Place,
  deviceId: DeviceId,
  known: readonly ModuleValues[],
): Promise<readonly ModuleValues[]> {
  const found: ModuleValues[] = [];
  for (const { moduleId } of known) {
    const module = await road.call(() => place.identities.module(deviceId, moduleId));
    if (module) found.push(module);
  }
  return found;
}

/** Awaits one device on its target, and sees whether all of it has come. */
export class Journey {
  readonly #target: Place;

  constructor(
    private readonly road: Road,
    private readonly deviceId: DeviceId,
    private readonly snapshot: MoveSnapshot,
    /** When it was told to leave (UTC, ISO 8601). */
    private readonly toldAt: string,
  ) {
    this.#target = road.placeOf(snapshot.to);
  }

  async end(): Promise<Arrival> {
    const arrived = await this.#arrived();
    if (arrived === 'stayed') return { kind: 'stayed' };
    if (arrived === undefined) return this.#late();
    const { twin, registration } = arrived;
    const differences = await this.#differences(twin, registration);
    if (differences.length > 0) {
      const reason = `${tellDifferences(differences, this.#target.name)}: name in compare.ignore what devices change by themselves`;
      return { kind: 'recalled', recall: { kind: 'failed', reason, seen: valuesOf(twin) } };
    }
    const left = await this.#oldIdentity();
    await this.#tidyUp();
    const outcome: DeviceOutcome = { deviceId: this.deviceId, kind: 'succeeded', ...(left && { detail: left }) };
    return { kind: 'settled', outcome };
  }

  /** @returns where it was seen; undefined when its time is up */
  async #arrived(): Promise<{ readonly twin: TwinValues; readonly registration: Registration } | 'stayed' | undefined> {
    const { road, deviceId } = this;
    const { arriveWithinMs, trigger } = road.action;
    const waits = trigger.kind === 'wait';
    const since = Date.parse(this.toldAt);
    let deadline = since + arriveWithinMs;
    for (let stopped = false; ;) {
      const twin = await road.call(() => this.#target.hub.twin(deviceId));
      if (twin?.connected) {
        const registration = await this.#registration();
        if (registration?.status === 'assigned' && sameHost(registration.assignedHub, this.#target.host))
          return { twin, registration };
      }
      if (waits && !stopped && !road.go()) {
        if (!(await this.#hasLeft())) return 'stayed';
        [stopped, deadline] = [true, Math.min(deadline, Date.now() + AFTER_STOP_MS)];
      }
      const now = Date.now();
      if (now >= deadline) return undefined;
      await road.rest(Math.min(lookAfterMs(now - since, waits && !stopped), deadline - now));
    }
  }

  #registration(): Promise<Registration | undefined> {
    const { road, snapshot } = this;
    return road.call(() => road.there.registration(snapshot.registrationId));
  }

  async #hasLeft(): Promise<boolean> {
    const registration = await this.#registration();
    return sameHost(registration?.assignedHub, this.#target.host) || registration?.status === 'assigning';
  }

  async #late(): Promise<Arrival> {
    const { action } = this.road;
    const registration = await this.#registration();
    const failure = registration?.status === 'failed' ? `: ${registration.error ?? 'its registration failed'}` : '';
    const reason = `never arrived on ${this.#target.name} within ${spanText(action.arriveWithinMs)}${failure}`;
    if (!action.evacuate) return { kind: 'recalled', recall: { kind: 'timedOut', reason } };
    // There is nothing that it could come home to.
    const detail = `${reason}; it stays pointed to ${this.#target.name}`;
    return { kind: 'settled', outcome: { deviceId: this.deviceId, kind: 'timedOut', detail } };
  }

  async #differences(actual: TwinValues, registration: Registration): Promise<readonly Difference[]> {
    const { snapshot, road } = this;
    const { compare } = road.action;
    if (snapshot.twin === undefined) return [];
    const { twin } = snapshot;
    const policy = policyAfter(snapshot, registration);
    const starts: readonly (TwinSections | undefined)[] = policy === 'along' ? [undefined] : this.#starts();
    const found = starts.map((initial) => compareTwins(expectedTwin(policy, twin, initial), actual, compare));
    // Which of several groups it is in is not known: the one that fits best.
    const differences = found.toSorted((left, right) => left.length - right.length)[0] ?? [];
    return [...differences, ...(await this.#modules(policy))];
  }

  /** What the twin may have started with: that of the spec goes before those of groups, and only a webhook gives it. */
  #starts(): readonly TwinSections[] {
    const { initialTwin } = this.road.action;
    const { kind, initialTwins } = this.snapshot;
    return kind === 'group' && initialTwin ? [initialTwin] : initialTwins;
  }

  async #modules(policy: Policy): Promise<readonly Difference[]> {
    const { modules = [] } = this.snapshot;
    if (modules.length === 0 || policy === 'anew') return [];
    const there = await modulesOf(this.road, this.#target, this.deviceId, modules);
    return compareModules(policy, modules, there, this.road.action.compare);
  }

  /** What is to be known of the old identity, where it is not simply gone. */
  async #oldIdentity(): Promise<string | undefined> {
    const { deviceId, road } = this;
    const { evacuate, oldIdentity } = road.action;
    const { home } = road;
    if (evacuate)
      return `${home.name} was not asked for anything: an identity may be left there, and its twin was not compared`;
    if ((await road.call(() => home.hub.twin(deviceId))) === undefined) return undefined;
    if (oldIdentity === 'leave') return `its identity on ${home.name} is left there`;
    if (oldIdentity === 'disable') {
      const isThere = await setEnabled(road, home, deviceId, false);
      return isThere ? `its identity on ${home.name} is disabled` : undefined;
    }
    await road.call(() => home.identities.remove(deviceId));
    return `its identity on ${home.name} was deleted by this rollout`;
  }

  /** What was there for the move only. */
  async #tidyUp(): Promise<void> {
    const { road, snapshot, deviceId } = this;
    const { there, action, parts } = road;
    if (snapshot.kind === 'group') await road.call(() => parts.assignments.remove(there.name, snapshot.registrationId));
    if (action.to !== 'origin') return;
    await this.#target.hub.turn('twinUpdates');
    await road.call(() => this.#target.hub.updateTwin(deviceId, { tags: { groundswell: { quarantine: null } } }, '*'));
  }
}
