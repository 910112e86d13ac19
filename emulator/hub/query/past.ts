import type { JsonObject } from '../../world/json';
import type { Clock } from '../../world/clock';
import type { Lag } from '../../world/faults';
import type { Device } from '../hub-device';
import { twinView } from '../views';
import type { Documents } from './run';

/** Changes that are remembered for a lag; beyond them the oldest becomes visible before its time. */
const MOST_CHANGES = 100_000;

/** What the past of a hub needs of it. */
export interface PastWorld {
  readonly clock: Clock;
  /** The lags that tests have asked for. */
  readonly lags: () => readonly Lag[];
  /** Whether the device is in the registry. */
  readonly isPresent: (device: Device) => boolean;
}

/** Where lagging documents are read from. */
interface Reading {
  /** The devices, or the modules, that are there now, in rising order of position. */
  readonly live: Iterable<readonly [position: number, device: Device]>;
  /** Which of those that are gone could be among them. */
  readonly wants: (device: Device) => boolean;
}

/**
 * How twins were a while ago: what the index of a real hub still shows. Nothing is remembered unless a lag is asked for,
 * and what is goes with the lag.
 */
export class Past {
  readonly #byLag = new WeakMap<Lag, Changes>();

  constructor(private readonly world: PastWorld) {}

  /** To be called before what queries see of a device changes, and before it is removed. */
  changing(device: Device): void {
    for (const lag of this.world.lags()) {
      if (this.world.isPresent(device)) this.#note(lag, device, twinView(device));
    }
  }

  /** To be called after a device was added. */
  created(device: Device): void {
    for (const lag of this.world.lags()) this.#note(lag, device, undefined);
  }

  /** Twins as they were; devices that came since are not among them, and those that went since are. */
  *documents(lag: Lag, { live, wants }: Reading): Documents {
    const changes = this.#of(lag);
    const then = this.world.clock.now() - lag.ms;
    const gone = changes.devices.filter((device) => wants(device) && !this.world.isPresent(device));
    const waiting = gone.sort((a, b) => a.position - b.position).values();
    let next = waiting.next();
    for (const [position, device] of live) {
      for (; !next.done && next.value.position < position; next = waiting.next()) {
        yield* seen(next.value, changes.firstAfter(then, next.value));
      }
      yield* seen(device, changes.firstAfter(then, device) ?? { view: twinView(device) });
    }
    for (; !next.done; next = waiting.next()) yield* seen(next.value, changes.firstAfter(then, next.value));
  }

  #note(lag: Lag, device: Device, view: JsonObject | undefined): void {
    this.#of(lag).note({ at: this.world.clock.now(), device, view });
  }

  #of(lag: Lag): Changes {
    const found = this.#byLag.get(lag) ?? new Changes();
    this.#byLag.set(lag, found);
    found.forgetUntil(this.world.clock.now() - lag.ms);
    return found;
  }
}

function* seen({ position }: Device, change: Pick<Change, 'view'> | undefined): Documents {
  if (change?.view !== undefined) yield [position, change.view];
}

interface Change {
  readonly at: number;
  readonly device: Device;
  /** How it was before; undefined when it was not there. */
  readonly view: JsonObject | undefined;
}

/** What changed of late, oldest first. */
class Changes {
  readonly #all = new Set<Change>();
  readonly #byDevice = new Map<Device, Change[]>();

  get devices(): Device[] {
    return [...this.#byDevice.keys()];
  }

  note(change: Change): void {
    this.#all.add(change);
    const own = this.#byDevice.get(change.device);
    if (own === undefined) this.#byDevice.set(change.device, [change]);
    else own.push(change);
    const [oldest] = this.#all;
    if (oldest !== undefined && this.#all.size > MOST_CHANGES) this.#forget(oldest);
  }

  /** The first change of a device after a time. */
  firstAfter(time: number, device: Device): Change | undefined {
    return this.#byDevice.get(device)?.find(({ at }) => at > time);
  }

  /** Nobody asks any more for how things were before `time`. */
  forgetUntil(time: number): void {
    for (const change of this.#all) {
      if (change.at > time) return;
      this.#forget(change);
    }
  }

  /** @param oldest of all, and so of its device's */
  #forget(oldest: Change): void {
    this.#all.delete(oldest);
    const own = this.#byDevice.get(oldest.device);
    own?.shift();
    if (own?.length === 0) this.#byDevice.delete(oldest.device);
  }
}
