import { failureOf } from './failure';
import type { HubSession } from './hub';
import { joined } from './merge';
import type { Properties } from './types';

interface Report {
  readonly patch: Properties;
  readonly done: (confirmed: boolean) => void;
}

/** How reports learn of time and trouble. */
export interface ReportsOptions {
  /** Before a report is sent again that the hub was too busy for; grows with the attempts, from 0. */
  readonly rest: (attempt: number) => Promise<void>;
  readonly problem: (error: unknown) => void;
}

/**
 * Reported properties on their way to the hub: one change at a time, in order. What the hub has not confirmed is sent again,
 * with the next connection if this one ends; what it refuses is given up, since it would refuse it for ever.
 */
export class Reports {
  private session: HubSession | undefined;
  private unsent: Properties = {};
  private waiting: Report[] = [];
  private sending = false;
  /** Rests before it uses the connection again. */
  private isPaused = false;
  private attempt = 0;

  constructor(private readonly options: ReportsOptions) {}

  /** @returns whether the hub has confirmed it; if not, it stays here and is sent later */
  add(patch: Properties): Promise<boolean> {
    return new Promise((done) => {
      this.waiting.push({ patch, done });
      void this.send();
    });
  }

  connected(session: HubSession): void {
    this.session = session;
    this.isPaused = false;
    this.attempt = 0;
    void this.send();
  }

  disconnected(): void {
    this.session = undefined;
  }

  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    while (this.waiting.length > 0 || (this.canSend && Object.keys(this.unsent).length > 0)) {
      const reports = this.waiting.splice(0);
      this.unsent = reports.reduce((patch, report) => joined(patch, report.patch), this.unsent);
      const confirmed = await this.trySend();
      for (const { done } of reports) done(confirmed);
    }
    this.sending = false;
  }

  private async trySend(): Promise<boolean> {
    const { session, unsent } = this;
    if (session === undefined || !this.canSend) return false;
    this.unsent = {};
    try {
      await session.report(unsent);
      this.attempt = 0;
      return true;
    } catch (error) {
      this.options.problem(error);
      if (failureOf(error).kind !== 'refused') this.unsent = joined(unsent, this.unsent);
      this.again(session);
      return false;
    }
  }

  private get canSend(): boolean {
    return this.session !== undefined && !this.isPaused;
  }

  private again(session: HubSession): void {
    if (this.session !== session) return;
    this.isPaused = true;
    this.attempt += 1;
    void this.options.rest(this.attempt - 1).then(() => {
      if (this.session !== session) return;
      this.isPaused = false;
      void this.send();
    });
  }
}
