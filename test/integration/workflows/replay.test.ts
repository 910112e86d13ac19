import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { hubNameOf } from '../../../domain/ids';
import { tallyOf } from '../../../domain/tally';
import { abortRollout, proceedRollout, rolloutState } from '../../../workflows/messages';
import { eventually } from '../../support/eventually';
import { allSucceed, type RolloutHandle, sizeOfWave, specOf, withRollout } from '../../support/rollouts';
import { quiet, startTemporal, workflowBundle } from '../../support/temporal';

const HISTORIES = join(__dirname, '../../histories');
const order = { actor: 'grace', reason: 'seen enough' };
const held = (handle: RolloutHandle) =>
  eventually(async () => expect(await handle.query(rolloutState)).toMatchObject({ status: 'held' }));
const soak = { ...specOf().gate, soakMs: 10 };

type Scenario = Parameters<typeof withRollout>[1] & { readonly during?: (handle: RolloutHandle) => Promise<unknown> };

/** One shape of a rollout's life each. `RECORD_HISTORIES=1` runs them and saves what the server keeps. */
const SCENARIOS: Record<string, Scenario> = {
  completed: {
    spec: specOf({ gate: soak, target: { kind: 'query', hubs: ['west', 'east'].map(hubNameOf), where: '*' } }),
  },
  breached: {
    runWave: (input) =>
      input.wave === 2
        ? Promise.resolve({ tally: tallyOf({ succeeded: 7, failed: 3, pending: 10 }), stopped: 'failureLimit' })
        : allSucceed(input),
  },
  'held-then-proceeded': {
    spec: specOf({ onBreach: 'hold' }),
    runWave: (input) =>
      input.wave === 1 && input.limit === 'asked'
        ? Promise.resolve({ tally: tallyOf({ failed: 2, pending: 3 }), stopped: 'failureLimit' })
        : allSucceed(input),
    during: async (handle) => {
      await held(handle);
      await handle.executeUpdate(proceedRollout, { args: [order] });
    },
  },
  aborted: {
    runWave: async (input) => {
      if (input.wave === 1) return allSucceed(input);
      const context = Context.current();
      const beating = setInterval(() => context.heartbeat(), 100);
      await context.cancelled.catch(() => undefined);
      clearInterval(beating);
      return { tally: tallyOf({ succeeded: 2, pending: sizeOfWave(input) - 2 }), stopped: 'cancelled' };
    },
    during: async (handle) => {
      await eventually(async () =>
        expect(await handle.query(rolloutState)).toMatchObject({
          waves: [{ status: 'passed' }, { status: 'running' }, {}],
        }),
      );
      await handle.executeUpdate(abortRollout, { args: [order] });
    },
  },
};

async function record(env: TestWorkflowEnvironment, name: string, { during, ...scenario }: Scenario): Promise<void> {
  const history = await withRollout(env, scenario, async (handle) => {
    await during?.(handle);
    await handle.result();
    return handle.fetchHistory();
  });
  const json = JSON.parse(historyToJSON(history), (_key, value: unknown) =>
    typeof value === 'string' ? value.replace(/^\d+@.+?(?=-[0-9a-f]{8,}$|$)/, 'recorder') : value,
  ) as object;
  writeFileSync(join(HISTORIES, `${name}.json`), `${JSON.stringify(json, null, 2)}\n`);
}

const saved = (name: string): unknown => JSON.parse(readFileSync(join(HISTORIES, `${name}.json`), 'utf8'));
interface ScheduledEvent {
  readonly eventType: string;
  readonly activityTaskScheduledEventAttributes?: object;
}

const withActivity = (event: ScheduledEvent, name: string): ScheduledEvent => ({
  ...event,
  activityTaskScheduledEventAttributes: { ...event.activityTaskScheduledEventAttributes, activityType: { name } },
});

const replay = (json: unknown) => Worker.runReplayHistory({ workflowBundle }, historyFromJSON(json));

if (process.env.RECORD_HISTORIES !== '1') beforeAll(quiet);

if (process.env.RECORD_HISTORIES === '1') {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    env = await startTemporal();
    for (const [name, scenario] of Object.entries(SCENARIOS)) await record(env, name, scenario);
  }, 120_000);
  afterAll(() => env.teardown());
}

it.each(Object.keys(SCENARIOS))('replays the saved history of a rollout that was %s', async (name) => {
  await expect(replay(saved(name))).resolves.toBeUndefined();
});

it('has a scenario for every saved history', () => {
  expect(readdirSync(HISTORIES).sort()).toEqual(
    Object.keys(SCENARIOS)
      .map((name) => `${name}.json`)
      .sort(),
  );
});

it('refuses a history in which the second wave did something else: the comparison works', async () => {
  const { events } = saved('completed') as { events: ScheduledEvent[] };
  const second = events.filter(({ eventType }) => eventType === 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED').at(-1);
  const altered = events.map((event) => (event === second ? withActivity(event, 'anotherActivity') : event));

  await expect(replay({ events: altered })).rejects.toBeInstanceOf(DeterminismViolationError);
});
