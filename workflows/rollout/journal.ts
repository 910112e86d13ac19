import { setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import { mayGo, type RolloutStatus } from '../../domain/machine';
import type { PlannedWave, PlanSummary } from '../../domain/plan';
import {
  type CatchUpState,
  type Decision,
  isFinal,
  type RolloutInput,
  type RolloutState,
  settingsOf,
  type ShareState,
  type Wait,
  wavesOf,
  type WaveState,
} from '../../domain/progress';
import type { Pass } from '../../domain/share';
import { mergeTallies, tallyOf } from '../../domain/tally';
import { DECISION_MEMO } from '../messages';
import { detailsOf } from './details';

/** Workflow time: the same on every replay. */
export const now = (): string => new Date().toISOString();

/** So many decisions are kept in the state; the history has all of them. */
const KEPT = 200;

/** Which wave of which pass. */
export interface WaveRef {
  readonly pass: Pass;
  readonly index: number;
}

const freshWave = ({ index, deviceCount, shares }: PlannedWave): WaveState => ({
  index,
  deviceCount,
  status: 'pending',
  tally: tallyOf({ pending: deviceCount }),
  shares: shares.map(({ part, hub, zone, deviceCount: count }) => ({
    part,
    hub,
    ...(zone !== undefined && { zone }),
    status: 'pending',
    tally: tallyOf({ pending: count }),
  })),
});

/** What tells of a change beside the state itself: search attributes. */
export type Index = (state: RolloutState) => void;

/** The rollout's state and the only hands that change it, so that history and the Temporal UI always say the same. */
export class Journal {
  #state: RolloutState;
  readonly #index: Index;

  constructor({ rolloutId, spec, startedBy, carried }: RolloutInput, index: Index) {
    this.#index = index;
    this.#state = carried?.state ?? {
      rolloutId,
      name: spec.name,
      status: 'planning',
      startedBy,
      startedAt: now(),
      settings: settingsOf(spec),
      waves: [],
      decisions: [],
      decisionCount: 0,
    };
    this.#tell();
  }

  get state(): RolloutState {
    return this.#state;
  }

  /** Changes what no other method is for. */
  note(change: Partial<Omit<RolloutState, 'status' | 'waves' | 'decisions'>>): void {
    this.#state = { ...this.#state, ...change };
  }

  planned(plan: PlanSummary): void {
    const waves = plan.waves.filter(({ deviceCount }) => deviceCount > 0).map(freshWave);
    this.#state = { ...this.#state, plan, waves };
  }

  /** A further wave, of late joiners. */
  joined(wave: PlannedWave): void {
    this.#state = { ...this.#state, waves: [...this.#state.waves, freshWave(wave)] };
  }

  catchUpBegins(catchUp: CatchUpState): void {
    this.#state = { ...this.#state, catchUp };
  }

  rollbackBegins(rollback: readonly WaveState[]): void {
    this.#state = { ...this.#state, rollback };
  }

  /**
   * Goes to another status; what it waits for there is said at the same time.
   *
   * @throws Error for a transition that docs/states.md does not have: a defect, which stops the workflow until it is mended
   */
  status(status: RolloutStatus, waitsFor?: Omit<Wait, 'since'>): void {
    const { status: before } = this.#state;
    if (status !== before && !mayGo(before, status)) throw new Error(`no transition from ${before} to ${status}`);
    const wait = waitsFor && { ...waitsFor, since: now() };
    const next = { ...this.#state, status, waitsFor: wait };
    this.#state = isFinal(next) ? { ...next, endedAt: next.endedAt ?? now() } : next;
    this.#tell();
  }

  find({ pass, index }: WaveRef): WaveState {
    const wave = wavesOf(this.#state, pass).find((each) => each.index === index);
    if (wave === undefined) throw new Error(`no wave ${index} in the pass ${pass}`);
    return wave;
  }

  wave({ pass, index }: WaveRef, change: Partial<WaveState>): void {
    const changed = <Wave extends WaveState>(wave: Wave): Wave =>
      wave.index === index ? { ...wave, ...change } : wave;
    const { waves, catchUp, rollback } = this.#state;
    this.#state = {
      ...this.#state,
      ...(pass === 'wave' && { waves: waves.map(changed) }),
      ...(pass === 'catchUp' && catchUp && { catchUp: changed(catchUp) }),
      ...(pass === 'rollback' && rollback && { rollback: rollback.map(changed) }),
    };
    this.#describe();
  }

  share(ref: WaveRef, part: number, change: Partial<ShareState>): void {
    const shares = this.find(ref).shares.map((share) => (share.part === part ? { ...share, ...change } : share));
    this.wave(ref, { shares, tally: mergeTallies(shares.map(({ tally }) => tally)) });
  }

  /** Keeps a decision: in the state, and as an event of its own in the history, where the audit finds it. */
  decided(decision: Decision): void {
    const { decisions, decisionCount } = this.#state;
    this.note({ decisionCount: decisionCount + 1 });
    this.#state = { ...this.#state, decisions: [...decisions, decision].slice(-KEPT) };
    upsertMemo({ [DECISION_MEMO]: decision });
  }

  #tell(): void {
    this.#index(this.#state);
    this.#describe();
  }

  /** What the Temporal UI shows of the rollout while it runs. */
  #describe(): void {
    setCurrentDetails(detailsOf(this.#state));
  }
}
