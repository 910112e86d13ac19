import { faultCodeOf, type GroundswellError } from '../../../domain/errors';
import type { DeviceId, HubName } from '../../../domain/ids';
import type { MigrateAction } from '../../../domain/spec';
import type { DeviceOutcome } from '../../../domain/tally';
import type { Moves } from '../../ledger/moves';
import type { Hub, Hubs } from '../../ports';
import type { Assignments, Identities, IdentityStores, Provisioning, Provisionings } from '../../provisioning-ports';
import type { Batch, BatchWatch, Deed } from '../executor';

/** What moves need of the world. */
export interface MoveDependencies {
  readonly hubs: Hubs;
  readonly provisionings: Provisionings;
  readonly assignments: Assignments;
  readonly identities: IdentityStores;
  readonly moves: Moves;
}

/** A hub as a place to be. */
export interface Place {
  readonly name: HubName;
  readonly hub: Hub;
  readonly host: string;
  readonly identities: Identities;
}

/** Rests between tries of one call that gets no answer; then the whole activity is tried again, later. */
const TRY_RESTS_MS = [500, 2_000];
/** How long calls rest after a 429 that does not say. */
const THROTTLED_REST_MS = 5_000;
/** How often the server is asked whether somebody wants a stop: while devices begin, and while they are awaited. */
const ASK_MS = { beginning: 500, waiting: 2_000 } as const;

const retryAfterMs = (error: unknown): number => {
  const seconds = (error as GroundswellError).details.retryAfterSeconds;
  return typeof seconds === 'number' ? seconds * 1_000 : THROTTLED_REST_MS;
};

/** Host names are compared without case. */
export const sameHost = (left: string | undefined, right: string): boolean =>
  left?.toLowerCase() === right.toLowerCase();

/** What the steps of one batch share: where it goes from, who says where devices go, and the activity around it. */
export class Road {
  readonly outcomes: Map<DeviceId, DeviceOutcome>;
  readonly home: Place;
  /** The stack's own provisioning service, which says where devices are at home. */
  readonly own: Provisioning;
  /** The one that sends devices to their target. */
  readonly there: Provisioning;
  #over = false;
  #waiting = false;

  constructor(
    readonly parts: MoveDependencies,
    readonly batch: Batch,
    readonly action: MigrateAction,
    readonly watch: BatchWatch,
  ) {
    this.outcomes = new Map(batch.known.map((outcome) => [outcome.deviceId, outcome]));
    this.home = this.placeOf(batch.hub);
    this.own = parts.provisionings.get();
    this.there = parts.provisionings.get(action.provisioning);
  }

  /** Whether the target belongs to another provisioning service than the one that devices are at home with. */
  get isOther(): boolean {
    return this.action.provisioning !== undefined;
  }

  placeOf(name: HubName): Place {
    const identities = this.parts.identities.get(name);
    return { name, hub: this.parts.hubs.get(name), host: identities.hostName, identities };
  }

  /** All outcomes so far, in the batch's order. */
  get inOrder(): DeviceOutcome[] {
    return this.batch.devices.flatMap(({ deviceId }) => this.outcomes.get(deviceId) ?? []);
  }

  settle(outcome: DeviceOutcome): void {
    if (!this.#over) this.outcomes.set(outcome.deviceId, outcome);
  }

  /** Whether something new may begin. */
  readonly go = (): boolean => !this.#over && this.watch.mode === 'run' && !this.watch.stopAsked();

  /** Says what the batch does; `waits` when only time passes now. */
  says(words: string, waits = false): void {
    this.#waiting = waits;
    this.watch.says(words);
  }

  /**
   * Calls a hub or a service: waits when it is told to, and asks again a few times where there is no answer.
   *
   * @throws when this attempt is over
   */
  async call<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let tries = 0; ;) {
      this.#assertAlive();
      try {
        return await work();
      } catch (error) {
        const rest = this.#restAfter(error, tries++);
        if (rest === undefined) throw error;
        await this.rest(rest);
      }
    }
  }

  #restAfter(error: unknown, tries: number): number | undefined {
    const code = faultCodeOf(error);
    if (code === 'GS_HUB_THROTTLED' || code === 'GS_DPS_THROTTLED') return retryAfterMs(error);
    return code === 'GS_HUB_UNAVAILABLE' || code === 'GS_DPS_UNAVAILABLE' ? TRY_RESTS_MS[tries] : undefined;
  }

  async rest(millis: number): Promise<void> {
    this.#assertAlive();
    await this.watch.rest(millis);
  }

  #assertAlive(): void {
    if (this.#over) throw new Error('this attempt at the batch is over');
  }

  /** Does the work while the server hears that it goes on, and is asked whether somebody wants a stop. */
  async attended<Result>(work: () => Promise<Result>): Promise<Result> {
    let asking: Promise<void> | undefined;
    let [timer, askedAt]: [NodeJS.Timeout | undefined, number] = [undefined, 0];
    const check = (): Promise<void> => this.watch.check(this.inOrder);
    await check();
    const failed = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        if (asking || Date.now() - askedAt < ASK_MS[this.#waiting ? 'waiting' : 'beginning']) return;
        askedAt = Date.now();
        asking = check()
          .catch(reject)
          .finally(() => (asking = undefined));
      }, ASK_MS.beginning);
    });
    try {
      // When the asking fails, the attempt is over at once: what is in flight is not waited for.
      return await Promise.race([work(), failed]);
    } catch (error) {
      // The next attempt at the activity goes on from what was heard until now.
      await check().catch(() => undefined);
      throw error;
    } finally {
      this.#over = true;
      clearInterval(timer);
      this.watch.says(undefined);
    }
  }
}

/** A batch that moves devices, or brings them back. */
export type MoveBatch = Batch<Extract<Deed, { readonly kind: 'migrate' | 'moveBack' }>>;
