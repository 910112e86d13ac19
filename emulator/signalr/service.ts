import type { Disruption } from '../world/faults';
import type { World } from '../world/world';
import { ClientHub } from './client-hub';
import type { ClientConnection } from './connection';
import { SignalRError } from './errors';
import type { Closing } from './protocols';
import type { AccessKeys, SignalRSettings } from './settings';
import { SigningKeys } from './signing-keys';
import { UserGroups } from './user-groups';

/** What a client is told where its hub's own server would have to answer (Azure/azure-signalr issue 253). */
const NO_SERVER: Closing = { error: 'No server available' };

/** What faults call a message on its way to one client: the client is cut off, or hears nothing any more. */
export const DELIVERY = 'signalr.deliver';
export const DELIVERY_KINDS = ['drop', 'halfClose'] as const;

/** A SignalR resource with its clients. */
export class SignalRService {
  readonly signingKeys: SigningKeys;
  readonly #userGroups: UserGroups;
  /** By name in lower case; those that nobody is in are made again when they are asked for. */
  readonly #hubs = new Map<string, ClientHub>();

  constructor(
    readonly name: string,
    public settings: SignalRSettings,
    /** None where access keys are switched off. */
    public keys: AccessKeys | undefined,
    private readonly world: Pick<World, 'store' | 'clock' | 'faults' | 'counters'>,
  ) {
    this.signingKeys = new SigningKeys(world.store, `signalr/${name.toLowerCase()}/keys`);
    this.#userGroups = new UserGroups(world, `signalr/${name.toLowerCase()}/user-groups`);
  }

  /** Names are compared without case, as the official server libraries write them in lower case. */
  hub(name: string): ClientHub {
    const key = name.toLowerCase();
    const found = this.#hubs.get(key);
    if (found !== undefined) return found;
    const hub = new ClientHub({
      name: key,
      clock: this.world.clock,
      userGroups: this.#userGroups,
      fault: () => this.#faultOf(key),
      limits: () => this.settings,
      refusal: () => (this.settings.mode === 'Default' ? NO_SERVER : undefined),
    });
    this.#hubs.set(key, hub);
    return hub;
  }

  /** A new connection of a hub. @throws SignalRError 429 when there are as many as its units allow */
  negotiate(hub: string, userId: string | undefined): ClientConnection {
    const limit = this.settings.connectionLimit;
    const present = [...this.#hubs.values()].reduce((sum, { size }) => sum + size, 0);
    if (present < limit) return this.hub(hub).negotiate(userId);
    throw new SignalRError(429, 'TooManyConnections', `There are ${limit} connections: no more for these units.`);
  }

  /** @param now ms since the epoch, by the machine's clock */
  checkTime(now: number): void {
    for (const [name, hub] of this.#hubs) {
      hub.checkTime(now);
      if (hub.size === 0) this.#hubs.delete(name);
    }
  }

  /** Sends every client away; those that reconnect by themselves come back. */
  restart(): void {
    const closing = { error: 'The service is restarting.', allowReconnect: true };
    for (const hub of this.#hubs.values()) hub.close({ to: 'all' }, closing);
  }

  #faultOf(hub: string): Disruption | undefined {
    const fault = this.world.faults.at(DELIVERY, { hub });
    if (fault !== undefined) this.world.counters.add(`fault ${fault.kind} ${DELIVERY}`);
    return fault;
  }

  /** Ends every connection without a word. */
  cut(): void {
    for (const hub of this.#hubs.values()) hub.cut();
    this.#hubs.clear();
  }
}
