import type { GateName, GateVerdict } from '../../domain/gate';
import type { Decision, GateMoment } from '../../domain/progress';
import { now, type WaveRef } from './journal';
import type { Ending, Run } from './run';
import { until } from './waits';

/** What is judged: a wave of a pass, or, in the watch, all of it. */
export interface Judged {
  readonly ref?: WaveRef;
  readonly after: GateMoment;
}

/** These say that something is missing, not that something went wrong with devices. */
const NO_BREACH: readonly GateName[] = ['person', 'unfinished', 'quorum', 'successTarget', 'fault'];

const isBreach = ({ kind, gate }: GateVerdict): boolean => kind !== 'proceed' && !NO_BREACH.includes(gate);

/** Records a verdict and tells whoever wants to hear of a breach. */
function record(run: Run, { ref, after }: Judged, verdict: GateVerdict): void {
  const decision: Decision = { kind: 'gate', at: now(), wave: ref?.index ?? 0, after, verdict };
  run.journal.decided(decision);
  if (isBreach(verdict)) run.notices.tell(run, 'breached', verdict.reason, decision);
}

/** Waits for a person. Nothing begins meanwhile; what is in flight of other waves ends. */
async function hold(run: Run, { ref }: Judged, { reason }: GateVerdict): Promise<void> {
  const { journal, crew, orders } = run;
  delete orders.hold;
  delete orders.proceed;
  if (ref !== undefined) journal.wave(ref, { status: 'held' });
  journal.note({ held: { from: journal.state.status, by: 'gate' } });
  journal.status('held', { for: 'person', why: reason });
  run.notices.tell(run, 'held', reason, journal.state.decisions.at(-1));
  crew.interrupt();
  await until(() => orders.proceed !== undefined);
  delete orders.proceed;
}

/**
 * Records a verdict and does what it says. A hold returns when a person lets the rollout go on.
 *
 * @returns how the rollout ends, or undefined when it goes on
 */
export async function act(run: Run, judged: Judged, verdict: GateVerdict): Promise<Ending | undefined> {
  record(run, judged, verdict);
  switch (verdict.kind) {
    case 'proceed':
      return undefined;
    case 'hold':
      await hold(run, judged, verdict);
      return undefined;
    case 'abort':
      return 'aborted';
    case 'rollback':
      return 'rollback';
  }
}
