import { setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import type { HubName, RolloutId } from '../domain/ids';
import type { RolloutStatus } from '../domain/machine';
import type { PlanSummary } from '../domain/plan';
import {
  type Decision,
  isFinal,
  type Order,
  type RolloutInput,
  type RolloutState,
  type WaveState,
} from '../domain/progress';
import { EMPTY_TALLY, mergeTallies, type Tally, tallyOf } from '../domain/tally';
import { DECISION_MEMO } from './messages';

/** Workflow time: the same on every replay. */
export const now = (): string => new Date().toISOString();

/** The rollout's state and the only hands that change it, so that history and the Temporal UI always say the same. */
export class Journal {
  #state: RolloutState;

  constructor({ rolloutId, spec, startedBy }: RolloutInput & { readonly rolloutId: RolloutId }) {
    this.#state = {
      rolloutId,
      name: spec.name,
      status: 'planning',
      startedBy,
      startedAt: now(),
      waves: [],
      decisions: [],
    };
  }

  get state(): RolloutState {
    return this.#state;
  }

  planned(plan: PlanSummary): void {
    const waves = plan.waves
      .filter(({ deviceCount }) => deviceCount > 0)
      .map(({ index, deviceCount, shares }): WaveState => {
        const tally = tallyOf({ pending: deviceCount });
        const pending = shares.map((share) => ({ hub: share.hub, tally: tallyOf({ pending: share.deviceCount }) }));
        return { index, deviceCount, status: 'pending', tally, shares: pending };
      });
    this.#state = { ...this.#state, plan, waves };
  }

  status(status: RolloutStatus): void {
    const next = { ...this.#state, status };
    this.#state = isFinal(next) ? { ...next, endedAt: now() } : next;
    this.#describe();
  }

  wave(index: number, change: Partial<WaveState>): void {
    const waves = this.#state.waves.map((wave) => (wave.index === index ? { ...wave, ...change } : wave));
    this.#state = { ...this.#state, waves };
    this.#describe();
  }

  /** A wave begins, or, after a hold, what is left of it. */
  waveStarted(index: number): void {
    const { startedAt = now() } = this.#wave(index) ?? {};
    this.wave(index, { status: 'running', startedAt, endedAt: undefined });
  }

  /** A hub has brought in its part of a wave. */
  hubEnded(index: number, hub: HubName, tally: Tally): void {
    const shares = this.#wave(index)?.shares.map((share) => (share.hub === hub ? { hub, tally } : share)) ?? [];
    this.wave(index, { shares, tally: mergeTallies(shares.map((share) => share.tally)) });
  }

  /** Keeps a decision: in the state, and as an event of its own in the history, where the audit finds it. */
  decided(decision: Decision): void {
    this.#state = { ...this.#state, decisions: [...this.#state.decisions, decision] };
    upsertMemo({ [DECISION_MEMO]: decision });
  }

  /** A person, or Temporal itself, has ended the rollout in whichever wave it was. */
  aborted(order: Order): void {
    const wave = this.#state.waves.find(({ status }) => status !== 'passed' && status !== 'pending');
    this.decided({ kind: 'abort', at: now(), wave: wave?.index ?? 0, order });
    if (wave !== undefined) this.wave(wave.index, { status: 'stopped' });
    this.status('aborted');
  }

  tally(wave: number): Tally {
    return this.#wave(wave)?.tally ?? EMPTY_TALLY;
  }

  #wave(index: number): WaveState | undefined {
    return this.#state.waves.find((wave) => wave.index === index);
  }

  /** What the Temporal UI shows of the rollout while it runs. */
  #describe(): void {
    const { status, waves } = this.#state;
    const lines = waves.map(
      ({ index, status: waveStatus, deviceCount, tally }) =>
        `- wave ${index}: ${waveStatus}, ${tally.succeeded} of ${deviceCount} succeeded, ${tally.failed} failed, ${tally.timedOut} timed out, ${tally.offline} offline`,
    );
    setCurrentDetails([`**${status}**`, '', ...lines].join('\n'));
  }
}
