import type { Gate, JsonObject, OfflineRule, RolloutSpec } from './spec';
import { failuresOf, finishedOf, sizeOf, type Tally } from './tally';

/** Which rule of a gate spoke; `person`: somebody asked for a hold; `fault`: something must be mended first. */
export type GateName =
  | 'failureLimit'
  | 'failedLimit'
  | 'timedOutLimit'
  | 'offlineLimit'
  | 'unfinished'
  | 'quorum'
  | 'successTarget'
  | 'check'
  | 'failing'
  | 'fault'
  | 'person';

/** What one outside check found, as it was kept. `inconclusive` holds. */
export interface Finding {
  readonly name: string;
  readonly kind: 'passed' | 'failed' | 'inconclusive';
  /** `failed` only: what the one who was asked wants. Without it the spec's onBreach decides. */
  readonly wants?: 'hold' | 'abort';
  readonly reason: string;
  readonly inputs: JsonObject;
}

/** What a gate decided, with the numbers it decided on, so that the history can answer "why". */
export interface GateVerdict {
  readonly kind: 'proceed' | 'hold' | 'abort' | 'rollback';
  readonly gate: GateName;
  /** The comparison as it was evaluated, with its numbers. */
  readonly reason: string;
  readonly tally: Tally;
  /** What the checks found, where they were asked. */
  readonly findings?: readonly Finding[];
}

/** The limits of a gate: what is asked after each batch. */
export type Limits = Pick<Gate, 'failureLimit' | 'limits' | 'minimum'>;

/** A share in per cent, at most two decimals: percent(0.1) // => '10%' */
export const percent = (share: number): string => `${Number((share * 100).toFixed(2))}%`;

// Shares are compared cross-multiplied, since a quotient rounds and "exactly at the limit" must not trip; the margin takes
// up what the product rounds, and is far below one device of the largest fleet.
const MARGIN = 1e-9;
const above = (part: number, whole: number, limit: number): boolean => part > limit * whole + MARGIN;
const atLeast = (part: number, whole: number, target: number): boolean => part >= target * whole - MARGIN;

const ratio = (part: number, whole: number): string => (whole === 0 ? 'no data' : percent(part / whole));

/** One limit, evaluated. */
export interface LimitResult {
  readonly gate: GateName;
  readonly tripped: boolean;
  /** The comparison in words, with its numbers. */
  readonly reason: string;
}

interface Comparison {
  readonly gate: GateName;
  readonly what: string;
  readonly of: string;
  readonly part: number;
  readonly whole: number;
  readonly limit: number | undefined;
}

const comparisonsOf = ({ failureLimit, limits }: Limits, tally: Tally): readonly Comparison[] => {
  const finished = finishedOf(tally);
  const { failed, timedOut, offline } = tally;
  const whole = finished + offline;
  return [
    {
      gate: 'failureLimit',
      what: 'failed',
      of: 'finished',
      part: failuresOf(tally),
      whole: finished,
      limit: failureLimit,
    },
    {
      gate: 'failedLimit',
      what: 'answered with a failure',
      of: 'finished',
      part: failed,
      whole: finished,
      limit: limits.failed,
    },
    {
      gate: 'timedOutLimit',
      what: 'timed out',
      of: 'finished',
      part: timedOut,
      whole: finished,
      limit: limits.timedOut,
    },
    { gate: 'offlineLimit', what: 'offline', of: 'finished or offline', part: offline, whole, limit: limits.offline },
  ];
};

/**
 * Asks every limit: each trips when its share is above it, strictly, once `minimum` devices have finished (for offline:
 * have finished or were offline).
 *
 * @returns the failure limit first, then those that the spec sets
 */
export const limitResults = (limits: Limits, tally: Tally): LimitResult[] =>
  comparisonsOf(limits, tally).flatMap(({ gate, what, of, part, whole, limit }) => {
    if (limit === undefined) return [];
    const enough = whole >= limits.minimum;
    const sample = enough ? '' : `, not asked before ${limits.minimum} have finished`;
    const reason = `${what} ${part} of ${whole} ${of} (${ratio(part, whole)}), limit ${percent(limit)}${sample}`;
    return [{ gate, tripped: enough && above(part, whole, limit), reason }];
  });

/**
 * Asks the limits and tells of the first that tripped, or of the failure limit when none did. Counts must be by each
 * device's last attempt.
 */
export function failureLimit(limits: Limits, tally: Tally): LimitResult {
  const results = limitResults(limits, tally);
  const [first = { gate: 'failureLimit', tripped: false, reason: 'no limit' }] = results;
  return results.find(({ tripped }) => tripped) ?? first;
}

/** What a wave's gate is asked of, besides its numbers. */
export interface WaveRules {
  readonly gate: Limits & Pick<Gate, 'successTarget'>;
  readonly onBreach: RolloutSpec['onBreach'];
  readonly offline?: OfflineRule;
}

const notBegun = ({ pending, running }: Tally): number => pending + running;

/** The quorum and the success target; stragglers are taken off only where they are caught up later. */
function targetVerdict({ gate, offline }: WaveRules, tally: Tally): Omit<GateVerdict, 'tally'> {
  const counted = sizeOf(tally) - tally.skipped;
  if (counted === 0) {
    const reason = tally.skipped > 0 ? `all ${tally.skipped} devices were skipped: no data` : 'no device: no data';
    return { kind: 'hold', gate: 'successTarget', reason };
  }
  const there = counted - tally.offline;
  if (offline !== undefined && !atLeast(there, counted, offline.quorum)) {
    const reason = `there were ${there} of ${counted} (${ratio(there, counted)}), quorum ${percent(offline.quorum)}`;
    return { kind: 'hold', gate: 'quorum', reason };
  }
  const whole = offline === undefined ? counted : there;
  const left = offline === undefined || tally.offline === 0 ? '' : `, ${tally.offline} offline left to the catch-up`;
  const { succeeded } = tally;
  const met = whole > 0 && atLeast(succeeded, whole, gate.successTarget);
  const reason = `succeeded ${succeeded} of ${whole} (${ratio(succeeded, whole)}), target ${percent(gate.successTarget)}${left}`;
  return { kind: met ? 'proceed' : 'hold', gate: 'successTarget', reason };
}

/**
 * Decides what follows a wave by its numbers. The limits are asked first; a wave that ended without its success target
 * holds, and so does one that gave no data or has devices that were not begun.
 *
 * @param tally of what is judged: the whole wave over all its hubs, or the hub that tripped a limit
 */
export function waveVerdict(rules: WaveRules, tally: Tally): GateVerdict {
  const limit = failureLimit(rules.gate, tally);
  if (limit.tripped) return { kind: rules.onBreach, gate: limit.gate, reason: limit.reason, tally };
  const left = notBegun(tally);
  if (left > 0) return { kind: 'hold', gate: 'unfinished', reason: `${left} devices were not begun`, tally };
  return { ...targetVerdict(rules, tally), tally };
}

const SEVERITY = ['proceed', 'hold', 'abort', 'rollback'] as const satisfies readonly GateVerdict['kind'][];

function kindOf({ kind, wants }: Finding, onBreach: RolloutSpec['onBreach']): GateVerdict['kind'] {
  if (kind === 'passed') return 'proceed';
  return kind === 'inconclusive' ? 'hold' : (wants ?? onBreach);
}

/**
 * Adds what the checks found to a verdict that would let the wave pass: one that failed decides by its own wish or by
 * `onBreach`, one that is inconclusive holds, and of several the gravest counts.
 */
export function withFindings(
  verdict: GateVerdict,
  findings: readonly Finding[],
  onBreach: RolloutSpec['onBreach'],
): GateVerdict {
  const [gravest] = findings
    .map((finding) => ({ finding, kind: kindOf(finding, onBreach) }))
    .sort((a, b) => SEVERITY.indexOf(b.kind) - SEVERITY.indexOf(a.kind));
  if (gravest === undefined) return verdict;
  if (gravest.kind === 'proceed') return { ...verdict, findings };
  const { name, kind, reason } = gravest.finding;
  return { ...verdict, kind: gravest.kind, gate: 'check', reason: `check ${name} ${kind}: ${reason}`, findings };
}

/** The watch after the end: how many of the target's devices have gone bad. No device to count is no data, and holds. */
export function failingVerdict(
  { where, limit }: { readonly where: string; readonly limit: number },
  { matching, all }: { readonly matching: number; readonly all: number },
  tally: Tally,
): GateVerdict {
  const reason = `failing (${where}) ${matching} of ${all} (${ratio(matching, all)}), limit ${percent(limit)}`;
  return { kind: all === 0 || above(matching, all, limit) ? 'hold' : 'proceed', gate: 'failing', reason, tally };
}
