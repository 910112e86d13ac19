import type { PayloadConverter } from '@temporalio/common';
import type { Command } from '../../domain/machine';
import type { PlannedWave, PlanSummary, TurnedAway } from '../../domain/plan';
import {
  type ChangeOrder,
  type Decision,
  type RolloutInput,
  type RolloutState,
  totalTally,
} from '../../domain/progress';
import type { ShareInput, ShareResult } from '../../domain/share';
import { DECISION_MEMO, SPEC_HASH_MEMO, STEER } from '../../workflows/messages';
import { countsText } from '../render/format';
import { turnedAwayTexts } from '../render/move';
import { terminationText } from '../rollout/termination';
import type { Entry } from './entry';
import { failureText, firstOf, type HistoryEvent, memoOf, timeOf } from './event';

/** What the fold remembers of an activity between its events; event ids are unique within a run. */
interface Scheduled {
  readonly type: string;
  readonly at: Date;
  readonly share?: ShareInput;
}

/** What the rules share while one run's history is read. */
export interface Reader {
  readonly converter: PayloadConverter;
  readonly scheduled: Map<string, Scheduled>;
  /** What the timers are for, by their ids. */
  readonly timers: Map<string, string>;
  /** The story so far. */
  readonly entries: Entry[];
}

const idOf = (id: { toString(): string } | null | undefined): string => id?.toString() ?? '';

const PASSES = {
  wave: ({ wave }) => `wave ${wave}`,
  catchUp: () => 'catch-up',
  rollback: ({ wave }) => `undoing wave ${wave}`,
} as const satisfies Record<ShareInput['pass'], (share: ShareInput) => string>;

const shareName = (share: ShareInput): string => `${PASSES[share.pass](share)} on ${share.hub}`;

const nameOf = ({ type, share }: Scheduled): string =>
  share === undefined ? type : `${shareName(share)}${share.mode === 'settle' ? ', settling' : ''}`;

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
  const share = type === 'runShare' ? (firstOf(converter, attributes.input) as ShareInput) : undefined;
  scheduled.set(idOf(event.eventId), { type, at: timeOf(event.eventTime), ...(share && { share }) });
  return share === undefined
    ? []
    : [{ kind: 'shareStarted', at, share: shareName(share), settles: share.mode === 'settle' }];
};

const activityStarted: Rule = ({ activityTaskStartedEventAttributes: attributes }, at, { scheduled }) => {
  const activity = scheduled.get(idOf(attributes?.scheduledEventId));
  const attempt = attributes?.attempt ?? 1;
  if (!activity || attempt < 2) return [];
  return [{ kind: 'retried', at, what: nameOf(activity), attempt, lastFailure: failureText(attributes?.lastFailure) }];
};

const activityCompleted: Rule = (event, at, { converter, scheduled, entries }) => {
  const attributes = event.activityTaskCompletedEventAttributes;
  const activity = scheduled.get(idOf(attributes?.scheduledEventId));
  if (!activity) return [];
  const result = firstOf(converter, attributes?.result);
  const tookMs = timeOf(event.eventTime).getTime() - activity.at.getTime();
  return ENDED[activity.type]?.(result, { ...activity, tookMs, endedAt: at }, entries) ?? [];
};

/** Each look for late joiners finds the same ones again: only what has changed is told. */
function turnedAwayNews(reasons: readonly string[], at: string, before: readonly Entry[]): Entry[] {
  const last = before.findLast((entry) => entry.kind === 'turnedAway');
  const known = last?.kind === 'turnedAway' ? last.reasons : [];
  return reasons.join() === known.join() ? [] : [{ kind: 'turnedAway', at, reasons }];
}

/** What a completed activity has to tell, by its type; the others tell nothing. */
const ENDED: Readonly<
  Record<
    string,
    (
      result: unknown,
      activity: Scheduled & { tookMs: number; endedAt: string },
      before: readonly Entry[],
    ) => readonly Entry[]
  >
> = {
  planRollout(result, { endedAt: at }) {
    const { deviceCount, waves } = result as PlanSummary;
    return [{ kind: 'planned', at, deviceCount, waves: waves.map((wave) => wave.deviceCount) }];
  },
  planJoiners(result, { endedAt: at }, before) {
    const { wave, turnedAway } = result as {
      readonly wave?: PlannedWave;
      readonly turnedAway?: readonly TurnedAway[];
    };
    return [
      ...(wave === undefined ? [] : [{ kind: 'joined' as const, at, wave: wave.index, deviceCount: wave.deviceCount }]),
      ...turnedAwayNews(turnedAwayTexts(turnedAway ?? []), at, before),
    ];
  },
  runShare(result, { endedAt: at, share, tookMs }) {
    if (share === undefined) return [];
    const { tally, stopped } = result as ShareResult;
    return [
      { kind: 'shareEnded', at, share: shareName(share), tally, tookMs, ...(stopped !== undefined && { stopped }) },
    ];
  },
  closeRollout(result, { endedAt: at }) {
    const { path, sha256 } = result as { readonly path: string; readonly sha256: string };
    return [{ kind: 'closed', at, path, sha256 }];
  },
};

const activityFailed: Rule = (event, at, { scheduled }) => {
  const attributes = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  const activity = scheduled.get(idOf(attributes?.scheduledEventId));
  return activity
    ? [{ kind: 'activityFailed', at, what: nameOf(activity), why: failureText(attributes?.failure) }]
    : [];
};

/** A person's decision repeats the order that made it, and adds the wave. */
function takeUp({ entries }: Reader, { order, wave }: Extract<Decision, { kind: Command }>): boolean {
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

const COMMAND_OF = new Map(Object.entries(STEER).map(([command, { name }]) => [name, command]));

const ordered: Rule = ({ workflowExecutionUpdateAcceptedEventAttributes: attributes }, at, { converter }) => {
  const input = attributes?.acceptedRequest?.input;
  if (!input) return [];
  const what = COMMAND_OF.get(input.name ?? '') ?? input.name ?? '';
  const { settings, actor, reason } = firstOf(converter, input.args) as Partial<ChangeOrder> & ChangeOrder;
  return [{ kind: 'ordered', at, what, order: { actor, reason }, ...(what === 'change' && { settings }) }];
};

const waited: Rule = (event, at, { converter, timers }) => {
  const cut = event.timerCanceledEventAttributes;
  if (cut) return [{ kind: 'waitCut', at, what: timers.get(cut.timerId ?? '') ?? 'a timer' }];
  const timer = event.timerStartedEventAttributes;
  if (!timer) return [];
  const summary = event.userMetadata?.summary;
  const what = summary ? converter.fromPayload<string>(summary) : 'a timer';
  timers.set(timer.timerId ?? '', what);
  const ms = timeOf(timer.startToFireTimeout).getTime();
  return [{ kind: 'waitStarted', at, what, until: new Date(timeOf(event.eventTime).getTime() + ms).toISOString() }];
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
  if (last === undefined) return '';
  return last.kind === 'gate' ? last.verdict.reason : `${last.order.actor}: ${last.order.reason}`;
}

const outcomeText = (state: RolloutState): string => `${countsText(totalTally(state))}; ${reasonOf(state)}`;

/** An activity that has closed, in whichever way, is not under way any more. Comes after the rules that ask for it. */
const closed: Rule = (event, _at, { scheduled }) => {
  const attributes =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  if (attributes) scheduled.delete(idOf(attributes.scheduledEventId));
  return [];
};

const ended: Rule = (event, at, { converter, scheduled }) => {
  const underWay = [...scheduled.values()].map(nameOf);
  const completed = event.workflowExecutionCompletedEventAttributes;
  if (completed) {
    const state = firstOf(converter, completed.result) as RolloutState;
    return [{ kind: 'ended', at, how: state.status, why: outcomeText(state) }];
  }
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) return [{ kind: 'ended', at, how: 'failed', why: failureText(failed.failure) }];
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated) return [{ kind: 'ended', at, how: 'terminated', why: terminationText(terminated), underWay }];
  if (event.workflowExecutionCanceledEventAttributes) return [{ kind: 'ended', at, how: 'cancelled', why: '' }];
  if (event.workflowExecutionTimedOutEventAttributes)
    return [{ kind: 'ended', at, how: 'timed out', why: '', underWay }];
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
  waited,
  taskFailed,
  cancelRequested,
  closed,
  ended,
];
