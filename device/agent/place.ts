import { type Arrival, type Cache, doneBefore, emptyCache, type Operation, remembering } from './cache';
import type { CacheStore } from './cache-file';
import type { Memory } from './methods';
import { lookUp, register, type Registrant } from './provisioner';
import { REPROVISION, scopeOf, type Wish } from './reprovision';
import type { Home, Scope } from './types';

/** Where a device belongs, as it remembers it and as its provisioning service says. */
export class Place implements Memory {
  private cache: Cache;

  /** @param factory the provisioning service that the device was made with; none for one that belongs to a hub for good */
  constructor(
    private readonly registrant: Registrant,
    private readonly factory: Scope | undefined,
    private readonly store: CacheStore,
    private readonly problem: (error: unknown) => void,
  ) {
    this.cache = emptyCache(registrant.registrationId);
  }

  async load(): Promise<void> {
    this.cache = await this.store.read();
  }

  get home(): Home | undefined {
    return this.cache.home;
  }

  /** What it was told to do and has not done. */
  get wish(): Wish | undefined {
    return this.cache.wish;
  }

  /** What it has not told its hub yet. */
  get unreported(): Arrival | undefined {
    return this.cache.unreported;
  }

  /** @returns whether it is registered anywhere @throws as `lookUp` does */
  async find(): Promise<boolean> {
    const home = await lookUp(this.registrant, this.scope);
    if (home === undefined) return false;
    const moved = this.home !== undefined && this.home.hub !== home.hub;
    await this.keep({ home, ...(moved && { unreported: arrivalAt(home, 'lookup') }) });
    return true;
  }

  /** @throws as `register` does */
  async register(reason: Arrival['reason']): Promise<void> {
    try {
      const home = await register(this.registrant, this.scope);
      await this.keep({ home, unreported: arrivalAt(home, reason) });
    } catch (error) {
      // The service that it was sent to may be the one that is wrong: the next attempt is with the one it was made with.
      if (this.cache.provisioning !== undefined) await this.keep({ provisioning: undefined });
      throw error;
    }
  }

  /** Takes a wish over. Once it has resolved, the wish outlasts a loss of power. @returns whether it is new */
  async accept(wish: Wish): Promise<boolean> {
    const { operationId } = wish;
    if (operationId === undefined) {
      await this.save({ wish });
      return true;
    }
    if (this.done(REPROVISION, operationId) !== undefined) return false;
    const done = { method: REPROVISION, operationId, status: 200, payload: null };
    await this.save({ ...remembering(this.cache, done), wish });
    return true;
  }

  /** Registers as it was told. @throws as `register` does */
  async fulfil(wish: Wish): Promise<void> {
    const provisioning = scopeOf(wish, this.scope);
    const home = await register(this.registrant, provisioning);
    await this.keep({
      provisioning,
      home,
      unreported: arrivalAt(home, 'method', wish),
      ...this.without(wish),
    });
  }

  /** Gives a wish up and stays. */
  async giveUp(wish: Wish, error: string): Promise<void> {
    const { home } = this;
    const unreported = home && { ...arrivalAt(home, 'method', wish), error };
    await this.keep({ ...(unreported && { unreported }), ...this.without(wish) });
  }

  /** The hub has been told. */
  async told(arrival: Arrival): Promise<void> {
    if (this.cache.unreported === arrival) await this.keep({ unreported: undefined });
  }

  done(method: string, operationId: string): Operation | undefined {
    return doneBefore(this.cache, method, operationId);
  }

  remember(operation: Operation): Promise<void> {
    return this.save(remembering(this.cache, operation));
  }

  private get scope(): Scope {
    const scope = this.cache.provisioning ?? this.factory;
    if (scope === undefined) throw new Error('the device belongs to one hub and is never provisioned');
    return scope;
  }

  /** A newer wish may have come meanwhile. */
  private without(wish: Wish): Partial<Cache> {
    return this.cache.wish === wish ? { wish: undefined } : {};
  }

  /** What has happened has happened, even if it cannot be written down: a full disk must not register a device again. */
  private keep(change: Partial<Cache>): Promise<void> {
    return this.save(change).catch((error: unknown) => this.problem(error));
  }

  private async save(change: Partial<Cache>): Promise<void> {
    this.cache = { ...this.cache, ...change };
    await this.store.write(this.cache);
  }
}

const arrivalAt = (home: Home, reason: Arrival['reason'], wish: Wish = {}): Arrival => ({
  assignedHub: home.hub,
  at: new Date().toISOString(),
  operationId: wish.operationId ?? null,
  reason,
  error: null,
});
