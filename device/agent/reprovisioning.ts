import { failureOf } from './failure';
import type { Place } from './place';
import { readWish, type Wish } from './reprovision';
import { decide, type Range } from './retry';
import type { MethodAnswer, Scope } from './types';

/** How an attempt to do as the device was told has ended. */
export type Outcome =
  | { readonly kind: 'moved' }
  /** The service will not have it: it stays where it is, and nothing is tried again. */
  | { readonly kind: 'refused'; readonly error: unknown }
  /** To be tried again after the rest. */
  | { readonly kind: 'later'; readonly error: unknown; readonly rest: Range };

/** The `reprovision` method, and what follows from it. */
export class Reprovisioning {
  /** The wish that is being followed, and how often that has failed. */
  private present: { readonly wish: Wish; attempt: number } | undefined;

  /** @param factory the provisioning service that the device was made with */
  constructor(
    private readonly place: Place,
    private readonly factory: Scope,
  ) {}

  /**
   * Answers a call. What was asked for is on the disk before the answer is on its way.
   *
   * @param go called once the answer is on its way, when there is something to do
   */
  async call(payload: unknown, go: () => void): Promise<MethodAnswer> {
    const read = readWish(payload, this.factory);
    if ('problem' in read) return { status: 400, payload: { accepted: false, error: read.problem } };
    try {
      const isNew = await this.place.accept(read.wish);
      return { status: 200, payload: { accepted: true }, ...(isNew && { answered: go }) };
    } catch (error) {
      return { status: 500, payload: { accepted: false, error: failureOf(error).message } };
    }
  }

  /**
   * Registers as the device was told.
   *
   * @returns undefined when it was told something else meanwhile, or is to stop
   */
  async follow(rest: (range: Range) => Promise<void>): Promise<Outcome | undefined> {
    const { wish } = this.place;
    if (wish === undefined) return undefined;
    if (this.present?.wish !== wish) {
      this.present = { wish, attempt: 0 };
      await rest({ leastMs: 0, mostMs: (wish.within ?? 0) * 1000 });
      return undefined;
    }
    return this.attempt(this.present);
  }

  private async attempt(present: { readonly wish: Wish; attempt: number }): Promise<Outcome> {
    const { wish, attempt } = present;
    try {
      await this.place.fulfil(wish);
      return { kind: 'moved' };
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'refused') {
        await this.place.giveUp(wish, failure.message);
        return { kind: 'refused', error };
      }
      present.attempt += 1;
      const standing = { step: 'register', attempt, unanswered: 0, hasHome: true, refusedAtHome: false } as const;
      return { kind: 'later', error, rest: decide(standing, failure) };
    }
  }
}
