import type { Clock } from '../world/clock';
import type { Disruption } from '../world/faults';
import { ClientConnection, type ConnectionLimits, type ConnectionOwner } from './connection';
import type { Closing, Outgoing } from './protocols';
import type { UserGroups } from './user-groups';

/** Whom a message or a closing is for. */
export type Recipients =
  | { readonly to: 'all' }
  | { readonly to: 'connection'; readonly id: string }
  | { readonly to: 'group'; readonly name: string }
  | { readonly to: 'user'; readonly name: string };

export interface ClientHubOptions {
  /** In lower case. */
  readonly name: string;
  readonly clock: Clock;
  readonly userGroups: UserGroups;
  /** What goes wrong with a message to one client; asked for each. */
  readonly fault: () => Disruption | undefined;
  /** Asked anew each time: the service may be changed while it runs. */
  readonly limits: () => ConnectionLimits;
  /** Why clients are sent away as soon as they have come; undefined when they may stay. */
  readonly refusal: () => Closing | undefined;
}

/** A hub of the service: a room of connections, which know nothing of those in other hubs. */
export class ClientHub implements ConnectionOwner {
  /** By the token of their own requests; a polled one stays until its client has read all. */
  readonly #byToken = new Map<string, ClientConnection>();
  /** Those that are open, by id. */
  readonly #open = new Map<string, ClientConnection>();
  /** By group: members, and until when by the services' clock. Names with their case. */
  readonly #groups = new Map<string, Map<ClientConnection, number>>();

  constructor(private readonly options: ClientHubOptions) {}

  get limits(): ConnectionLimits {
    return this.options.limits();
  }

  /** Connections that are open or about to be. */
  get size(): number {
    return this.#byToken.size;
  }

  /** A new connection, which has a while to come with its transport. */
  negotiate(userId: string | undefined): ClientConnection {
    const connection = new ClientConnection(this, userId);
    this.#byToken.set(connection.token, connection);
    return connection;
  }

  withToken(token: string): ClientConnection | undefined {
    return this.#byToken.get(token);
  }

  /** Those of them that are open; of a group, whose time there has not run out. */
  select(recipients: Recipients, excluded: readonly string[] = []): ClientConnection[] {
    return this.#all(recipients).filter(({ id }) => !excluded.includes(id));
  }

  send(recipients: Recipients, message: Outgoing, excluded: readonly string[] = []): void {
    for (const connection of this.select(recipients, excluded)) {
      const fault = this.options.fault()?.kind;
      if (fault === 'drop') connection.cut();
      else if (fault === 'halfClose') connection.mute();
      else connection.send(message);
    }
  }

  close(recipients: Recipients, closing: Closing, excluded: readonly string[] = []): void {
    for (const connection of this.select(recipients, excluded)) connection.close(closing);
  }

  /** @returns false when there is no such connection */
  addToGroup(id: string, group: string): boolean {
    const connection = this.#open.get(id);
    if (connection !== undefined) this.#join(connection, group, Infinity);
    return connection !== undefined;
  }

  /** @returns false when it is not there */
  removeFromGroup(id: string, group: string): boolean {
    const connection = this.#open.get(id);
    return connection !== undefined && this.#leave(connection, group);
  }

  removeFromAllGroups(id: string): void {
    const connection = this.#open.get(id);
    if (connection !== undefined) this.#leaveAll(connection);
  }

  /** @param ttlSeconds 0 for the present connections only; undefined for a year */
  addUserToGroup(user: string, group: string, ttlSeconds: number | undefined): void {
    const until = this.options.userGroups.add(this.options.name, user, group, ttlSeconds);
    for (const connection of this.select({ to: 'user', name: user })) this.#join(connection, group, until);
  }

  removeUserFromGroup(user: string, group: string): void {
    this.options.userGroups.remove(this.options.name, user, group);
    for (const connection of this.select({ to: 'user', name: user })) this.#leave(connection, group);
  }

  removeUserFromAllGroups(user: string): void {
    this.options.userGroups.removeAll(this.options.name, user);
    for (const connection of this.select({ to: 'user', name: user })) this.#leaveAll(connection);
  }

  isUserInGroup(user: string, group: string): boolean {
    const members = this.select({ to: 'group', name: group });
    return this.options.userGroups.has(this.options.name, user, group) || members.some(({ userId }) => userId === user);
  }

  opened(connection: ClientConnection): Closing | undefined {
    const refusal = this.options.refusal();
    if (refusal !== undefined) return refusal;
    this.#open.set(connection.id, connection);
    const { userId } = connection;
    const groups = userId === undefined ? [] : this.options.userGroups.of(this.options.name, userId);
    for (const [group, until] of groups) this.#join(connection, group, until);
    return undefined;
  }

  closed(connection: ClientConnection): void {
    this.#open.delete(connection.id);
    this.#leaveAll(connection);
    if (connection.transport?.isPolled !== true) this.forget(connection);
  }

  forget(connection: ClientConnection): void {
    this.#byToken.delete(connection.token);
  }

  /** @param now ms since the epoch, by the machine's clock */
  checkTime(now: number): void {
    for (const connection of this.#byToken.values()) connection.checkTime(now);
  }

  /** Ends every connection without a word. */
  cut(): void {
    for (const connection of this.#byToken.values()) connection.cut();
    this.#byToken.clear();
  }

  #all(recipients: Recipients): ClientConnection[] {
    switch (recipients.to) {
      case 'all':
        return [...this.#open.values()];
      case 'connection':
        return [this.#open.get(recipients.id)].filter((each) => each !== undefined);
      case 'user':
        return [...this.#open.values()].filter(({ userId }) => userId === recipients.name);
      case 'group': {
        const now = this.options.clock.now();
        const members = [...(this.#groups.get(recipients.name) ?? [])];
        return members.filter(([, until]) => until > now).map(([connection]) => connection);
      }
    }
  }

  #join(connection: ClientConnection, group: string, until: number): void {
    const members = this.#groups.get(group) ?? new Map<ClientConnection, number>();
    this.#groups.set(group, members.set(connection, until));
  }

  #leave(connection: ClientConnection, group: string): boolean {
    const members = this.#groups.get(group);
    const wasThere = members?.delete(connection) ?? false;
    if (members?.size === 0) this.#groups.delete(group);
    return wasThere;
  }

  #leaveAll(connection: ClientConnection): void {
    for (const group of [...this.#groups.keys()]) this.#leave(connection, group);
  }
}
