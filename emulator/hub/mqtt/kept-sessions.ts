import type { Collection, Store } from '../../world/store';
import type { Device } from '../hub-device';
import type { RegistryObserver } from '../registry';
import type { Client, Subscription } from './topics';

/** Subscriptions with the QoS that was granted. */
export type Subscriptions = ReadonlyMap<Subscription, 0 | 1>;
type Kept = Partial<Record<Subscription, 0 | 1>>;

/**
 * Subscriptions that a persistent session brings back. The Node device SDK relies on it: after a reconnection it does not
 * subscribe to twin topics again. Methods are not among them: they are not seen before the device subscribes anew.
 * Source: Azure/iotedge pull request 5048 and Azure/azure-iot-sdk-java issue 777, on what IoT Hub does.
 */
const KEPT = ['messages', 'twinAnswers', 'desired', 'inputs'] as const satisfies Subscription[];

/** The sessions of a hub's devices that outlive their connections (CleanSession 0). */
export class KeptSessions implements RegistryObserver {
  readonly #collection: Collection<Kept>;
  readonly #byClient: Map<string, Kept>;

  /** @param path of the hub in the store: `hubs/<name>` */
  constructor(store: Store, path: string) {
    this.#collection = store.collection(`${path}/sessions`);
    this.#byClient = new Map(this.#collection.entries());
  }

  /** @returns empty when there is no session */
  of(client: Client): Subscriptions {
    return new Map(Object.entries(this.#byClient.get(nameOf(client)) ?? {}) as [Subscription, 0 | 1][]);
  }

  has(client: Client): boolean {
    return this.#byClient.has(nameOf(client));
  }

  /** Keeps what a session may keep; nothing to keep is the same as no session. */
  keep(client: Client, subscriptions: Subscriptions): void {
    const kept = Object.fromEntries(
      KEPT.flatMap((each) => (subscriptions.has(each) ? [[each, subscriptions.get(each)]] : [])),
    ) as Kept;
    const name = nameOf(client);
    if (Object.keys(kept).length === 0) {
      this.forget(client);
      return;
    }
    if (JSON.stringify(kept) === JSON.stringify(this.#byClient.get(name))) return;
    this.#collection.put(name, kept);
    this.#byClient.set(name, kept);
  }

  forget(client: Client): void {
    const name = nameOf(client);
    if (!this.#byClient.delete(name)) return;
    this.#collection.delete(name);
  }

  deleted({ identity }: Device): void {
    this.forget(identity);
  }

  /** Sessions depend on nothing else that befalls a device. */
  created(): void {}
  updated(): void {}
  twinChanged(): void {}
  connected(): void {}
  disconnected(): void {}
}

const nameOf = ({ deviceId, moduleId }: Client): string =>
  moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
