import { randomBytes, randomUUID } from 'node:crypto';

import type { Collection, Store } from '../world/store';

/** A key that the service made for tokens of clients; a secret. */
export interface SigningKey {
  /** In the token's header, as `kid`. */
  readonly id: string;
  readonly accessKey: string;
  /** ms since the epoch, by the machine's clock as all of credentials is. */
  readonly expiresAt: number;
}

/** "The temporary access key expires in 90 minutes" (signalr-concept-authorize-azure-active-directory.md). */
const LIFETIME_MS = 90 * 60_000;

/** Keys that stand in for the access key where callers have Entra tokens. */
export class SigningKeys {
  readonly #kept: Collection<SigningKey>;

  /** @param collection where they are kept, such as `signalr/<name>/keys` */
  constructor(store: Store, collection: string) {
    this.#kept = store.collection(collection);
  }

  /** A new one, for whoever signs tokens with it. */
  make(lifetimeMs = LIFETIME_MS): SigningKey {
    const now = Date.now();
    for (const [id, { expiresAt }] of [...this.#kept.entries()]) if (expiresAt <= now) this.#kept.delete(id);
    const key = { id: randomUUID(), accessKey: randomBytes(32).toString('base64'), expiresAt: now + lifetimeMs };
    this.#kept.put(key.id, key);
    return key;
  }

  /** For tokens that the service signs itself: one that is good for at least `lifetimeMs`. */
  current(lifetimeMs: number): SigningKey {
    const wanted = Date.now() + lifetimeMs;
    const found = [...this.#kept.entries()].find(([, { expiresAt }]) => expiresAt >= wanted);
    return found?.[1] ?? this.make(2 * Math.max(lifetimeMs, LIFETIME_MS));
  }

  /** Undefined when there is none, or none any more. */
  find(id: string): SigningKey | undefined {
    const key = this.#kept.get(id);
    return key !== undefined && key.expiresAt > Date.now() ? key : undefined;
  }
}
