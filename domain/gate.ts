import type { Gate, RolloutSpec } from './spec';
import { failuresOf, finishedOf, sizeOf, type Tally } from './tally';

export type GateName = 'failureLimit' | 'successTarget';

/** What a gate decided, with the numbers it decided on, so that the history can answer "why". */
export interface GateVerdict {
  readonly kind: 'proceed' | 'hold' | 'abort' | 'rollback';
  readonly gate: GateName;
  /** The comparison as it was evaluated, with its numbers. */
  readonly reason: string;
  readonly tally: Tally;
}

/** A share in per cent, at most two decimals: percent(0.1) // => '10%' */
export const percent = (share: number): string => `${Number((share * 100).toFixed(2))}%`;

/**
 * Asks the failure limit: it trips when failed / finished > limit, strictly, and at least `minimum` have finished.
 *
 * @returns whether it tripped, and the comparison in words
 */
export function failureLimit(gate: Gate, tally: Tally): { readonly tripped: boolean; readonly reason: string } {
  const [failed, finished] = [failuresOf(tally), finishedOf(tally)];
  const enough = finished >= gate.minimum;
  // Cross-multiplied: the quotient would round, and "exactly at the limit" must not trip.
  const tripped = enough && failed > gate.failureLimit * finished + 1e-9;
  const sample = enough ? '' : `, not asked before ${gate.minimum} have finished`;
  return {
    tripped,
    reason: `failed ${failed} of ${finished} finished (${finished === 0 ? 'no data' : percent(failed / finished)}), limit ${percent(gate.failureLimit)}${sample}`,
  };
}

function successTarget(gate: Gate, tally: Tally): { readonly met: boolean; readonly reason: string } {
  const counted = sizeOf(tally) - tally.skipped;
  const share = counted === 0 ? 'no data' : percent(tally.succeeded / counted);
  return {
    met: counted > 0 && tally.succeeded >= gate.successTarget * counted - 1e-9,
    reason: `succeeded ${tally.succeeded} of ${counted} (${share}), target ${percent(gate.successTarget)}`,
  };
}

/**
 * Decides what follows a wave. The failure limit is asked first; a wave that ended without its success target holds, and
 * so does one that gave no data.
 *
 * @param tally of the whole wave, over all its hubs
 */
export function waveVerdict({ gate, onBreach }: Pick<RolloutSpec, 'gate' | 'onBreach'>, tally: Tally): GateVerdict {
  const limit = failureLimit(gate, tally);
  if (limit.tripped) return { kind: onBreach, gate: 'failureLimit', reason: limit.reason, tally };
  const target = successTarget(gate, tally);
  return { kind: target.met ? 'proceed' : 'hold', gate: 'successTarget', reason: target.reason, tally };
}
