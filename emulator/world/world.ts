import { noAuthority, type Authority } from '../auth/authority';
import { noEventHubs, type EventHubClients } from '../event-hubs/client';
import { noBlobs, type BlobClients } from '../storage/client';
import { systemClock, type Clock } from './clock';
import { createPost, type Post } from '../wire/post';
import { Counters } from './counters';
import { Faults } from './faults';
import { Rebuild } from './rebuild';
import { MemoryStore, type Store } from './store';

/** What the services of an emulator share. Tests make one of their own; `emulator/server.ts` makes the real one. */
export interface World {
  /** The services' time: stamps, time-outs, windows, retention. Credentials and sockets go by the machine's. */
  readonly clock: Clock;
  readonly store: Store;
  /** What tests have asked to go wrong: asked at every entrance. */
  readonly faults: Faults;
  readonly counters: Counters;
  /** Whoever builds itself from the store adds itself, so that a restored snapshot can build it again. */
  readonly rebuild: Rebuild;
  /** Entra tokens and what their bearers may do. */
  readonly authority: Authority;
  /** The emulator's own storage accounts. */
  readonly blobs: BlobClients;
  /** The emulator's own event hubs. */
  readonly eventHubs: EventHubClients;
  /** The way to what users have put outside. */
  readonly post: Post;
}

export const newWorld = (given: Partial<World> = {}): World => ({
  clock: systemClock,
  store: new MemoryStore(),
  faults: new Faults(),
  counters: new Counters(),
  rebuild: new Rebuild(),
  authority: noAuthority,
  blobs: noBlobs,
  eventHubs: noEventHubs,
  post: createPost({ ca: '', sites: undefined }),
  ...given,
});
