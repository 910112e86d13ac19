import { performance } from 'node:perf_hooks';
import type { HubEvents, HubSession, OpenHub } from './hub';
import type { Credentials, Home } from './types';

/** What is told of a connection as it comes and goes. */
export interface LinkUser {
  readonly events: (home: Home) => Omit<HubEvents, 'lost'>;
  connected(session: HubSession, home: Home): void;
  disconnected(): void;
  /** It has ended by itself, after so many ms. */
  lost(error: unknown, lastedMs: number): void;
}

/** The connection of a device to its hub: one at a time, or none. */
export class Link {
  private session: HubSession | undefined;
  private isClosed = false;

  constructor(
    private readonly openHub: OpenHub,
    private readonly credentials: Credentials,
    private readonly user: LinkUser,
  ) {}

  get isUp(): boolean {
    return this.session !== undefined;
  }

  /** Connects, once the connection before has ended. @throws the error of the hub */
  async connect(home: Home): Promise<void> {
    await this.leave();
    const since = performance.now();
    const opened: { session?: HubSession; end?: { readonly error: unknown } } = {};
    const lost = (error: unknown): void => {
      opened.end = { error };
      if (opened.session !== undefined && this.session === opened.session) this.end(error, performance.now() - since);
    };
    const session = await this.openHub(home, this.credentials, { ...this.user.events(home), lost });
    opened.session = session;
    if (this.isClosed) return session.close();
    if (opened.end !== undefined) throw opened.end.error;
    this.session = session;
    this.user.connected(session, home);
  }

  /** Ends the connection, if there is one. */
  async leave(): Promise<void> {
    const { session } = this;
    if (session === undefined) return;
    this.session = undefined;
    this.user.disconnected();
    await session.close();
  }

  /** Ends it for good: one that is being made is closed as soon as it stands. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.leave();
  }

  private end(error: unknown, lastedMs: number): void {
    const { session } = this;
    this.session = undefined;
    this.user.disconnected();
    void session?.close();
    this.user.lost(error, lastedMs);
  }
}
