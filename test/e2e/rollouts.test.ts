import { join } from 'node:path';
import { deviceIdsOf } from '../../device/behaviour';
import { eventually } from '../support/eventually';
import { groundswell, LocalStack, type TwinView } from './support/local-stack';
import { type OpenPage, openPage } from '../support/open-page';
import type { Finished, Program } from './support/processes';

let stack: LocalStack;
let worker: Program;
beforeAll(async () => {
  stack = await LocalStack.start();
  worker = await stack.startWorker();
});
afterAll(async () => {
  await stack.stop();
});

const calls = ({ properties }: TwinView): number => properties.reported.calls?.lockDoor ?? 0;
const tagsOf = (kind: string): string => JSON.stringify({ kind });
const twinsOf = async (kind: string): Promise<readonly TwinView[]> =>
  (await stack.hub()).twins.filter(({ tags }) => tags['kind'] === kind);
const jobsOf = async (rolloutId: string): Promise<string[]> =>
  (await stack.hub()).jobs.map(({ jobId }) => jobId).filter((jobId) => jobId.startsWith(`${rolloutId}-w`));

/** lock-doors for the devices of another kind. */
const lockSpec = (kind: string, waves: string, batch: number): string => `
apiVersion: groundswell/v1
name: ${kind}
target: { hubs: [main], where: "tags.kind = '${kind}'" }
action: { method: { name: lockDoor } }
waves: ${waves}
gate: { failureLimit: 5%, minimum: 1, successTarget: 95%, soak: 1s }
batch: { size: ${batch}, timeout: 2m }
onBreach: abort
`;

/** The state in what `rollout status --json` says, as far as the tests look at it. */
interface Status {
  readonly status: string;
  readonly plan: Planned;
  readonly waves: readonly { readonly status: string; readonly deviceCount: number; readonly tally: Tally }[];
}
interface Planned {
  readonly fingerprint: string;
  readonly waves: readonly object[];
}
interface Tally {
  readonly succeeded: number;
  readonly failed: number;
}

const statusOf = async (rolloutId: string): Promise<Status> => {
  const { stdout } = await stack.groundswell('rollout', 'status', rolloutId, '--json').finished;
  return (JSON.parse(stdout) as { state: Status }).state;
};

describe('a move', () => {
  const count = 4; // so long takes the pace of the service: 2 s a device
  const ids = deviceIdsOf('mover', count);
  const namesOn = async (hub: string): Promise<string[]> =>
    (await stack.hub(hub)).twins.map(({ deviceId }) => deviceId).sort();
  let fleet: Program;
  beforeAll(async () => {
    fleet = await stack.startFleet(['--group', 'devices', '--prefix', 'mover', '--count', `${count}`]);
  });
  afterAll(() => fleet.stop());

  it('takes all doors of an enrollment group to the other hub by the example, and the webhook is seen to be well', async () => {
    expect(await namesOn('main')).toEqual(ids);
    const doctor = await stack.groundswell('doctor').finished;
    expect(doctor.stdout).toMatch(/^found +allocation webhook .*\n.*answers with its key, and refuses without$/m);

    const run = await stack.groundswell('rollout', 'start', 'examples/rollouts/move-hub.yaml', '--watch').finished;

    expect(run).toExitWith(0);
    expect(await namesOn('main')).toEqual([]);
    expect(await namesOn('east')).toEqual(ids);
    for (const { tags } of (await stack.hub('east')).twins) {
      expect(tags).toMatchObject({ kind: 'door', building: 42 });
    }
  });
});

describe('the examples', () => {
  let fleet: Program;
  beforeAll(async () => {
    fleet = await stack.startFleet(['--count', '100']);
  });
  afterAll(() => fleet.stop());

  it('lock every door exactly once, though the rollout is started twice at the same time', async () => {
    const starts = [1, 2].map(() => stack.groundswell('rollout', 'start', 'examples/lock-doors.yaml', '--watch'));
    const ends = await Promise.all(starts.map(({ finished }) => finished));

    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(await stack.groundswell('audit', 'lock-doors').finished).toExitWith(0);
    const doors = await twinsOf('door');
    expect(doors).toHaveLength(100);
    expect(new Set(doors.map(calls))).toEqual(new Set([1]));
    expect((await jobsOf('lock-doors')).sort()).toEqual(
      ['w1-p1-b1', 'w2-p1-b1', 'w3-p1-b1', 'w3-p1-b2'].map((batch) => `lock-doors-${batch}-a1`),
    );
  });

  it('move every door to building 43, floor 3, in its tags, its desired and its reported properties', async () => {
    const run = await stack.groundswell('rollout', 'start', 'examples/move-in.yaml', '--watch').finished;

    expect(run).toExitWith(0);
    const place = { building: 43, floor: 3 };
    const doors = await twinsOf('door');
    expect(doors).toHaveLength(100);
    for (const { tags, properties } of doors) {
      expect({ tags, ...properties }).toMatchObject({ tags: place, desired: place, reported: place });
    }
  });
});

it('loses and repeats nothing when the worker is killed in the middle of a wave', async () => {
  const fleet = await stack.startFleet(['--count', '60', '--prefix', 'crash', '--tags', tagsOf('crash'), '--delay-ms', '2000']); // prettier-ignore
  const spec = await stack.spec('crash', lockSpec('crash', '[5, 50%, rest]', 10));
  const rollout = stack.groundswell('rollout', 'start', spec, '--watch');
  await rollout.line(/wave 2\/3 started/);
  while ((await jobsOf('crash')).length < 3) continue; // wave 1 has one job: wave 2 is at its second

  await worker.stop('SIGKILL');
  worker = await stack.startWorker();
  const run = await rollout.finished;

  expect(run).toExitWith(0);
  expect((await statusOf('crash')).waves.map(({ tally }) => tally.succeeded)).toEqual([5, 30, 25]);
  expect((await twinsOf('crash')).map(calls)).toEqual(Array<number>(60).fill(1));
  expect((await jobsOf('crash')).sort()).toEqual(
    ['w1-p1-b1', 'w2-p1-b1', 'w2-p1-b2', 'w2-p1-b3', 'w3-p1-b1', 'w3-p1-b2', 'w3-p1-b3'].map(
      (batch) => `crash-${batch}-a1`,
    ),
  );
  await fleet.stop();
});

it('stops before the next wave when a tenth of the doors jam, and the audit says why', async () => {
  const fleet = await stack.startFleet(['--count', '40', '--prefix', 'jam', '--tags', tagsOf('jam'), '--fail-share', '0.1']); // prettier-ignore
  const spec = await stack.spec('jam', lockSpec('jam', '[5, 50%, rest]', 50));

  const run = await stack.groundswell('rollout', 'start', spec, '--watch').finished;

  expect(run).toExitWith(3);
  const { status, waves } = await statusOf('jam');
  expect(status).toBe('aborted');
  const stopped = waves.findIndex((wave) => wave.status === 'stopped');
  const { tally } = waves[stopped] ?? { tally: { succeeded: 0, failed: 0 } };
  const touched = waves.slice(0, stopped + 1).reduce((sum, { deviceCount }) => sum + deviceCount, 0);
  expect(touched).toBeLessThan(40);
  expect((await twinsOf('jam')).map(calls).sort()).toEqual([
    ...Array<number>(40 - touched).fill(0),
    ...Array<number>(touched).fill(1),
  ]);
  const audit = await stack.groundswell('audit', 'jam').finished;
  expect(audit.stdout).toMatch(
    new RegExp(`abort .*failed ${tally.failed} of ${tally.succeeded + tally.failed} finished \\(.*%\\), limit 5%`),
  );
  await fleet.stop();
});

describe('plans and records', () => {
  const fleets: Program[] = [];
  const [saved, older] = ['record.plan.json', 'record-2.plan.json'];
  const fleetOf = async (prefix: string, count: number): Promise<void> => {
    fleets.push(await stack.startFleet(['--count', `${count}`, '--prefix', prefix, '--tags', tagsOf('record')]));
  };
  const ends = (...commands: string[][]): Promise<Finished[]> =>
    Promise.all(commands.map((args) => stack.groundswell(...args).finished));
  let spec: string;
  beforeAll(async () => {
    await fleetOf('record', 4);
    spec = await stack.spec('record', lockSpec('record', '[1, rest]', 2));
  });
  afterAll(() => Promise.all(fleets.map((fleet) => fleet.stop())));

  it('runs a saved plan exactly, and refuses one from before a device came, having begun nothing', async () => {
    const [file, stale] = [join(stack.dir, saved), join(stack.dir, older)];
    const [plan] = await ends(
      ['rollout', 'plan', spec, '--out', file, '--json'],
      ['rollout', 'plan', spec, '--id', 'record-2', '--out', stale],
    );
    const [run] = await ends(['rollout', 'start', '--plan', file, '--watch']);
    expect(run).toExitWith(0);
    const { plan: ran, waves } = await statusOf('record');
    const planned = JSON.parse(plan?.stdout ?? '') as Planned;
    expect(ran).toMatchObject({ fingerprint: planned.fingerprint, waves: planned.waves });
    expect(waves.map(({ deviceCount, tally }) => [deviceCount, tally.succeeded])).toEqual([[1, 1], [3, 3]]); // prettier-ignore

    await fleetOf('late', 1);
    const [refused] = await ends(['rollout', 'start', '--plan', stale]);

    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused?.stderr).toMatch(/GS_PLAN_STALE: .*wave 2/);
    expect(await jobsOf('record-2')).toEqual([]);
    expect(await stack.records('record-2')).toEqual([]);
    expect((await twinsOf('record')).map(calls).sort()).toEqual([0, 1, 1, 1, 1]);
    const [again] = await ends(['rollout', 'start', spec, '--id', 'record-2', '--watch']);
    expect(again).toExitWith(0); // the id was free
  });

  it("tells a device's story over both rollouts in order, and of a device that none has", async () => {
    const [both, late, none] = await ends(['device', 'record-0001'], ['device', 'late-0001'], ['device', 'nobody']);

    expect([both?.code, late?.code, none?.code]).toEqual([0, 0, 0]);
    const attempt = (id: string): string =>
      `${id} on hub main\n +\\d{4}-\\d\\d-\\d\\d .*  wave [12], batch [12], attempt 1: succeeded with status 200.* \\(job ${id}-w[12]-p1-b[12]-a1\\)`;
    expect(both?.stdout).toMatch(new RegExp(`^record-0001: in 2 rollouts .*\n\n${attempt('record')}\n\n${attempt('record-2')}$`)); // prettier-ignore
    expect(late?.stdout).toMatch(new RegExp(`^late-0001: in 1 rollout .*\n\n${attempt('record-2')}$`));
    expect(none?.stdout).toMatch(/^nobody: no rollout has it \(\d+ rollouts looked at\)$/);
  });

  it('names the records of a closed rollout that were forged or deleted since', async () => {
    const [whole] = await ends(['audit', 'record', '--verify']);
    expect(whole).toExitWith(0);
    expect(whole?.stdout).toMatch(/^\d+ records are as they were when the rollout was closed\.$/);
    const records = await stack.records('record');
    const [deleted = '', forged = ''] = records.filter((path) => path.includes('/results/'));

    const { refused } = await stack.tamper(forged, deleted);

    expect(refused).toEqual({ status: 403, code: 'AuthorizationPermissionMismatch' });
    const [found, other] = await ends(['audit', 'record', '--verify'], ['audit', 'record-2', '--verify']);
    expect(found).toMatchObject({ code: 1, stdout: `missing  ${deleted}\naltered  ${forged}` });
    expect(other).toExitWith(0);
  });
});

describe('the page', () => {
  const ids = deviceIdsOf('seen', 6);
  let fleet: Program;
  let open: OpenPage;
  beforeAll(async () => {
    const args = ['--prefix', 'seen', '--count', `${ids.length}`, '--tags', tagsOf('seen'), '--telemetry-ms', '1000'];
    [fleet, open] = await Promise.all([stack.startFleet(args), openPage(stack.pageAddress)]);
  });
  afterAll(async () => {
    await open.close();
    await fleet.stop();
  });

  it('shows what devices send as it comes', async () => {
    const { page } = open;
    const messages = page.locator('.body .row', { hasText: ids[0] ?? '' }).locator('.count');
    await page.locator('[data-live=live]').waitFor();
    for (const id of ids) await page.locator('.body .row', { hasText: id }).waitFor();

    const before = await messages.textContent();

    await eventually(async () => expect(await messages.textContent()).not.toBe(before));
    expect(await page.locator('[data-live=live]').count()).toBe(1); // told, not loaded anew
  });

  it('shows a wave fill and wait, lets it go on with a reason, and the history has both', async () => {
    const { page } = open;
    const approvals = 'approvals: { before: [2], requesterMay: true }';
    const spec = await stack.spec('seen', `${lockSpec('seen', '[2, rest]', 10)}${approvals}\n`);
    expect(await stack.groundswell('rollout', 'start', spec).finished).toExitWith(0);

    await page.getByRole('link', { name: 'Rollouts', exact: true }).click();
    await page.getByRole('link', { name: 'seen' }).click();
    const filled = (wave: number, deviceCount: number) =>
      page.locator(`[role=progressbar][aria-label="Wave ${wave}"][aria-valuenow="${deviceCount}"]`).waitFor();
    await filled(1, 2);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByLabel('Reason').fill('the first two are well');
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await filled(2, 4);
    await page.getByText('completed').first().waitFor();

    const audit = await stack.groundswell('audit', 'seen').finished;
    expect(audit.stdout).toMatch(/approve.*@.*the first two are well/);
    expect((await twinsOf('seen')).map(calls)).toEqual(ids.map(() => 1));
    expect(open.complaints).toEqual([]);
  });

  it('is deployed to the static website, and deployed again leaves it alone', async () => {
    const outputs = JSON.parse(stack.outputs) as { telemetry: { pageUrl: string } };
    const signIn = { authority: 'https://login.microsoftonline.com/tenant', audience: 'functions-app' };
    const input = JSON.stringify({ ...outputs, telemetry: { ...outputs.telemetry, signIn } });
    const deploy = () =>
      stack.node(['dist/cli/main.js', 'page', 'deploy', '--outputs', '-', '--client-id', 'page-app'], input).finished;

    const [first, second] = [await deploy(), await deploy()];

    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[1-9]\d* uploaded, 0 unchanged, 0 removed/) as string }); // prettier-ignore
    expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(/^0 uploaded, [1-9]\d* unchanged, 0 removed/) as string }); // prettier-ignore
    const get = `fetch(process.argv[1]).then(async (r) => console.log(r.status, r.headers.get('cache-control'), await r.text()))`;
    const { stdout } = await stack.node(['-e', get, `${outputs.telemetry.pageUrl}/`]).finished;
    expect(stdout).toMatch(/^200 no-cache <!doctype html>/i);
    expect(stdout).toContain("connect-src 'self' https://");
  });
});

it('hands out, prints and logs no key when it brings the infrastructure up', async () => {
  const run = await stack.groundswell('up').finished;
  const { stdout, stderr } = run;

  expect(run).toExitWith(0);
  expect(stdout).toMatch(/^changed stack local: \d+ same$/m);
  expect(stdout).toContain('"auth": "entra"');
  const shown = [stdout, stderr, stack.outputs, await stack.logs()].join('\n');
  expect(shown).not.toMatch(/(SharedAccess|Account|Access)Key=/);
  expect(shown).not.toContain(new URL(stack.pageAddress).hash.replace('#token=', ''));
});

const TEN_MISTAKES = `
apiVersion: groundswell/v1
name: Bad Name
target: { hubs: [], where: 7 }
action: { method: { name: "", responseTimeout: 1s } }
waves: [0, rest]
gate: { failureLimit: 120%, minimum: 0 }
batch: { size: many }
onBreach: shrug
`;

it('lists all ten mistakes of a spec with their places, and asks nothing of any server', async () => {
  const spec = await stack.spec('mistakes', TEN_MISTAKES);
  const nowhere = { ...process.env, TEMPORAL_ADDRESS: '127.0.0.1:1' };

  const { code, stderr } = await groundswell(['rollout', 'start', spec, '--id', 'mistakes'], nowhere).finished;

  expect(code).toBe(2);
  const places = stderr.match(/mistakes\.yaml:\d+:\d+ \S+(?=:)/g)?.map((line) => line.split(' ')[1]);
  expect(places?.sort()).toEqual([
    'action.method.name',
    'action.method.responseTimeout',
    'batch.size',
    'gate.failureLimit',
    'gate.minimum',
    'name',
    'onBreach',
    'target.hubs',
    'target.where',
    'waves[0]',
  ]);
  expect(await stack.groundswell('rollout', 'status', 'mistakes').finished).toExitWith(1);
});
