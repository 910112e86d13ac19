import type { Collection } from '../../world/store';
import type { World } from '../../world/world';
import type { QueueSettings } from '../settings';
import type { Entry } from './locked-queue';
import { Mailbox } from './mailbox';
import type { Addressee, CloudMessage, FeedbackRecord } from './message';

/** A message as the store keeps it: with whom it is for. */
interface Stored {
  readonly addressee: Addressee;
  readonly entry: Entry<CloudMessage>;
}

/** The mailboxes of a hub, made when first needed: most devices never have one. */
export class Mailboxes {
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #kept: Collection<Stored>;

  /** @param path of the hub in the store: `hubs/<name>` */
  constructor(
    private readonly world: World,
    path: string,
    private readonly settings: () => QueueSettings,
    private readonly report: (record: FeedbackRecord) => void,
  ) {
    this.#kept = world.store.collection<Stored>(`${path}/messages`);
    const byName = new Map<string, Stored[]>();
    for (const [, stored] of this.#kept.entries()) {
      const name = nameOf(stored.addressee);
      byName.set(name, [...(byName.get(name) ?? []), stored]);
    }
    for (const [name, [first, ...rest]] of byName) {
      if (first !== undefined) this.#mailboxes.set(name, this.#make(first.addressee, [first, ...rest]));
    }
  }

  of(addressee: Addressee): Mailbox {
    const name = nameOf(addressee);
    const found = this.#mailboxes.get(name) ?? this.#make(addressee, []);
    this.#mailboxes.set(name, found);
    return found;
  }

  /** How many messages wait, without making a mailbox. */
  sizeOf(addressee: Addressee): number {
    return this.#mailboxes.get(nameOf(addressee))?.size ?? 0;
  }

  /** Ends the mailbox of a deleted device or module, and its messages. */
  delete(addressee: Addressee): void {
    this.#mailboxes.get(nameOf(addressee))?.discard();
    this.#mailboxes.delete(nameOf(addressee));
  }

  /** Stops every timer; messages stay in the store. */
  close(): void {
    for (const mailbox of this.#mailboxes.values()) mailbox.close();
  }

  #make(given: Addressee, kept: readonly Stored[]): Mailbox {
    const { deviceId, moduleId, generationId } = given;
    const addressee = { deviceId, moduleId, generationId };
    const keyOf = ({ sequence }: Entry<CloudMessage>): string => `${nameOf(addressee)}/${sequence}`;
    const owner = {
      clock: this.world.clock,
      settings: this.settings,
      save: (entry: Entry<CloudMessage>) => this.#kept.put(keyOf(entry), { addressee, entry }),
      remove: (entry: Entry<CloudMessage>) => this.#kept.delete(keyOf(entry)),
    };
    const entries = kept.map(({ entry }) => entry);
    return new Mailbox(addressee, owner, this.report, entries);
  }
}

/** Ids hold no slash. */
const nameOf = ({ deviceId, moduleId }: Addressee): string => `${deviceId}/${moduleId ?? ''}`;
