import type { z } from 'zod';
import type { Allowances } from '../dps/limits';
import type { FaultRule } from '../world/faults';
import type { JournalEntry } from '../world/journal';
import type { Snapshot } from '../world/snapshots';
import type { ClockState } from '../world/virtual-clock';
import type { ClockBody, RuleBody } from './bodies';

/** Where the admin API is and what it wants to hear; the secret is one. */
export interface AdminAccess {
  readonly endpoint: string;
  readonly secret: string;
}

/** The admin API, typed. Every call rejects with the API's own text when it refuses. */
export class AdminClient {
  constructor(private readonly access: AdminAccess) {}

  clock(): Promise<ClockState> {
    return this.#call('GET', '/clock') as Promise<ClockState>;
  }

  setClock(body: z.input<typeof ClockBody>): Promise<ClockState> {
    return this.#call('PUT', '/clock', body) as Promise<ClockState>;
  }

  advanceClock(ms: number): Promise<ClockState> {
    return this.#call('POST', '/clock/advance', { ms }) as Promise<ClockState>;
  }

  faults(): Promise<(FaultRule & { readonly struck: number })[]> {
    return this.#call('GET', '/faults') as ReturnType<AdminClient['faults']>;
  }

  addFault(rule: z.input<typeof RuleBody>): Promise<FaultRule> {
    return this.#call('POST', '/faults', rule) as Promise<FaultRule>;
  }

  /** @param id one of them, else all */
  async removeFaults(id?: string): Promise<void> {
    await this.#call('DELETE', id === undefined ? '/faults' : `/faults/${encodeURIComponent(id)}`);
  }

  snapshots(): Promise<Snapshot[]> {
    return this.#call('GET', '/snapshots') as Promise<Snapshot[]>;
  }

  takeSnapshot(name: string): Promise<Snapshot> {
    return this.#call('PUT', `/snapshots/${encodeURIComponent(name)}`) as Promise<Snapshot>;
  }

  async restoreSnapshot(name: string): Promise<void> {
    await this.#call('POST', `/snapshots/${encodeURIComponent(name)}/restore`);
  }

  async deleteSnapshot(name: string): Promise<void> {
    await this.#call('DELETE', `/snapshots/${encodeURIComponent(name)}`);
  }

  /** @param collection a pattern, with `*` */
  journal(after = 0, limit = 100, collection = '*'): Promise<JournalEntry[]> {
    const query = new URLSearchParams({ after: String(after), limit: String(limit), collection });
    return this.#call('GET', `/journal?${query.toString()}`) as Promise<JournalEntry[]>;
  }

  counters(): Promise<Record<string, number>> {
    return this.#call('GET', '/counters') as Promise<Record<string, number>>;
  }

  /** @param service a provisioning service. @param hostName of a hub */
  async setLatency(service: string, hostName: string, ms: number): Promise<void> {
    await this.#call('PUT', `/dps/${encodeURIComponent(service)}/latencies`, { hostName, ms });
  }

  /**
   * Sets how many requests a provisioning service lets through, with `--throttle` or without.
   *
   * @param allowances operations and registrations a minute, polls of a device in 10 s; the others are as Azure's again
   */
  async setLimits(service: string, allowances: Allowances): Promise<void> {
    await this.#call('PUT', `/dps/${encodeURIComponent(service)}/limits`, allowances);
  }

  async resetCounters(): Promise<void> {
    await this.#call('DELETE', '/counters');
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const authorization = `Bearer ${this.access.secret}`;
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(this.access.endpoint + path, { method, headers: { authorization, ...type }, ...json });
    const text = await answer.text();
    if (answer.ok) return text === '' ? undefined : JSON.parse(text);
    throw new Error(`the admin API refused ${method} ${path}: ${answer.status} ${text}`);
  }
}
