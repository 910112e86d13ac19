import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createArbiterActivities, createClaims } from '../../../activities/slots';
import { hubNameOf } from '../../../domain/ids';
import { SEARCH_KEYS, TASK_QUEUE } from '../../../workflows/messages';
import { eventually } from '../../support/eventually';
import {
  addressOf,
  fakeActivities,
  type Fleet,
  groundswell,
  groundswellIn,
  type Run,
  startWorker,
  until,
} from './stand';
import { type Person, startPageApi } from './page-api';
import { createDeviceLists } from '../../../activities/ledger/device-list';
import { fakeHub } from '../../support/fake-hub';
import { names, shareOf, shareSpec } from '../../support/shares';
import { gateOf } from '../../support/specs';
import { startTemporal } from '../../support/temporal';

let env: TestWorkflowEnvironment;
let folder: string;
let worker: { stop(): Promise<void> } | undefined;

beforeAll(async () => {
  [env, folder] = await Promise.all([startTemporal(), mkdtemp(join(tmpdir(), 'groundswell-cli-'))]);
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
});
afterAll(async () => {
  await env.teardown();
  await rm(folder, { recursive: true });
});

const serve = async (fleet: Fleet): Promise<void> => {
  worker = await startWorker(env.nativeConnection, fakeActivities(fleet));
};

const run = (...argv: string[]): Run => groundswell(addressOf(env), ...argv);

/** Writes a spec; a later wave holds 20 % and all that are left. */
async function specFile(name: string, onBreach: 'hold' | 'abort' = 'abort', soak = '0s'): Promise<string> {
  const file = join(folder, `${name}-${onBreach}-${soak}.yaml`);
  await writeFile(
    file,
    `apiVersion: groundswell/v1
name: ${name}
target: { hubs: [main], where: "tags.building = 43" }
action: { method: { name: lockDoor } }
waves: [5, 20%, rest]
gate: { failureLimit: 5%, successTarget: 95%, soak: ${soak} }
onBreach: ${onBreach}
`,
  );
  return file;
}

async function text({ code, out, err }: Run): Promise<{ code: number; out: string; err: string }> {
  return { code: await code, out: out(), err: err() };
}

it('plans without starting anything', async () => {
  await serve({ deviceCount: 100 });

  const plan = await text(run('rollout', 'plan', await specFile('plan-only')));
  const status = await text(run('rollout', 'status', 'plan-only'));

  expect(plan).toMatchObject({ code: 0, err: '' });
  expect(plan.out).toContain('100 devices: devices of main where tags.building = 43');
  expect(plan.out).toMatch(/│ 2 +│ 20% +│ +20 │ main: 20/);
  expect(status).toExitWith(1);
  expect(status.err).toContain("there is no rollout 'plan-only'");
});

it('follows a rollout to its end in plain lines and answers 0', async () => {
  await serve({ deviceCount: 100 });

  const started = await text(
    run(
      'rollout',
      'start',
      await specFile('all-good', 'abort', '1s'),
      '--watch',
      '--as',
      'ana',
      '--reason',
      'fire drill',
    ),
  );

  expect(started).toExitWith(0);
  const lines = started.out.split('\n').map((line) => line.replace(/^\S+Z /, ''));
  expect(lines).toEqual(
    expect.arrayContaining([
      'started rollout all-good',
      'planned: 100 devices in 3 waves',
      'wave 1/3 started: 5 devices',
      'gate after wave 1: proceed (successTarget: succeeded 5 of 5 (100%), target 95%)',
      'wave 3/3 started: 75 devices',
      expect.stringMatching(/^wave 3\/3 ended after .*: 75 succeeded$/),
      expect.stringMatching(/^completed after .*: 100 succeeded$/),
    ]),
  );
  expect(started.out).toMatch(/│ all +│ completed +│ +100 │ +100 │/);
});

it('starts a rollout once, however often it is asked, and refuses another spec under its id', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  await serve({ deviceCount: 10, gate: () => gate });
  const spec = await specFile('once');

  const first = await text(run('rollout', 'start', spec, '--json'));
  const second = await text(run('rollout', 'start', spec));
  const other = await text(run('rollout', 'start', await specFile('once', 'hold')));
  const runs = await env.client.workflow.count("WorkflowId = 'once'");
  release();
  const third = await text(run('rollout', 'start', spec, '--watch'));

  expect(JSON.parse(first.out)).toMatchObject({ kind: 'started', rolloutId: 'once' });
  expect(second).toExitWith(0);
  expect(second.out).toContain('rollout once exists with this very spec (');
  expect(other).toExitWith(2);
  expect(other.err).toContain('the id once is in use for another spec');
  expect(runs.count).toBe(1);
  expect(third).toExitWith(0);
});

it('answers 3 when the gate aborts, and the audit says why with the numbers', async () => {
  await serve({ deviceCount: 100, failing: (wave) => (wave === 2 ? 2 : 0), crashing: 1 });

  const started = await text(
    run('rollout', 'start', await specFile('breach'), '--watch', '--as', 'ana', '--reason', 'drill'),
  );
  const audit = await text(run('audit', 'breach'));

  expect(started).toExitWith(3);
  expect(started.out).not.toContain('wave 3/3 started');
  expect(audit).toExitWith(0);
  const story = audit.out
    .trim()
    .split('\n')
    .map((line) => line.slice('2026-11-21 11:03:22Z  '.length));
  expect(story).toEqual([
    expect.stringMatching(/^started by ana: drill \(spec breach, SHA-256 [0-9a-f]{64}\)$/),
    'planned: 100 devices in waves of 5, 20, 75',
    'wave 1 on main started',
    'wave 1 on main: attempt 2 took over; the one before failed: the hub went away',
    expect.stringMatching(/^wave 1 on main ended after .*: 5 succeeded$/),
    'gate after wave 1: proceed (successTarget: succeeded 5 of 5 (100%), target 95%)',
    'wave 2 on main started',
    expect.stringMatching(/^wave 2 on main ended after .*, stopped early \(failureLimit\): 18 succeeded, 2 failed$/),
    'gate after wave 2: abort (failureLimit: failed 2 of 20 finished (10%), limit 5%)',
    expect.stringMatching(/^ledger closed: /),
    expect.stringMatching(/^aborted: 23 succeeded, 2 failed, 75 pending; failed 2 of 20 finished/),
  ]);
});

it('answers 3 at a hold with the commands to type, goes on when told to, and the audit names who said so', async () => {
  await serve({ deviceCount: 100, failing: (wave) => (wave === 1 ? 1 : 0) });
  const spec = await specFile('held', 'hold');

  const held = await text(run('rollout', 'start', spec, '--watch'));
  const proceeded = await text(run('rollout', 'proceed', 'held', '--reason', 'known bad door', '--as', 'ben'));
  const watched = await text(run('rollout', 'watch', 'held', '--json'));
  const again = await text(run('rollout', 'proceed', 'held', '--reason', 'twice'));
  const audit = await text(run('audit', 'held', '--json'));

  expect(held).toExitWith(3);
  expect(held.out).toContain('npx groundswell rollout proceed held --reason');
  expect(proceeded).toExitWith(0);
  const looks = watched.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { state: { status: string } });
  expect(watched).toExitWith(0);
  expect(looks.at(-1)?.state.status).toBe('completed');
  expect(again).toExitWith(3);
  expect(again.err).toContain('proceed refused: the rollout has ended (completed)');
  expect((JSON.parse(audit.out) as { entries: unknown[] }).entries).toContainEqual(
    expect.objectContaining({
      kind: 'ordered',
      what: 'proceed',
      wave: 1,
      order: { actor: 'ben', reason: 'known bad door' },
    }),
  );
});

it('lets Ctrl-C end the watching and not the rollout, which an abort then ends', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  await serve({ deviceCount: 40, gate: () => gate });

  const watching = run('rollout', 'start', await specFile('watched'), '--watch');
  await until(() => watching.out().includes('wave 1/3: 1 of 5 done'));
  watching.interrupt();
  const stopped = await text(watching);
  const status = await text(run('rollout', 'status', 'watched'));
  const aborting = await text(run('rollout', 'abort', 'watched', '--reason', 'enough'));
  release();
  const end = await text(run('rollout', 'watch', 'watched'));
  const refused = await text(run('rollout', 'proceed', 'watched', '--reason', 'no, go on'));

  expect(stopped).toExitWith(130);
  expect(stopped.err).toContain('the rollout goes on');
  expect(status).toExitWith(0);
  expect(status.out).toContain('watched: running');
  expect(aborting).toExitWith(0);
  expect(end).toExitWith(3);
  expect(end.out).toContain('aborted');
  expect(refused).toExitWith(3);
});

it('lists which devices of a rollout failed, out of the ledger, by page and filter', async () => {
  const failing = names(6).slice(2);
  const hub = fakeHub({ devices: names(10), statusOf: (id) => (failing.includes(id) ? 500 : 200) });
  const { run: runShare, ledger } = await shareOf(hub, shareSpec({ gate: gateOf({ failureLimit: 1 }) }));
  await runShare();
  const activities = { ...fakeActivities({ deviceCount: 1 }), ...createDeviceLists(ledger) };
  worker = await startWorker(env.nativeConnection, activities);
  const devices = (...argv: string[]) => text(run('rollout', 'devices', ...argv));

  const some = await devices('lock-doors', '--limit', '3');
  const all = await devices('lock-doors', '--json');
  const none = await devices('lock-doors', '--outcome', 'timedOut,offline');
  const noWave = await devices('lock-doors', '--wave', '2');
  const noHub = await devices('lock-doors', '--hub', 'east', '--json');

  expect(some).toMatchObject({ code: 0, err: '' });
  expect(some.out).toMatch(/^4 devices: 4 failed\n {2}4 × 500 /);
  expect(some.out.match(/failed {5}main {2}door-0[2-5] {2}wave 1, attempt 1: 500 /g)).toHaveLength(3);
  expect(some.out).toContain('1 more; all of them: the same command with --limit all, or --json');
  const rows = all.out.trim().split('\n');
  expect(rows.map((row) => (JSON.parse(row) as { deviceId: string }).deviceId).sort()).toEqual(failing);
  expect(none).toMatchObject({ code: 0, out: '0 devices: none\n' });
  expect(noWave).toMatchObject({ code: 2, out: '' });
  expect(noWave.err).toContain("--wave: got 2; allowed: 1 to 1, the rollout's waves");
  expect(noHub).toMatchObject({ code: 2, out: '' });
  expect(noHub.err).toContain("--hub: got 'east'; allowed: main, the rollout's hubs");
});

it('refuses to proceed what is not held, in the words of the rollout', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  await serve({ deviceCount: 10, gate: () => gate });
  const watching = run('rollout', 'start', await specFile('busy'), '--watch');
  await until(() => watching.out().includes('wave 1'));

  const refused = await text(run('rollout', 'proceed', 'busy', '--reason', 'hurry'));
  release();

  expect(refused).toExitWith(3);
  expect(refused.err).toContain('proceed is not possible while it is running');
  expect(await text(watching)).toExitWith(0);
});

it('is shown to the page and goes on by its word, from those who may and for the moment that they have seen', async () => {
  const twin = { hub: 'main', deviceId: 'door-1', etag: 'e', connectionState: 'Connected' };
  const known = (deviceId: string) => Promise.resolve(deviceId === 'door-1' ? twin : null);
  const activities = fakeActivities({ deviceCount: 10 });
  const readTwin = ({ deviceId }: { deviceId: string }) => known(deviceId);
  worker = await startWorker(env.nativeConnection, { ...activities, readTwin } as typeof activities);
  const api = await startPageApi(addressOf(env));
  try {
    const file = await specFile('paged');
    await appendFile(file, 'approvals: { before: [2] }\n');
    expect(await text(run('rollout', 'start', file))).toExitWith(0);
    await eventually(async () => expect((await api.rollout('paged')).state?.waitsFor?.for).toBe('approval'));
    const approve = async (who: Person, seen?: number) =>
      (await api.post(who, '/api/rollouts/paged/approve', { reason: 'well', ...(seen !== undefined && { seen }) }))
        .status;
    const { decisionCount = 0 } = (await api.rollout('paged')).state ?? {};

    expect(decisionCount).toBeGreaterThan(0);
    expect(await approve('reader', decisionCount)).toBe(403);
    expect(await approve('steerer', decisionCount - 1)).toBe(409);
    expect(await approve('steerer', decisionCount)).toBe(200);

    await eventually(async () => expect((await api.rollout('paged')).state?.status).toBe('completed'));
    expect((await text(run('audit', 'paged'))).out).toMatch(/stan@contoso\.test.*well/);
    expect(api.log()).toMatch(/"control":"approve","callerId":"id-of-stan@contoso.test","result":"accepted"/);
    const paths = ['rollouts', 'rollouts/nobody', 'devices/main/door-1/twin', 'devices/main/door-2/twin'];
    const statuses = await Promise.all(paths.map(async (path) => (await api.get('reader', `/api/${path}`)).status));
    expect(statuses).toEqual([200, 404, 200, 404]);
  } finally {
    await api.close();
  }
});

it('says that no worker polls, waits, and goes on when one comes', async () => {
  const server = await startTemporal();
  try {
    const watching = groundswell(addressOf(server), 'rollout', 'start', await specFile('patient'), '--watch');
    await until(() => watching.err().includes('no worker answers'));
    const status = await text(groundswell(addressOf(server), 'rollout', 'status', 'patient'));
    const late = await startWorker(server.nativeConnection, fakeActivities({ deviceCount: 10 }));
    const code = await watching.code;
    await late.stop();

    expect(watching.err()).toContain(`No worker polls the task queue '${TASK_QUEUE}'`);
    expect(status).toMatchObject({ code: 0, err: '' });
    expect(status.out).toContain('the state is not known');
    expect(code).toBe(0);
    expect(watching.err()).toContain('a worker answers again');
  } finally {
    await server.teardown();
  }
});

it('answers 1 for a rollout that failed, and shows why', async () => {
  const activities = fakeActivities({ deviceCount: 10 });
  const { ApplicationFailure } = await import('@temporalio/common');
  worker = await startWorker(env.nativeConnection, {
    ...activities,
    planRollout: () => Promise.reject(ApplicationFailure.nonRetryable('GS_TARGET_EMPTY: the target matches no device')),
  });

  const started = await text(run('rollout', 'start', await specFile('failing'), '--watch'));

  expect(started).toExitWith(1);
  expect(started.out).toContain('failed: GS_TARGET_EMPTY: the target matches no device');
});

describe('what Temporal itself ends', () => {
  let release: () => void;
  let inFlight: number;
  /** Rollouts that were on the hub when one was planned. */
  let others: (readonly string[])[];

  beforeEach(async () => {
    await text(run('search-attributes', '--register'));
    const open = new Promise<void>((resolve) => (release = resolve));
    const gate = (): Promise<void> => {
      inFlight += 1;
      return open;
    };
    const activities = fakeActivities({ deviceCount: 10, gate });
    [inFlight, others] = [0, []];
    worker = await startWorker(env.nativeConnection, {
      ...activities,
      ...createArbiterActivities(),
      async planRollout(input) {
        others.push(await createClaims().rolloutsOn(hubNameOf('main')));
        return activities.planRollout(input);
      },
    });
  });
  afterEach(() => release());

  const begun = async (name: string): Promise<void> => {
    const before = inFlight;
    expect(await text(run('rollout', 'start', await specFile(name)))).toExitWith(0);
    await until(() => inFlight > before);
  };
  const listed = async (...filter: string[]) =>
    JSON.parse((await text(run('rollout', 'list', '--json', ...filter))).out) as { rolloutId: string }[];

  it('shows a terminated rollout as such, by whom and why, and frees its hub for the next', async () => {
    await begun('forced');
    await env.client.workflow.getHandle('forced').terminate('the key is lost');

    const status = await text(run('rollout', 'status', 'forced'));
    const watched = await text(run('rollout', 'watch', 'forced'));
    const audit = await text(run('audit', 'forced'));
    const refused = await text(run('rollout', 'abort', 'forced', '--reason', 'too late'));
    const again = await text(run('rollout', 'start', await specFile('forced')));
    await eventually(async () =>
      expect(await listed()).toContainEqual(
        expect.objectContaining({ rolloutId: 'forced', execution: 'TERMINATED', state: 'running' }),
      ),
    );
    const running = await listed('--state', 'running');
    await begun('after-forced');
    release();
    const next = await text(run('rollout', 'watch', 'after-forced'));

    expect(status).toExitWith(0);
    expect(status.out).toMatch(/^forced: terminated \(/);
    expect(status.out).toMatch(/^terminated: the key is lost \(by \d+@.+\)$/m);
    expect(watched).toExitWith(1);
    expect(audit).toExitWith(0);
    expect(audit.out.trim().split('\n').at(-1)).toMatch(
      /terminated: the key is lost \(by \d+@.+\); under way, and not brought to rest: wave 1 on main$/,
    );
    expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('has ended (terminated)') as string });
    expect(again.out).toContain('exists with this very spec (terminated); started nothing');
    expect(running.map(({ rolloutId }) => rolloutId)).not.toContain('forced');
    expect(others).toEqual([[], []]);
    expect(next).toExitWith(0);
  });

  it('leaves a cancelled rollout findable as aborted', async () => {
    await begun('cancelled');
    const handle = env.client.workflow.getHandle('cancelled');
    await handle.cancel();
    release();
    await handle.result();

    const { typedSearchAttributes } = await handle.describe();
    expect(typedSearchAttributes.get(SEARCH_KEYS.state)).toBe('aborted');
    expect(await text(run('rollout', 'watch', 'cancelled'))).toExitWith(3);
    await eventually(async () =>
      expect(await listed('--state', 'aborted')).toContainEqual(expect.objectContaining({ rolloutId: 'cancelled' })),
    );
  });
});

it.each([['start'], ['status'], ['audit']])('names a namespace that is not there: %s', async (command) => {
  const argv = {
    start: ['rollout', 'start', await specFile('nowhere')],
    status: ['rollout', 'status', 'nowhere'],
    audit: ['audit', 'nowhere'],
  };
  const asked = await text(groundswellIn('no-such', addressOf(env), ...argv[command as keyof typeof argv]));

  expect(asked).toExitWith(1);
  expect(asked.err).toContain("has no namespace 'no-such'");
});
