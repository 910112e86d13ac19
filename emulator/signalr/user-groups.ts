import type { Clock } from '../world/clock';
import type { Collection, Store } from '../world/store';

interface Membership {
  readonly hub: string;
  readonly user: string;
  readonly group: string;
  /** By the services' clock, ms since the epoch. */
  readonly until: number;
  /** Whether it was made without an end: of these a user keeps the latest 100. */
  readonly isUnlimited: boolean;
  /** Rises. */
  readonly order: number;
}

/** How long a membership without an end lasts, and how many of them a user keeps (REST API 2022-06-01, `ttl`). */
const YEAR_MS = 365 * 86_400_000;
const MOST_UNLIMITED = 100;

/** Users in groups: kept whether the user has a connection or not, and given to each connection that it opens. */
export class UserGroups {
  readonly #kept: Collection<Membership>;

  constructor(
    { store, clock }: { readonly store: Store; readonly clock: Clock },
    /** Where they are kept, such as `signalr/<name>/user-groups`. */
    collection: string,
  ) {
    this.#kept = store.collection(collection);
    this.clock = clock;
  }
  private readonly clock: Clock;

  /**
   * @param ttlSeconds 0 for nothing that is kept; undefined for a year
   * @returns until when the user's present connections are members, ms since the epoch
   */
  add(hub: string, user: string, group: string, ttlSeconds: number | undefined): number {
    if (ttlSeconds === 0) return Infinity;
    const isUnlimited = ttlSeconds === undefined;
    const until = this.clock.now() + (isUnlimited ? YEAR_MS : ttlSeconds * 1000);
    const order = 1 + Math.max(0, ...this.#all().map((each) => each.order));
    this.#kept.put(keyOf(hub, user, group), { hub, user, group, until, isUnlimited, order });
    this.#prune(hub, user);
    return until;
  }

  /** @returns groups of a user and until when, ms since the epoch */
  of(hub: string, user: string): ReadonlyMap<string, number> {
    const mine = this.#of(hub, user).filter(({ until }) => until > this.clock.now());
    return new Map(mine.map(({ group, until }) => [group, until]));
  }

  has(hub: string, user: string, group: string): boolean {
    return (this.#kept.get(keyOf(hub, user, group))?.until ?? 0) > this.clock.now();
  }

  remove(hub: string, user: string, group: string): void {
    this.#kept.delete(keyOf(hub, user, group));
  }

  removeAll(hub: string, user: string): void {
    for (const { group } of this.#of(hub, user)) this.remove(hub, user, group);
  }

  /** What has run out goes, and so do the oldest of too many. */
  #prune(hub: string, user: string): void {
    const now = this.clock.now();
    for (const { until, ...each } of this.#all()) if (until <= now) this.remove(each.hub, each.user, each.group);
    const unlimited = this.#of(hub, user).filter(({ isUnlimited }) => isUnlimited);
    const newestFirst = unlimited.toSorted((a, b) => b.order - a.order);
    for (const { group } of newestFirst.slice(MOST_UNLIMITED)) this.remove(hub, user, group);
  }

  #of(hub: string, user: string): Membership[] {
    return this.#all().filter((each) => each.hub === hub && each.user === user);
  }

  #all(): Membership[] {
    return [...this.#kept.entries()].map(([, membership]) => membership);
  }
}

const keyOf = (...names: readonly string[]): string => JSON.stringify(names);
