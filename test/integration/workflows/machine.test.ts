import { Context } from '@temporalio/activity';
import type { WorkflowUpdateFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { hubNameOf, type RolloutId } from '../../../domain/ids';
import {
  COMMANDS,
  type Command,
  effectOf,
  isFinalStatus,
  type RolloutStatus,
  STATUSES,
  TRANSITIONS,
} from '../../../domain/machine';
import type { ChangeOrder, RolloutInput } from '../../../domain/progress';
import type { RolloutSpec } from '../../../domain/spec';
import type { Activities } from '../../../activities';
import { ROLLOUT, rolloutState, STEER } from '../../../workflows/messages';
import type { rollout } from '../../../workflows';
import { HOUR, soaking, steer, approvals, windowRule } from '../../support/lives';
import {
  allSucceed,
  calmActivities,
  order,
  resultOf,
  type RolloutHandle,
  type RunShare,
  specOf,
  startedBy,
  statusIs,
  untilCancelled,
} from '../../support/rollouts';
import { startTemporal, workerOf } from '../../support/temporal';

/** How a rollout is brought into a state and kept there. */
interface Place {
  readonly spec?: Partial<RolloutSpec>;
  /** Given before the state is waited for. */
  readonly orders?: readonly (readonly [RolloutStatus, Command])[];
}

const twin = { action: { kind: 'twin', desired: { floor: 1 }, etag: '*' } } as const;
const PLACES: Readonly<Record<RolloutStatus, Place>> = {
  planning: { spec: { name: 'planning' } },
  awaitingApproval: { spec: { approvals: { ...approvals, before: 'everyWave' } } },
  waiting: { spec: { window: windowRule } },
  running: { spec: { name: 'busy' } },
  soaking: { spec: { gate: soaking } },
  held: { spec: { name: 'breaching', onBreach: 'hold' } },
  paused: { spec: { gate: soaking }, orders: [['soaking', 'pause']] },
  catchingUp: { spec: { name: 'straggling', offline: { quorum: 0, catchUpMs: HOUR } } },
  watching: { spec: { watch: { forMs: HOUR, everyMs: HOUR } } },
  rollingBack: { spec: { name: 'undoing', gate: soaking }, orders: [['soaking', 'rollback']] },
  aborting: { spec: { name: 'stuck' }, orders: [['running', 'abort']] },
  completed: { spec: { name: 'closing' } },
  aborted: { spec: { name: 'closing', gate: soaking }, orders: [['soaking', 'abort']] },
  denied: {
    spec: { name: 'closing', approvals: { ...approvals, before: 'everyWave' } },
    orders: [['awaitingApproval', 'deny']],
  },
  rolledBack: { spec: { name: 'closing', gate: soaking }, orders: [['soaking', 'rollback']] },
};

/** Stays until the test is over, whatever it is asked. */
const stay = async (): Promise<never> => {
  const context = Context.current();
  const beating = setInterval(() => context.heartbeat(), 500);
  await over;
  clearInterval(beating);
  throw new Error('the test is over');
};
let finish: () => void = () => undefined;
const over = new Promise<void>((resolve) => (finish = resolve));

const runShare: RunShare = async (input) => {
  const name = input.rolloutId.split('--')[1];
  const [size, done] = [[5, 20, 75][input.wave - 1] ?? 1, resultOf({ pending: 1 }, 'cancelled')];
  if (name === 'stuck') return stay();
  if (name === 'breaching' && input.wave === 1) return resultOf({ failed: 5 }, 'failureLimit');
  if (name === 'straggling' && input.pass === 'wave') return resultOf({ succeeded: size - 1, offline: 1 });
  const waits =
    input.mode === 'run' &&
    (name === 'busy' ||
      (name === 'straggling' && input.pass === 'catchUp') ||
      (name === 'undoing' && input.pass === 'rollback'));
  if (!waits) return allSucceed(input);
  await untilCancelled();
  return done;
};

/** Rollouts whose ledgers were closed, and whose end was told. */
const closed: string[] = [];
const ended: string[] = [];

const activities: Activities = {
  ...calmActivities(),
  runShare,
  planRollout: (input) => (input.spec.name === 'planning' ? stay() : calmActivities().planRollout(input)),
  nextOpening: ({ after }) =>
    Promise.resolve({
      opensAt: new Date(Date.parse(after) + HOUR).toISOString(),
      shutsAt: new Date(Date.parse(after) + 2 * HOUR).toISOString(),
    }),
  closeRollout: (input) => {
    closed.push(input.rolloutId);
    return input.state.name === 'closing' ? stay() : calmActivities().closeRollout(input);
  },
  notify: ({ notice }) => {
    ended.push(notice.rolloutId);
    return Promise.resolve({ kind: 'delivered', tries: 1 });
  },
};

let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
beforeAll(async () => {
  env = await startTemporal();
  worker = await workerOf(env, 'machine', activities);
  running = worker.run();
});
afterAll(async () => {
  finish();
  worker.shutdown();
  await running;
  await env.teardown();
});

async function placed(status: RolloutStatus, command: Command | 'cancel' | 'repeat'): Promise<RolloutHandle> {
  const { spec = {}, orders = [] } = PLACES[status];
  const name = spec.name ?? 'calm';
  const rolloutId = `${status.toLowerCase()}-${command}--${name}` as RolloutId;
  const target = { kind: 'query', hubs: [hubNameOf('west')], where: '*' } as const;
  const notify = [{ url: 'https://ops.test', format: 'json', on: ['ended'] }] as const;
  const input: RolloutInput = { rolloutId, spec: specOf({ ...twin, target, notify, ...spec, name }), startedBy };
  const handle = await env.client.workflow.start<typeof rollout>(ROLLOUT, {
    workflowId: rolloutId,
    taskQueue: 'machine',
    args: [input],
  });
  for (const [at, given] of orders) {
    await statusIs(handle, at);
    await steer(handle, given);
  }
  await statusIs(handle, status);
  return handle;
}

/** What a command answers, in a state: the new status, or the refusal. */
async function answerTo(status: RolloutStatus, command: Command): Promise<RolloutStatus | 'refused'> {
  const handle = await placed(status, command);
  try {
    const change = command === 'change' ? { settings: { minimum: 2 } } : {};
    return (await steer(handle, command, change)).status;
  } catch (error) {
    const { message } = (error as WorkflowUpdateFailedError).cause ?? {};
    if (message?.startsWith('GS_ORDER_REFUSED') !== true) throw error;
    return 'refused';
  } finally {
    await handle.terminate().catch(() => undefined); // an abort of the planning has ended it already
  }
}

/** Temporal's own cancel comes without a person's order; the state `aborting` cannot be ended by anything. */
const OPEN = STATUSES.filter((status) => !isFinalStatus(status) && status !== 'aborting');

it.each(OPEN)("takes Temporal's own cancel for an abort in the state %s", async (status) => {
  const handle = await placed(status, 'cancel');
  await handle.cancel();

  const state = await handle.result();

  expect(state).toMatchObject({ status: 'aborted' });
  expect(state.decisions.at(-1)).toMatchObject({ kind: 'abort', order: { actor: 'temporal' } });
  expect(state.waves.map((wave) => wave.status)).not.toContain('running');
  expect(ended.filter((rolloutId) => rolloutId === handle.workflowId)).toHaveLength(1);
  expect(closed.filter((rolloutId) => rolloutId === handle.workflowId)).toHaveLength(status === 'planning' ? 0 : 1);
});

it('carries an order out once, however often it is sent under its id, and refuses what is stale', async () => {
  const handle = await placed('held', 'repeat');
  const { decisionCount } = await handle.query(rolloutState);
  const once = { updateId: 'change-1', args: [{ ...order, settings: { minimum: 3 } }] as [ChangeOrder] };
  await handle.executeUpdate(STEER.change, once);
  await handle.executeUpdate(STEER.change, once);

  const stale = await steer(handle, 'proceed', { seen: decisionCount }).catch((error: unknown) => error);
  const { decisions, status } = await handle.query(rolloutState);
  await handle.terminate();

  expect(decisions.filter(({ kind }) => kind === 'change')).toHaveLength(1);
  expect((stale as WorkflowUpdateFailedError).cause?.message).toMatch(/GS_ORDER_REFUSED.*look again/);
  expect(status).toBe('held');
});

const AFTER: Readonly<Partial<Record<Command, RolloutStatus>>> = {
  pause: 'paused',
  deny: 'denied',
  abort: 'aborting',
  rollback: 'rollingBack',
};

it.each(STATUSES)('answers each command in the state %s as the table says', async (status) => {
  const answers = await Promise.all(COMMANDS.map((command) => answerTo(status, command)));

  for (const [index, command] of COMMANDS.entries()) {
    const answer = answers[index];
    const effect = effectOf(command, status);
    if (effect === 'refused') expect([command, answer]).toEqual([command, 'refused']);
    else if (effect === 'again') expect([command, answer]).toEqual([command, status]);
    else if (AFTER[command] !== undefined) expect([command, answer]).toEqual([command, AFTER[command]]);
    else expect([status, ...TRANSITIONS[status]]).toContain(answer);
  }
});
