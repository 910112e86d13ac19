import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARBITER, type ArbiterState } from '../../../domain/arbiter';
import { type HubName, hubNameOf, type RolloutId } from '../../../domain/ids';
import { eventually } from '../../support/eventually';
import type { SlotUse } from '../../support/slot-workflows';
import { startTemporal, suggestAfter } from '../../support/temporal';

const QUEUE = 'slots';
const WORKER = join(__dirname, '../../support/slot-worker.cjs');
/** Events of a run, so that one test need not give a thousand updates; the other tests come nowhere near. */
const CONTINUES_AFTER = 300;
let env: TestWorkflowEnvironment;
let worker: ChildProcess;
let folder: string;

/** What a job's worker wrote when it began, and when it ended. */
interface JobLine {
  readonly what: 'begins' | 'ends';
  readonly id: string;
  readonly rolloutId: string;
}

async function startWorker(): Promise<ChildProcess> {
  const { address } = env.connection.options;
  const args = [WORKER, address, QUEUE, join(folder, 'bundle.js'), folder];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

beforeAll(async () => {
  env = await startTemporal(suggestAfter(CONTINUES_AFTER));
  folder = mkdtempSync(join(tmpdir(), 'groundswell-slots-'));
  const workflowsPath = require.resolve('../../support/slot-workflows');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  writeFileSync(join(folder, 'bundle.js'), code);
  writeFileSync(join(folder, 'log'), '');
  worker = await startWorker();
});

afterAll(async () => {
  worker.kill('SIGKILL');
  await env.teardown();
  rmSync(folder, { recursive: true });
});

const newHub = (): HubName => hubNameOf(`hub-${randomUUID()}`);
const linesOf = (users: readonly { readonly workflowId: string }[]): JobLine[] =>
  readFileSync(join(folder, 'log'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JobLine)
    .filter(({ rolloutId }) => users.some(({ workflowId }) => workflowId === rolloutId));

const use = async (hub: HubName, change: Partial<SlotUse> = {}) => {
  const rolloutId = randomUUID() as string as RolloutId;
  const args = [{ hub, rolloutId, priority: 3, of: 1, jobs: 3, isHeld: false, ...change }];
  return env.client.workflow.start('slotUser', { workflowId: rolloutId, taskQueue: QUEUE, args });
};

type User = Awaited<ReturnType<typeof use>>;

/** Lets held jobs of a user end: the first `jobs` of them, or all. */
function letGo({ workflowId }: User, jobs = 1_000): void {
  const file = join(folder, workflowId);
  writeFileSync(`${file}.part`, String(jobs));
  renameSync(`${file}.part`, file); // the worker never reads half of it
}

const stateOf = (hub: HubName): Promise<ArbiterState> =>
  env.client.workflow.getHandle(ARBITER.workflowIdOf(hub)).query<ArbiterState>(ARBITER.state);
const holds = (hub: HubName, user: { readonly workflowId: string }) =>
  eventually(async () => expect((await stateOf(hub)).held).toMatchObject([{ rolloutId: user.workflowId }]));
const waits = (hub: HubName, user: { readonly workflowId: string }) =>
  eventually(async () =>
    expect((await stateOf(hub)).waiting.map(({ rolloutId }) => rolloutId)).toContain(user.workflowId),
  );

/** The most jobs at once. A job that begins again, since its worker was killed, is the same job. */
function mostAtOnce(lines: readonly JobLine[]): number {
  const running = new Set<string>();
  return Math.max(
    ...lines.map(({ what, id }) => {
      if (what === 'begins') running.add(id);
      else running.delete(id);
      return running.size;
    }),
  );
}

it('lets two rollouts on a hub with one slot both finish, in turns, and never two jobs at once', async () => {
  const hub = newHub();
  const users = [await use(hub, { isHeld: true }), await use(hub, { isHeld: true })] as const;
  const begun = () => linesOf(users).filter(({ what }) => what === 'begins');
  await eventually(() => expect(begun()).toHaveLength(1));
  const [first, second] = begun()[0]?.rolloutId === users[0].workflowId ? users : users.toReversed();
  const turns = [first, second, first, second, first, second];

  for (const [index, user] of turns.entries()) {
    const next = turns[index + 1];
    await eventually(() => expect(begun().at(index)?.rolloutId).toBe(user.workflowId));
    if (next) await waits(hub, next); // a job that ends before the other has asked is followed by its own next one
    letGo(user, Math.floor(index / 2) + 1);
  }
  await Promise.all(users.map((user) => user.result()));

  expect(linesOf(users)).toHaveLength(12);
  expect(mostAtOnce(linesOf(users))).toBe(1);
});

it('keeps one job at a time when the worker is killed in the middle, and all finish', async () => {
  const hub = newHub();
  const users = [await use(hub, { isHeld: true }), await use(hub, { isHeld: true })];
  await eventually(() => expect(linesOf(users)).toHaveLength(1));

  worker.kill('SIGKILL');
  worker = await startWorker();
  for (const user of users) letGo(user);
  await Promise.all(users.map((user) => user.result()));
  const lines = linesOf(users);

  expect(lines.filter(({ what }) => what === 'ends').length).toBeGreaterThanOrEqual(6);
  expect(mostAtOnce(lines)).toBe(1);
});

it('runs as many at once as the hub has slots', async () => {
  const hub = newHub();
  const users = await Promise.all(Array.from({ length: 3 }, () => use(hub, { of: 2, isHeld: true })));
  await eventually(async () => {
    const { held, waiting } = await stateOf(hub);
    expect([held, waiting].map(({ length }) => length)).toEqual([2, 1]);
  });
  await eventually(() => expect(linesOf(users)).toHaveLength(2));

  for (const user of users) letGo(user);
  await Promise.all(users.map((user) => user.result()));

  expect(mostAtOnce(linesOf(users))).toBe(2);
});

it('gives the slot to the rollout of the higher priority first', async () => {
  const hub = newHub();
  const first = await use(hub, { isHeld: true, jobs: 1 });
  await holds(hub, first);
  const low = await use(hub, { priority: 4, jobs: 1 });
  await waits(hub, low);
  const high = await use(hub, { priority: 1, jobs: 1 });
  await waits(hub, high);

  letGo(first);
  await Promise.all([first, low, high].map((user) => user.result()));
  const begun = linesOf([first, low, high]).filter(({ what }) => what === 'begins');

  expect(begun.map(({ rolloutId }) => rolloutId)).toEqual([first, high, low].map(({ workflowId }) => workflowId));
});

it('frees the lease of a rollout that was terminated, and leaves one that works its own, however long others wait', async () => {
  const [left, kept] = [newHub(), newHub()];
  const held = async (hub: HubName) => {
    const holder = await use(hub, { isHeld: true });
    await holds(hub, holder);
    const next = await use(hub, { jobs: 1 });
    await waits(hub, next);
    return { holder, next };
  };
  const [terminated, working] = await Promise.all([held(left), held(kept)]);
  const checks = async (): Promise<number> => {
    const { events } = await env.client.workflow.getHandle(ARBITER.workflowIdOf(kept)).fetchHistory();
    return events?.filter(({ activityTaskCompletedEventAttributes: checked }) => checked).length ?? 0;
  };

  await terminated.holder.terminate();

  await expect(terminated.next.result()).resolves.not.toThrow();
  await eventually(async () => expect(await checks()).toBeGreaterThanOrEqual(1));
  await holds(kept, working.holder);
  await waits(kept, working.next);
  await Promise.all([working.holder.terminate(), working.next.terminate()]);
});

it('is asked again by who waits when somebody has ended it', async () => {
  const hub = newHub();
  const holder = await use(hub, { isHeld: true });
  await holds(hub, holder);
  const next = await use(hub, { jobs: 1 });
  await waits(hub, next);

  await env.client.workflow.getHandle(ARBITER.workflowIdOf(hub)).terminate();

  await expect(next.result()).resolves.not.toThrow();
  await holder.terminate();
});

it('knows which rollouts claim the hub, and forgets those that give it up', async () => {
  const hub = newHub();
  const rolloutId = randomUUID() as string as RolloutId;
  const options = { workflowId: rolloutId, taskQueue: QUEUE, args: [{ hub, rolloutId }] };
  const handle = await env.client.workflow.start('claimer', options);
  await eventually(async () => expect((await stateOf(hub)).claims).toEqual([rolloutId]));

  await handle.signal('go');
  await handle.result();

  expect((await stateOf(hub)).claims).toEqual([]);
});

it('refuses a request without slots, and keeps nothing of it', async () => {
  const hub = newHub();
  const user = await use(hub, { jobs: 1, isHeld: true });
  await holds(hub, user);
  const handle = env.client.workflow.getHandle(ARBITER.workflowIdOf(hub));
  const bad = { id: 'x', rolloutId: 'x', priority: 3, slots: 0, of: 1, fence: 1 };

  await expect(handle.executeUpdate(ARBITER.request, { args: [bad] })).rejects.toMatchObject({
    cause: { message: expect.stringContaining('"slots":0') as string },
  });
  expect((await stateOf(hub)).waiting).toEqual([]);
  letGo(user);
  await user.result();
});

it('continues as new without losing who holds and who waits', async () => {
  const hub = newHub();
  const holder = await use(hub, { isHeld: true });
  await holds(hub, holder);
  const next = await use(hub, { jobs: 1 });
  await waits(hub, next);
  const handle = env.client.workflow.getHandle(ARBITER.workflowIdOf(hub));
  const usersOf = ({ held, waiting }: ArbiterState) => [held, waiting].map((slots) => slots.map(({ id }) => id));
  const [{ runId }, before] = await Promise.all([handle.describe(), stateOf(hub)]);
  const again = async (): Promise<void> => {
    while ((await handle.describe()).runId === runId)
      for (let i = 0; i < 10; i += 1)
        await handle.executeUpdate(ARBITER.release, { args: [{ id: 'nobody', fence: 1 }] });
  };

  await Promise.all(Array.from({ length: 4 }, again));

  expect(usersOf(await stateOf(hub))).toEqual(usersOf(before));
  await Promise.all([holder.terminate(), next.terminate()]);
});

it('keeps what it is told while it asks who is lost', async () => {
  const hub = newHub();
  const taskQueue = 'checked';
  let [asked, answer] = [(): void => undefined, (): void => undefined];
  const asking = new Promise<void>((resolve) => (asked = resolve));
  const answering = new Promise<void>((resolve) => (answer = resolve));
  const findLost = async () => {
    asked();
    await answering;
    return { ended: [], idle: [] };
  };
  const workflowBundle = { codePath: join(folder, 'bundle.js') };
  const checker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle,
    activities: { findLost },
  });

  await checker.runUntil(async () => {
    const options = { workflowId: ARBITER.workflowIdOf(hub), taskQueue, args: [{ hub }] };
    const handle = await env.client.workflow.start('hubArbiter', options);
    const ask = (id: string) =>
      handle.executeUpdate(ARBITER.request, { args: [{ id, rolloutId: id, priority: 3, slots: 1, of: 1, fence: 1 }] });
    await ask('holder');
    await ask('next');
    await asking;

    await handle.executeUpdate(ARBITER.release, { args: [{ id: 'holder', fence: 1 }] });
    await ask('last');
    answer();
    await eventually(async () => {
      const { events = [] } = await handle.fetchHistory();
      expect(events?.filter(({ activityTaskCompletedEventAttributes: ended }) => ended)).toHaveLength(1);
    });

    const { held, waiting } = await stateOf(hub);
    expect([held, waiting].map((slots) => slots.map(({ id }) => id))).toEqual([['next'], ['last']]);
    await handle.terminate();
  });
});
