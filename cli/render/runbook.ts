import { FAULTS, type FaultCode } from '../../domain/errors';
import type { GateName } from '../../domain/gate';
import type { RolloutStatus } from '../../domain/machine';
import type { RolloutState, Wait } from '../../domain/progress';
import type { Look } from '../rollout/look';

const FOLDER = 'docs/runbooks';

/** The section for each reason of a hold. A test holds these tables against the pages, both ways. */
export const HOLDS = {
  failureLimit: 'holds.md#failure-limit',
  failedLimit: 'holds.md#failed-limit',
  timedOutLimit: 'holds.md#timed-out-limit',
  offlineLimit: 'holds.md#offline-limit',
  unfinished: 'holds.md#unfinished',
  quorum: 'holds.md#quorum',
  successTarget: 'holds.md#success-target',
  check: 'holds.md#check',
  failing: 'holds.md#failing',
  person: 'holds.md#person',
  fault: 'holds.md#fault',
} as const satisfies Record<GateName, string>;

/** The section for each thing that a rollout waits for. */
export const WAITS = {
  approval: 'waits.md#approval',
  window: 'waits.md#window',
  soak: 'waits.md#soak',
  person: 'holds.md#person',
  joiners: 'waits.md#joiners',
  stragglers: 'waits.md#stragglers',
  watch: 'waits.md#watch',
  resume: 'waits.md#resume',
} as const satisfies Record<Wait['for'], string>;

type End = Extract<RolloutStatus, 'completed' | 'aborted' | 'denied' | 'rolledBack'>;

/** The section for each way in which a rollout ends, by its own rules or by Temporal's. */
export const ENDS = {
  completed: 'ends.md#completed',
  aborted: 'ends.md#aborted',
  denied: 'ends.md#denied',
  rolledBack: 'ends.md#rolled-back',
  FAILED: 'ends.md#failed',
  TERMINATED: 'ends.md#terminated',
  CANCELLED: 'ends.md#cancelled',
  TIMED_OUT: 'ends.md#timed-out',
} as const satisfies Record<
  End | Extract<Look['execution'], 'FAILED' | 'TERMINATED' | 'CANCELLED' | 'TIMED_OUT'>,
  string
>;

/** What a share of a running wave waits for, by the words that its worker says it in. */
export const SHARE_WAITS = {
  'a job slot of the hub': 'waits.md#job-slot',
  'devices a minute': 'waits.md#pace',
  'the rest before attempt': 'waits.md#retry',
  'offline devices to come back': 'waits.md#stragglers',
} as const;

export const NO_WORKER = 'surroundings.md#no-worker-answers';

/** The section for a fault code. @example faultSection('GS_HUB_THROTTLED') // => 'faults.md#gs_hub_throttled' */
export const faultSection = (code: FaultCode): string => `faults.md#${code.toLowerCase()}`;

/** The section for the first fault code that a text has. */
const sectionIn = (text: string): string[] => {
  const code = /\bGS_[A-Z_]+\b/.exec(text)?.[0];
  return code !== undefined && code in FAULTS ? [faultSection(code as FaultCode)] : [];
};

const has = <Table extends object>(table: Table, key: PropertyKey): key is keyof Table => Object.hasOwn(table, key);

/** By the decision that made the hold: of a fault, its own section; else that of the gate's rule. */
function holdSections({ held, decisions }: RolloutState): string[] {
  if (held?.by === 'person') return [HOLDS.person];
  const decision = decisions.findLast((each) => each.kind === 'gate' && each.verdict.kind !== 'proceed');
  if (decision?.kind !== 'gate') return [HOLDS.person];
  const { gate, reason } = decision.verdict;
  const own: string = HOLDS[gate];
  return own === HOLDS.fault ? [...sectionIn(reason), own].slice(0, 1) : [own];
}

function endSections({ execution, failure, state }: Look): string[] {
  if (has(ENDS, execution)) return [...sectionIn(failure ?? ''), ENDS[execution]].slice(0, 1);
  const status = state?.status;
  return status !== undefined && status !== 'completed' && has(ENDS, status) ? [ENDS[status]] : [];
}

const shareSections = ({ beats }: Look): string[] =>
  beats.flatMap(({ waitsFor = '' }) =>
    Object.entries(SHARE_WAITS).flatMap(([words, section]) => (waitsFor.includes(words) ? [section] : [])),
  );

function runningSections(look: Look): string[] {
  const { state, unanswered, retries } = look;
  const troubles = retries.flatMap(({ lastFailure }) => sectionIn(lastFailure));
  if (state === undefined)
    return [...(unanswered === undefined ? [] : [...sectionIn(unanswered), NO_WORKER].slice(0, 1)), ...troubles];
  if (state.status === 'held') return [...holdSections(state), ...troubles];
  const waits = state.waitsFor === undefined ? [] : [WAITS[state.waitsFor.for]];
  return [...troubles, ...waits, ...shareSections(look)];
}

/**
 * Where the runbooks say what to do about the state that a rollout is in.
 *
 * @returns paths with anchors, the most urgent one first; none where there is nothing to do
 */
export const runbooksOf = (look: Look): string[] => {
  const sections = look.closedAt === undefined ? runningSections(look) : endSections(look);
  return [...new Set(sections)].map((section) => `${FOLDER}/${section}`);
};

const QUIET: readonly string[] = [
  WAITS.window,
  WAITS.soak,
  WAITS.joiners,
  WAITS.stragglers,
  WAITS.watch,
  ...Object.values(SHARE_WAITS),
].map((section) => `${FOLDER}/${section}`);

/** Whether a section is about something that ends by itself, and that a healthy rollout goes through. */
export const isQuiet = (path: string): boolean => QUIET.includes(path);
