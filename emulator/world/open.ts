import type { Levers } from '../admin/server';
import { systemClock } from './clock';
import { DurableStore } from './durable-store';
import { Journal } from './journal';
import { Snapshots } from './snapshots';
import { MemoryStore } from './store';
import { VirtualClock } from './virtual-clock';
import { newWorld, type World } from './world';

/** How a world is to be. */
export interface WorldOptions {
  /** Where state is kept; undefined for memory. */
  readonly folder: string | undefined;
  /** Whether it has levers: they cost a little on every change of state, so that it goes without unless asked for. */
  readonly admin: boolean;
}

/** The world of an emulator, and its levers when it has them. @throws Error as {@link DurableStore} */
export function openWorld({ folder, admin }: WorldOptions): { readonly world: World; readonly levers?: Levers } {
  const store = folder === undefined ? new MemoryStore() : new DurableStore(folder);
  if (!admin) return { world: newWorld({ clock: systemClock, store }) };
  const clock = new VirtualClock();
  const journal = new Journal(clock);
  const world = newWorld({ clock, store: journal.noting(store) });
  const snapshots = new Snapshots(store, world.rebuild, clock);
  return { world, levers: { clock, journal, snapshots, faults: world.faults, counters: world.counters } };
}
