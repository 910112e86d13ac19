import { noAuthority, type Authority } from '../auth/authority';
import { systemClock, type Clock } from './clock';
import { MemoryStore, type Store } from './store';

/** What the services of an emulator share. Tests make one of their own; `emulator/server.ts` makes the real one. */
export interface World {
  /** The services' time: stamps, time-outs, windows, retention. Credentials and sockets go by the machine's. */
  readonly clock: Clock;
  readonly store: Store;
  /** Entra tokens and what their bearers may do. */
  readonly authority: Authority;
}

export const newWorld = (given: Partial<World> = {}): World => ({
  clock: systemClock,
  store: new MemoryStore(),
  authority: noAuthority,
  ...given,
});
