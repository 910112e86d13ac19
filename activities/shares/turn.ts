import type { HubName } from '../../domain/ids';
import type { SlotClaim, Slots } from '../ports';

const LOOK_MS = 1_000;

/** What waiting needs: it ends when nothing new is to begin. */
export interface Waiting {
  /** Rests and says what for. */
  readonly rest: (millis: number, waitsFor: string) => Promise<void>;
  readonly over: () => boolean;
}

/** What a share needs of others' goodwill before its batches may begin. */
export interface Turns {
  /** @returns whether its turn has come; not, when the waiting was over */
  take(waiting: Waiting): Promise<boolean>;
  giveBack(): Promise<void>;
}

/** Several turns, which everybody who needs more than one takes in the same order. */
export const allOf = (turns: readonly Turns[]): Turns => ({
  async take(waiting) {
    for (const turn of turns) if (!(await turn.take(waiting))) return false;
    return true;
  },
  async giveBack() {
    for (const turn of turns) await turn.giveBack();
  },
});

/** A share's claim to slots of its hub, or of its provisioning service. */
export class Turn implements Turns {
  #held = false;
  #asked: boolean;

  /** @param mayBeHeld whether an earlier call or try, whose worker was lost, may have asked under the same claim */
  constructor(
    private readonly slots: Slots,
    private readonly hub: HubName,
    private readonly claim: SlotClaim,
    mayBeHeld: boolean,
    /** What is waited for, in words. */
    private readonly words = 'a job slot of the hub',
  ) {
    this.#asked = mayBeHeld;
  }

  /**
   * Waits until the slots are ours. Where somebody else waits whose turn comes first, they are given back before.
   *
   * @returns whether they are; not, when the waiting was over
   */
  async take({ rest, over }: Waiting): Promise<boolean> {
    if (this.#held) {
      const { granted, contended } = await this.slots.look(this.hub, this.claim.id);
      this.#held = granted;
      if (contended) await this.giveBack();
    }
    if (this.#held) return true;
    this.#asked = true;
    this.#held = await this.slots.request(this.hub, this.claim);
    while (!this.#held && !over()) {
      await rest(LOOK_MS, this.words);
      this.#held = (await this.slots.look(this.hub, this.claim.id)).granted;
    }
    return this.#held;
  }

  /** Gives the slots back, or the place in the line. */
  async giveBack(): Promise<void> {
    if (!this.#asked) return;
    [this.#held, this.#asked] = [false, false];
    await this.slots.release(this.hub, this.claim.id);
  }
}
