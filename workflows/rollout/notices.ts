import { CancellationScope } from '@temporalio/workflow';
import type { Notice } from '../../activities/contracts';
import type { Decision } from '../../domain/progress';
import { notify } from '../calls';
import { now } from './journal';
import type { Run } from './run';

/** Tells webhooks, without the rollout waiting for them. */
export class Notices {
  readonly #pending = new Set<Promise<void>>();

  constructor(private count: number) {}

  /** Numbers the notices over all runs. */
  get sent(): number {
    return this.count;
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Starts telling everybody who wants to hear of this. An abort does not stop it, and a webhook that is away neither. */
  tell({ spec, journal, rolloutId }: Run, kind: Notice['kind'], reason: string, decision?: Decision): void {
    const { name, status } = journal.state;
    const notice: Notice = {
      kind,
      at: now(),
      rolloutId,
      name,
      status,
      reason,
      ...(decision && { decision, ...(decision.wave > 0 && { wave: decision.wave }) }),
    };
    for (const rule of spec.notify.filter(({ on }) => on.includes(kind))) {
      const id = `${rolloutId}-${(this.count += 1)}`;
      this.#track(CancellationScope.nonCancellable(() => notify({ rule, notice, id })));
    }
  }

  /** Waits for those that are still under way. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #track(sending: Promise<unknown>): void {
    const sent: Promise<void> = sending
      .then(
        () => undefined,
        () => undefined, // a notice that cannot be sent is in the history as a failed activity, and no reason to stop
      )
      .finally(() => void this.#pending.delete(sent));
    this.#pending.add(sent);
  }
}
