import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Life, LIVES } from '../../support/lives';
import { type RolloutHandle, withRollout } from '../../support/rollouts';
import { quiet, startTemporal, suggestAfter, workflowBundle } from '../../support/temporal';

const HISTORIES = join(__dirname, '../../histories');

/** All runs of a rollout, from the first on. */
async function historiesOf({ client, workflowId, firstExecutionRunId }: RolloutHandle): Promise<object[]> {
  const found: object[] = [];
  let runId: string | undefined = firstExecutionRunId;
  while (runId) {
    const history: Awaited<ReturnType<RolloutHandle['fetchHistory']>> = await client
      .getHandle(workflowId, runId)
      .fetchHistory();
    found.push(JSON.parse(historyToJSON(history), anonymous) as object);
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return found;
}

/** The machine that recorded is nobody's business. */
const anonymous = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/^\d+@.+?(?=-[0-9a-f]{8,}$|$)/, 'recorder') : value;

function lifeOf(name: string): Life {
  const life = LIVES[name];
  if (life === undefined) throw new Error(`there is no life ${name}`);
  return life();
}

/** `RECORD_HISTORIES=1` lives every life on a real server and saves what it keeps, a file a run. */
async function record(name: string): Promise<void> {
  const { during, ends, continuesAfter, ...scenario } = lifeOf(name);
  const env = await startTemporal(...(continuesAfter === undefined ? [] : [suggestAfter(continuesAfter)]));
  try {
    const histories = await withRollout(env, scenario, async (handle) => {
      await during?.(handle);
      await (ends === undefined ? handle.result() : handle.result().catch(() => undefined));
      return historiesOf(handle);
    });
    for (const [index, history] of histories.entries()) {
      const file = histories.length === 1 ? name : `${name}-${index + 1}`;
      writeFileSync(join(HISTORIES, `${file}.json`), `${JSON.stringify(history, null, 1)}\n`);
    }
  } finally {
    await env.teardown();
  }
}

const saved = (file: string): unknown => JSON.parse(readFileSync(join(HISTORIES, file), 'utf8'));
interface ScheduledEvent {
  readonly eventType: string;
  readonly activityTaskScheduledEventAttributes?: object;
}

const withActivity = (event: ScheduledEvent, name: string): ScheduledEvent => ({
  ...event,
  activityTaskScheduledEventAttributes: { ...event.activityTaskScheduledEventAttributes, activityType: { name } },
});

const replay = (json: unknown) => Worker.runReplayHistory({ workflowBundle }, historyFromJSON(json));

quiet();
if (process.env.RECORD_HISTORIES === '1') {
  beforeAll(async () => {
    for (const file of readdirSync(HISTORIES)) rmSync(join(HISTORIES, file));
    for (const name of Object.keys(LIVES)) await record(name);
  });
}

/** The files of a life: one, or one a run. */
const filesOf = (name: string): string[] =>
  readdirSync(HISTORIES).filter((file) => new RegExp(`^${name}(-\\d+)?\\.json$`).test(file));

it.each(Object.keys(LIVES))('replays the saved history of a rollout that was %s', async (name) => {
  expect(filesOf(name)).not.toHaveLength(0);
  for (const file of filesOf(name)) await expect(replay(saved(file))).resolves.toBeUndefined();
});

it('has a life for every saved history', () => {
  expect(readdirSync(HISTORIES).sort()).toEqual(Object.keys(LIVES).flatMap(filesOf).sort());
});

it('refuses a history in which the second wave did something else: the comparison works', async () => {
  const { events } = saved('completed.json') as { events: ScheduledEvent[] };
  const shares = events.filter((event) => JSON.stringify(event).includes('"name":"runShare"'));
  const altered = events.map((event) => (event === shares[2] ? withActivity(event, 'anotherActivity') : event));

  await expect(replay({ events: altered })).rejects.toBeInstanceOf(DeterminismViolationError);
});
