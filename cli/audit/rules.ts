import type { PayloadConverter } from '@temporalio/common';
import type { PlanSummary } from '../../domain/plan';
import type { Decision, Order, RolloutInput, RolloutState } from '../../domain/progress';
import { mergeTallies, type Tally } from '../../domain/tally';
import { DECISION_MEMO, SPEC_HASH_MEMO } from '../../workflows/messages';
import { countsText } from '../render/format';
import type { Entry } from './entry';
import { failureText, firstOf, type HistoryEvent, memoOf, timeOf } from './event';

/** What the fold remembers of an activity between its events; event ids are unique within a run. */
interface Scheduled {
  readonly type: string;
  readonly at: Date;
  readonly wave?: { readonly wave: number; readonly hub: string; readonly mode?: string };
}

/** What a wave's activity answers. */
interface WaveEnd {
  readonly tally: Tally;
  readonly stopped?: string;
}

/** What the rules share while one run's history is read. */
export interface Reader {
  readonly converter: PayloadConverter;
  readonly scheduled: Map<string, Scheduled>;
  /** The story so far. */
  readonly entries: Entry[];
}

const idOf = (id: { toString(): string } | null | undefined): string => id?.toString() ?? '';

const nameOf = ({ type, wave }: Scheduled): string =>
  wave === undefined ? type : `wave ${wave.wave} on ${wave.hub}${wave.mode === 'settle' ? ', settling' : ''}`;

/** Reads one kind of event; each looks at its own attributes and gives nothing for other kinds. */
export type Rule = (event: HistoryEvent, at: string, reader: Reader) => readonly Entry[];

const started: Rule = ({ workflowExecutionStartedEventAttributes: attributes }, at, { converter }) => {
  if (!attributes) return [];
  if (attributes.continuedExecutionRunId) return [{ kind: 'continued', at }];
  const { spec, startedBy } = firstOf(converter, attributes.input) as RolloutInput;
  const specHash = memoOf(converter, attributes.memo, SPEC_HASH_MEMO) as string | undefined;
  return [{ kind: 'started', at, name: spec.name, by: startedBy, ...(specHash !== undefined && { specHash }) }];
};

const activityScheduled: Rule = (event, at, { converter, scheduled }) => {
  const attributes = event.activityTaskScheduledEventAttributes;
  if (!attributes) return [];
  const type = attributes.activityType?.name ?? 'activity';
  const wave = type === 'runWave' ? (firstOf(converter, attributes.input) as Scheduled['wave']) : undefined;
  scheduled.set(idOf(event.eventId), { type, at: timeOf(event.eventTime), ...(wave && { wave }) });
  return wave === undefined
    ? []
    : [{ kind: 'waveStarted', at, wave: wave.wave, hub: wave.hub, settles: wave.mode === 'settle' }];
};

const activityStarted: Rule = ({ activityTaskStartedEventAttributes: attributes }, at, { scheduled }) => {
  const activity = scheduled.get(idOf(attributes?.scheduledEventId));
  const attempt = attributes?.attempt ?? 1;
  if (!activity || attempt < 2) return [];
  return [{ kind: 'retried', at, what: nameOf(activity), attempt, lastFailure: failureText(attributes?.lastFailure) }];
};

const activityCompleted: Rule = (event, at, { converter, scheduled }) => {
  const attributes = event.activityTaskCompletedEventAttributes;
  const activity = scheduled.get(idOf(attributes?.scheduledEventId));
  if (!activity) return [];
  const result = firstOf(converter, attributes?.result);
  if (activity.type === 'planRollout') {
    const { deviceCount, waves } = result as PlanSummary;
    return [{ kind: 'planned', at, deviceCount, waves: waves.map((wave) => wave.deviceCount) }];
  }
  if (activity.wave === undefined) return [];
  const { tally, stopped } = result as WaveEnd;
  const tookMs = timeOf(event.eventTime).getTime() - activity.at.getTime();
  const { wave, hub } = activity.wave;
  return [{ kind: 'waveEnded', at, wave, hub, tally, tookMs, ...(stopped !== undefined && { stopped }) }];
};

const activityFailed: Rule = (event, at, { scheduled }) => {
  const attributes = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  const activity = scheduled.get(idOf(attributes?.scheduledEventId));
  return activity
    ? [{ kind: 'activityFailed', at, what: nameOf(activity), why: failureText(attributes?.failure) }]
    : [];
};

/** A person's decision repeats the order that made it, and adds the wave. */
function takeUp({ entries }: Reader, { order, wave }: Extract<Decision, { kind: 'proceed' | 'abort' }>): boolean {
  const index = entries.findLastIndex(
    (entry) => entry.kind === 'ordered' && entry.order.actor === order.actor && entry.order.reason === order.reason,
  );
  const entry = entries[index];
  if (entry?.kind !== 'ordered') return false;
  entries[index] = { ...entry, wave };
  return true;
}

const decided: Rule = ({ workflowPropertiesModifiedEventAttributes: attributes }, at, reader) => {
  const decision = memoOf(reader.converter, attributes?.upsertedMemo, DECISION_MEMO) as Decision | undefined;
  if (decision === undefined) return [];
  if (decision.kind === 'gate') return [{ kind: 'decided', at: decision.at, decision }];
  if (takeUp(reader, decision)) return [];
  return [{ kind: 'ordered', at, what: decision.kind, order: decision.order, wave: decision.wave }];
};

const ordered: Rule = ({ workflowExecutionUpdateAcceptedEventAttributes: attributes }, at, { converter }) => {
  const input = attributes?.acceptedRequest?.input;
  if (!input) return [];
  const what =
    input.name === 'abortRollout' ? 'abort' : input.name === 'proceedRollout' ? 'proceed' : (input.name ?? '');
  return [{ kind: 'ordered', at, what, order: firstOf(converter, input.args) as Order }];
};

const soaked: Rule = (event, at) => {
  const timer = event.timerStartedEventAttributes;
  if (event.timerCanceledEventAttributes) return [{ kind: 'soakCut', at }];
  if (!timer) return [];
  const ms = timeOf(timer.startToFireTimeout).getTime();
  return [{ kind: 'soakStarted', at, until: new Date(timeOf(event.eventTime).getTime() + ms).toISOString() }];
};

/** Failures of the workflow's own code: they stop it until they are mended. */
const taskFailed: Rule = ({ workflowTaskFailedEventAttributes: attributes }, at) =>
  attributes?.failure ? [{ kind: 'taskFailed', at, why: failureText(attributes.failure) }] : [];

const cancelRequested: Rule = ({ workflowExecutionCancelRequestedEventAttributes: attributes }, at) =>
  attributes ? [{ kind: 'cancelRequested', at, by: attributes.identity ?? '', why: attributes.cause ?? '' }] : [];

/** Why a rollout ended: the gate's comparison, the person's reason, or that no wave was left. */
function reasonOf({ status, decisions }: RolloutState): string {
  if (status === 'completed') return 'every wave passed';
  const last = decisions.findLast(({ kind }) => kind !== 'proceed');
  return last?.kind === 'gate' ? last.verdict.reason : (last?.order.reason ?? '');
}

const outcomeText = (state: RolloutState): string =>
  `${countsText(mergeTallies(state.waves.map(({ tally }) => tally)))}; ${reasonOf(state)}`;

const ended: Rule = (event, at, { converter }) => {
  const completed = event.workflowExecutionCompletedEventAttributes;
  if (completed) {
    const state = firstOf(converter, completed.result) as RolloutState;
    return [{ kind: 'ended', at, how: state.status, why: outcomeText(state) }];
  }
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) return [{ kind: 'ended', at, how: 'failed', why: failureText(failed.failure) }];
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated)
    return [{ kind: 'ended', at, how: 'terminated', why: `${terminated.reason ?? ''} (${terminated.identity ?? ''})` }];
  if (event.workflowExecutionCanceledEventAttributes) return [{ kind: 'ended', at, how: 'cancelled', why: '' }];
  if (event.workflowExecutionTimedOutEventAttributes) return [{ kind: 'ended', at, how: 'timed out', why: '' }];
  return [];
};

/** All rules; of each event at most one has something to say. */
export const RULES: readonly Rule[] = [
  started,
  activityScheduled,
  activityStarted,
  activityCompleted,
  activityFailed,
  decided,
  ordered,
  soaked,
  taskFailed,
  cancelRequested,
  ended,
];
