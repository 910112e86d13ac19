import type { DeviceId } from '../../../domain/ids';
import { spanText } from '../../../domain/time';
import { operationIdOf } from '../../../domain/share';
import type { MigrateAction } from '../../../domain/spec';
import type { DeviceOutcome } from '../../../domain/tally';
import type { Go, MoveSnapshot, Recall, SnapshotsRecord, ToldRecord } from '../../ledger/moves';
import type { BatchDevice } from '../../ledger/results';
import { eachBounded } from '../../pool';
import type { BatchEnd } from '../executor';
import { Journey } from './arrive';
import { Checker } from './check';
import { asBefore, assign, bringHome, type Homecoming } from './home';
import { Farewell, setEnabled } from './leave';
import { onlyTo, pointAll, type Wish } from './point';
import { type Road, sameHost } from './road';

/** How long a device is awaited at home after a move that failed; no longer than it was awaited on its target. */
const HOME_WITHIN_MS = 5 * 60_000;
const WIDTH = 8;

type Snapshots = ReadonlyMap<DeviceId, MoveSnapshot>;
type Reads = ReadonlyMap<string, Wish['read'] & object>;

/** What goes with the assignment of a group's device. */
const giftsOf = ({ payload, initialTwin }: MigrateAction): Parameters<typeof assign>[3] => ({
  ...(payload && { payload }),
  ...(initialTwin && {
    initialTwin: {
      ...(initialTwin.tags && { tags: initialTwin.tags }),
      ...(initialTwin.desired && { properties: { desired: initialTwin.desired } }),
    },
  }),
});

const now = (): string => new Date().toISOString();

/** The keys of records are the ids that they were written under. */
const entriesOf = <Value>(devices: Readonly<Record<string, Value>>): ReadonlyMap<DeviceId, Value> =>
  new Map(Object.entries(devices) as [DeviceId, Value][]);

/**
 * The saga of one batch: look, keep what there is, point, tell, await, compare; whatever does not come through is brought home.
 *
 * Each step reads before it acts, and the journal says how far it has come: whoever runs the batch again goes on there.
 */
export class Saga {
  /** How the job ended that told them, where it did not just end. */
  #end: Exclude<BatchEnd, { readonly kind: 'ended' }> | undefined;
  #begun: boolean;

  constructor(
    private readonly road: Road,
    private readonly go: Go,
    private readonly earlierOf: (devices: readonly BatchDevice[]) => Promise<Snapshots>,
  ) {
    this.#begun = go.snapshots !== undefined;
  }

  async run(): Promise<BatchEnd> {
    const { road, go } = this;
    const again = this.#begun;
    if (!again && !road.go()) return this.#ended();
    const [snapshots, reads] = await this.#snapshots();
    const told = go.told ?? (await this.#depart(snapshots, reads, again));
    for (const outcome of told.outcomes) road.settle(outcome);
    await this.#await(snapshots, told);
    return this.#ended();
  }

  /** Devices that have no outcome yet. */
  #open(snapshots: Snapshots): Snapshots {
    return new Map([...snapshots].filter(([deviceId]) => !this.road.outcomes.has(deviceId)));
  }

  /** Looks at the devices and keeps what there is of them, before the first is touched. */
  async #snapshots(): Promise<readonly [Snapshots, Reads]> {
    const { road, go } = this;
    if (go.snapshots !== undefined) return this.#known(go.snapshots);
    road.says('looks at enrollments and twins');
    const devices = road.batch.devices.filter(({ deviceId }) => !road.outcomes.has(deviceId));
    const looked = await new Checker(road, await this.earlierOf(devices)).all(devices);
    const record = { at: now(), devices: Object.fromEntries(looked.snapshots), outcomes: looked.outcomes };
    const counts = await go.keepSnapshots(record);
    this.#begun = true;
    const [snapshots] = this.#known(counts);
    return [snapshots, looked.read];
  }

  #known({ devices, outcomes }: SnapshotsRecord): readonly [Snapshots, Reads] {
    for (const outcome of outcomes) this.road.settle(outcome);
    return [entriesOf(devices), new Map()];
  }

  /** Points the devices to their target and tells them. @param again whether an earlier try may have told some of them */
  async #depart(snapshots: Snapshots, reads: Reads, again: boolean): Promise<ToldRecord> {
    const { road, go } = this;
    const open = this.#open(snapshots);
    const refused = road.go() ? await this.#point(open, reads) : new Map<string, string>();
    const outcomes: DeviceOutcome[] = [];
    const ready = new Map<DeviceId, MoveSnapshot>();
    for (const [deviceId, snapshot] of open) {
      const detail = refused.get(snapshot.registrationId);
      if (detail === undefined) ready.set(deviceId, snapshot);
      else outcomes.push({ deviceId, kind: 'failed', detail });
    }
    road.says('tells devices to move');
    const told = await new Farewell(road, again, go.number).all(ready);
    if (told.end) this.#end = told.end;
    const left = await this.#takeBack(ready, new Set(told.devices.keys()));
    const devices = { ...Object.fromEntries(told.devices), ...Object.fromEntries(left.map((id) => [id, now()])) };
    const heard = told.outcomes.filter(({ deviceId }) => !left.includes(deviceId));
    return go.keepTold({ devices, outcomes: [...outcomes, ...heard] });
  }

  async #point(open: Snapshots, reads: Reads): Promise<ReadonlyMap<string, string>> {
    const { road } = this;
    const { action } = road;
    road.says('points devices to their hub');
    if (action.trigger.kind === 'wait') await road.watch.pace(open.size);
    const hosts = new Map([...open.values()].map(({ to }) => [to, road.placeOf(to).host]));
    for (const [to, host] of hosts) {
      const group = [...open.values()].filter((snapshot) => snapshot.kind === 'group' && snapshot.to === to);
      if (road.go()) await assign(road, group, host, giftsOf(action));
    }
    const wishes = [...open.values()].flatMap(({ kind, registrationId, to }): Wish[] => {
      const read = reads.get(registrationId);
      const wanted = {
        ...onlyTo(hosts.get(to) ?? ''),
        // The old hub cannot give its data away.
        ...(action.evacuate && { reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false } }),
      };
      return kind === 'individual' ? [{ registrationId, wanted, ...(read && { read }) }] : [];
    });
    return pointAll(road, road.there, wishes, road.go);
  }

  /** Lets those that were not told stay where they are. @returns those that have left all the same */
  async #takeBack(ready: Snapshots, told: ReadonlySet<DeviceId>): Promise<DeviceId[]> {
    const left: DeviceId[] = [];
    const staying: MoveSnapshot[] = [];
    const open = [...ready].filter(([deviceId]) => !told.has(deviceId));
    await eachBounded(open, WIDTH, async ([deviceId, snapshot]) => {
      if (await this.#hasLeft(snapshot)) left.push(deviceId);
      else staying.push(snapshot);
    });
    if (this.road.action.trigger.kind === 'disable') await this.#enable(open, left);
    await asBefore(this.road, staying);
    return left;
  }

  /** A try that was cut short may have disabled them. */
  async #enable(open: readonly (readonly [DeviceId, MoveSnapshot])[], left: readonly DeviceId[]): Promise<void> {
    const { road } = this;
    const staying = open.filter(([deviceId]) => !left.includes(deviceId));
    await eachBounded(staying, WIDTH, async ([deviceId]) => {
      await setEnabled(road, road.home, deviceId, true);
    });
  }

  async #hasLeft({ registrationId, to }: MoveSnapshot): Promise<boolean> {
    const { road } = this;
    const registration = await road.call(() => road.there.registration(registrationId));
    return sameHost(registration?.assignedHub, road.placeOf(to).host) || registration?.status === 'assigning';
  }

  /** Awaits those that were told, and brings home whoever does not come through. */
  async #await(snapshots: Snapshots, told: ToldRecord): Promise<void> {
    const { road, go } = this;
    road.watch.allBegun();
    const { action } = road;
    road.says(`devices to arrive on ${action.to === 'origin' ? 'their hubs' : action.to}`, true);
    const [recalls, stayed] = [new Map<DeviceId, Recall>(), new Map<DeviceId, MoveSnapshot>()];
    const under = [...this.#open(snapshots)].filter(
      ([deviceId]) => told.devices[deviceId] !== undefined && go.recalls?.devices[deviceId] === undefined,
    );
    await eachBounded(under, Math.max(1, under.length), async ([deviceId, snapshot]) => {
      const arrival = await new Journey(road, deviceId, snapshot, told.devices[deviceId] ?? now()).end();
      if (arrival.kind === 'recalled') recalls.set(deviceId, arrival.recall);
      else if (arrival.kind === 'stayed') stayed.set(deviceId, snapshot);
      else road.settle(await this.#policyBack(snapshot, arrival.outcome));
    });
    await asBefore(road, [...stayed.values()]);
    await this.#recall(snapshots, recalls);
  }

  /** After an evacuation the enrollment takes data along again, if it did before. */
  async #policyBack(
    { kind, registrationId, pointed, to }: MoveSnapshot,
    outcome: DeviceOutcome,
  ): Promise<DeviceOutcome> {
    const { road } = this;
    if (!road.action.evacuate || kind !== 'individual' || outcome.kind !== 'succeeded') return outcome;
    const wanted = { ...onlyTo(road.placeOf(to).host), reprovisionPolicy: pointed?.reprovisionPolicy ?? null };
    const refused = (await pointAll(road, road.there, [{ registrationId, wanted }])).get(registrationId);
    if (refused === undefined) return outcome;
    return { ...outcome, detail: `${outcome.detail ?? ''}; its enrollment keeps the policy to reset: ${refused}` };
  }

  /** Says whom it brings home before it does: whoever goes on after a crash does not take one on its way back for arrived. */
  async #recall(snapshots: Snapshots, found: ReadonlyMap<DeviceId, Recall>): Promise<void> {
    const { road, go } = this;
    const before = go.recalls;
    if (before === undefined && found.size === 0) return;
    const { devices } = before ?? (await go.keepRecalls({ devices: Object.fromEntries(found) }));
    const recalls = new Map([...found, ...entriesOf(devices)]);
    const returning = new Map(
      [...recalls].flatMap(([deviceId, { seen }]) => {
        const snapshot = snapshots.get(deviceId);
        return snapshot && !road.outcomes.has(deviceId)
          ? [[deviceId, { snapshot, ...(seen && { seen }) }] as const]
          : [];
      }),
    );
    road.says(`devices to come back to ${road.home.name}`, true);
    const withinMs = Math.min(HOME_WITHIN_MS, road.action.arriveWithinMs);
    const back = (deviceId: DeviceId): string =>
      `${operationIdOf(road.batch, deviceId)}${go.number > 1 ? `.${go.number}` : ''}.home`;
    const came = await bringHome(road, returning, { withinMs, operationIdOf: back, go: () => true });
    for (const [deviceId, homecoming] of came) {
      const { kind, reason } = recalls.get(deviceId) ?? { kind: 'failed', reason: '' };
      road.settle({ deviceId, kind, detail: tell(reason, road.home.name, homecoming, withinMs) });
    }
  }

  async #ended(): Promise<BatchEnd> {
    const outcomes = this.road.inOrder;
    const isWhole = outcomes.length === this.road.batch.devices.length;
    if (isWhole && this.#end?.kind !== 'broken') return { kind: 'ended', endedAt: now(), outcomes };
    // None of it is under way: what is left begins anew, with what there is of it then.
    if (this.#begun) await this.go.end();
    if (this.#end?.kind === 'broken') return { ...this.#end, outcomes };
    if (this.#end?.kind === 'neverStarted' && outcomes.length === 0) return this.#end;
    return { kind: 'stopped', outcomes };
  }
}

function tell(reason: string, home: string, came: Homecoming, withinMs: number): string {
  const where =
    came.kind === 'home'
      ? `it is back at home${came.detail === undefined ? '' : `, but ${came.detail}`}`
      : `after ${spanText(withinMs)} ${came.detail}`;
  return `${reason}; pointed back to ${home}; ${where}`;
}
