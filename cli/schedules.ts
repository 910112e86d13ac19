import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
  type ScheduleSummary,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Order } from '../domain/progress';
import { rolloutIdOfWorkflow } from '../domain/ids';
import type { RolloutSpec } from '../domain/spec';
import type { ScheduleTimes } from '../spec/schedule';
import { SCHEDULED_ROLLOUT, TASK_QUEUE } from '../workflows/messages';
import type { ScheduledInput } from '../workflows/scheduled';
import { CliError, COMMAND, EXIT } from './output';
import { detailsOf, summaryOf } from './rollout/describe';
import { missingAttributes } from './rollout/search-attributes';
import { specHashOf } from './rollout/spec-hash';

/** After an outage of Temporal, starts missed for longer than this are left out. */
const CATCHUP = '1 day';
/** A schedule acts on a trigger soon, but not at once. */
const PATIENCE_MS = 10_000;
const POLL_MS = 200;

/** What a schedule keeps about itself for people, and never changes: Temporal has no way to change a memo. */
interface ScheduleMemo {
  readonly createdBy: Order;
}

/** A schedule as the commands show it; times are UTC, ISO 8601. */
export interface ScheduleLook extends ScheduleMemo {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly paused: boolean;
  /** Who paused or resumed it last, and why. */
  readonly note?: string;
  readonly next: readonly string[];
  /** The last few rollouts, oldest first. */
  readonly recent: readonly { readonly rolloutId: string; readonly at: string }[];
}

/** As much as the server tells when it is asked for one schedule alone. */
export interface ScheduleDetails extends ScheduleLook {
  readonly jitterMs?: number;
  readonly endAt?: string;
  readonly running: readonly string[];
  readonly started: number;
  /** Starts left out because the one before still ran. */
  readonly skipped: number;
  /** Starts left out because Temporal was away for too long. */
  readonly missed: number;
  readonly spec: RolloutSpec;
  readonly specHash: string;
  /** In whose name its rollouts start: who made it, or changed it last. */
  readonly startsBy: Order;
}

/** What a schedule does and when: what can be changed of it. */
export interface SchedulePlan {
  readonly times: ScheduleTimes;
  readonly spec: RolloutSpec;
}

/** @returns what a schedule does now */
export const planOfSchedule = ({ name, cron, timeZone, jitterMs, endAt, spec }: ScheduleDetails): SchedulePlan => ({
  times: {
    name,
    cron,
    timeZone,
    ...(jitterMs !== undefined && { jitterMs }),
    ...(endAt !== undefined && { endAt: new Date(endAt) }),
  },
  spec,
});

const isoOf = (at: Date): string => at.toISOString();
const rolloutIdOf = (workflowId: string): string => rolloutIdOfWorkflow(workflowId) ?? workflowId;
const noteOf = ({ actor, reason }: Order): string => `${actor}: ${reason}`;

const lookOf = ({ scheduleId, memo, spec, state, info }: ScheduleSummary | ScheduleDescription): ScheduleLook => ({
  name: scheduleId,
  createdBy: (memo as unknown as ScheduleMemo).createdBy,
  cron: spec?.calendars?.[0]?.comment ?? '',
  timeZone: spec?.timezone ?? 'UTC',
  paused: state.paused,
  ...(state.note !== undefined && state.note !== '' && { note: state.note }),
  next: info.nextActionTimes.map(isoOf),
  recent: info.recentActions.map(({ action, takenAt }) => ({
    rolloutId: rolloutIdOf(action.workflow.workflowId),
    at: isoOf(takenAt),
  })),
});

function detailsOfSchedule(found: ScheduleDescription): ScheduleDetails {
  const { spec, info, action } = found;
  const [input] = (action.args ?? []) as readonly [ScheduledInput];
  return {
    ...lookOf(found),
    ...(spec.jitter !== undefined && { jitterMs: spec.jitter }),
    ...(spec.endAt !== undefined && { endAt: isoOf(spec.endAt) }),
    running: info.runningActions.map(({ workflow }) => rolloutIdOf(workflow.workflowId)),
    started: info.numActionsTaken,
    skipped: info.numActionsSkippedOverlap,
    missed: info.numActionsMissedCatchupWindow,
    spec: input.rollout.spec,
    specHash: input.specHash,
    startsBy: input.rollout.startedBy,
  };
}

/** The server makes a calendar of a cron expression, and keeps what stands behind `#` as its comment: so the expression, too. */
const timesFor = ({ cron, timeZone, jitterMs, endAt }: ScheduleTimes) => ({
  cronExpressions: [`${cron} # ${cron}`],
  timezone: timeZone,
  ...(jitterMs && { jitter: jitterMs }),
  ...(endAt && { endAt }),
});

const POLICIES = { overlap: 'SKIP', catchupWindow: CATCHUP } as const;

/** Recurring rollouts, over Temporal Schedules. */
export class Schedules {
  constructor(private readonly client: Client) {}

  /** @throws CliError (exit code 2) when there is one of that name, or when Temporal cannot read the times */
  async create(times: ScheduleTimes, spec: RolloutSpec, createdBy: Order): Promise<ScheduleDetails> {
    const { name } = times;
    const memo: ScheduleMemo = { createdBy };
    const action = await this.actionOf(name, spec, createdBy);
    try {
      const handle = await this.client.schedule.create({
        scheduleId: name,
        spec: timesFor(times),
        action,
        policies: POLICIES,
        memo: { ...memo },
      });
      return detailsOfSchedule(await handle.describe());
    } catch (cause) {
      if (!(cause instanceof ScheduleAlreadyRunning)) throw cause;
      const next = `look at it: ${COMMAND} schedule show ${name}; or delete it first`;
      throw new CliError(EXIT.usage, `there is a schedule '${name}' already; created nothing`, next, { cause });
    }
  }

  /** @returns those that start rollouts, by name */
  async list(): Promise<ScheduleLook[]> {
    const found: ScheduleLook[] = [];
    for await (const summary of this.client.schedule.list()) {
      if (summary.action?.workflowType === SCHEDULED_ROLLOUT) found.push(lookOf(summary));
    }
    return found.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** @throws CliError (exit code 1) when there is none of that name */
  show(name: string): Promise<ScheduleDetails> {
    return this.with(name, async (handle) => detailsOfSchedule(await handle.describe()));
  }

  /**
   * Changes what starts from now on; a rollout that runs goes on as it began. A pause stays.
   *
   * @param changedBy in whose name rollouts start from now on: else somebody could approve what they have set themselves
   */
  async update({ times, spec }: SchedulePlan, changedBy: Order): Promise<ScheduleDetails> {
    const { name } = times;
    const action = await this.actionOf(name, spec, changedBy);
    return this.with(name, async (handle) => {
      await handle.update(({ state }) => ({
        spec: timesFor(times),
        action,
        policies: POLICIES,
        state: { paused: state.paused, ...(state.note !== undefined && { note: state.note }) },
      }));
      return detailsOfSchedule(await handle.describe());
    });
  }

  /** Starts nothing more until it is resumed; what runs goes on. */
  pause(name: string, order: Order): Promise<void> {
    return this.with(name, (handle) => handle.pause(noteOf(order)));
  }

  resume(name: string, order: Order): Promise<void> {
    return this.with(name, (handle) => handle.unpause(noteOf(order)));
  }

  /** What runs goes on. */
  delete(name: string): Promise<void> {
    return this.with(name, (handle) => handle.delete());
  }

  /**
   * Starts a rollout now, beside the times of the schedule, also when it is paused.
   *
   * @returns the rollout's id, and whether a worker has taken it up; commands find the rollout only then
   * @throws  CliError: exit code 3 when one of its rollouts still runs, 1 when Temporal does not act on it in 10 seconds
   */
  trigger(name: string): Promise<{ readonly rolloutId: string; readonly takenUp: boolean }> {
    return this.with(name, async (handle) => {
      const before = detailsOfSchedule(await handle.describe());
      const [running] = before.running;
      if (running !== undefined) {
        const next = `watch it: ${COMMAND} rollout watch ${running}`;
        throw new CliError(EXIT.stopped, `rollout ${running} of the schedule still runs; started nothing`, next);
      }
      // The SDK would ask for ALLOW_ALL, by which the server does not remember that it runs.
      await handle.trigger('SKIP');
      const rolloutId = await startedAfter(handle, before);
      return { rolloutId, takenUp: (await soon(() => this.found(rolloutId))) === true };
    });
  }

  /** What the schedule starts. */
  private async actionOf(name: string, spec: RolloutSpec, startedBy: Order) {
    const specHash = specHashOf(spec);
    const indexed = (await missingAttributes(this.client)).length === 0;
    const rollout = { spec, startedBy, ...(indexed && { indexed }) } as const;
    const summary = summaryOf(spec);
    const input: ScheduledInput = { rollout, specHash, summary, details: detailsOf(rollout, specHash) };
    return {
      type: 'startWorkflow',
      workflowType: SCHEDULED_ROLLOUT,
      workflowId: name,
      taskQueue: TASK_QUEUE,
      args: [input],
      staticSummary: `schedule ${name}: ${summary}`,
    } as const;
  }

  private async found(rolloutId: string): Promise<true | undefined> {
    try {
      await this.client.workflow.getHandle(rolloutId).describe();
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  /** Calls on one schedule, with an error for the user when it is not there. */
  private async with<Result>(name: string, use: (handle: ScheduleHandle) => Promise<Result>): Promise<Result> {
    try {
      return await use(this.client.schedule.getHandle(name));
    } catch (cause) {
      if (!(cause instanceof ScheduleNotFoundError)) throw cause;
      const next = `list them: ${COMMAND} schedule list`;
      throw new CliError(EXIT.failed, `there is no schedule '${name}'`, next, { cause });
    }
  }
}

/** @returns the id of the first rollout that a schedule has started since */
async function startedAfter(handle: ScheduleHandle, before: ScheduleLook): Promise<string> {
  const known = new Set(before.recent.map(({ rolloutId }) => rolloutId));
  const started = await soon(async () =>
    lookOf(await handle.describe()).recent.find(({ rolloutId }) => !known.has(rolloutId)),
  );
  if (started !== undefined) return started.rolloutId;
  throw new CliError(
    EXIT.failed,
    `Temporal took the trigger and started nothing in ${PATIENCE_MS / 1_000} s`,
    `look at it: ${COMMAND} schedule show ${before.name}`,
  );
}

/** Asks again and again, until there is an answer or patience ends. */
async function soon<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer | undefined> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || Date.now() > until) return answer;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
