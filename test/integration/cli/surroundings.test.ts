import { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { main } from '../../../cli/main';
import { dataConverterOf, parseKeys } from '../../../codec';
import { ARBITER } from '../../../domain/arbiter';
import { TASK_QUEUE } from '../../../workflows/messages';
import { versioningOf } from '../../../worker/versioning';
import { createArbiterActivities } from '../../../activities/slots';
import { inspectServer } from '../../../cli/rollout/server-checks';
import { collectingIo } from '../../cli/collecting-io';
import { eventually } from '../../support/eventually';
import { startTemporal } from '../../support/temporal';
import { addressOf, fakeActivities } from './stand';

const DIST = join(__dirname, '../../../dist/worker');
const PLAIN = { codePath: join(DIST, 'workflow-bundle.js') };
const ENCRYPTING = { codePath: join(DIST, 'workflow-bundle-encrypting.js') };
const SPEC = join(__dirname, '../../../examples/lock-doors.yaml');
const line = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const [OLD, NEW] = [line('2025'), line('2026')];

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await startTemporal();
});
afterAll(() => env.teardown());

const groundswell = async (settings: Record<string, string>, ...argv: string[]) => {
  const io = collectingIo({ env: { TEMPORAL_ADDRESS: addressOf(env), TEMPORAL_NAMESPACE: 'default', ...settings } });
  return { code: await main(argv, io), out: io.out(), err: io.err() };
};

/** What `doctor` says of the server. */
const server = (address = addressOf(env)) =>
  inspectServer(collectingIo({ env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default' } }));

/** Runs a worker for as long as `during` takes. */
async function withWorker<Result>(options: Partial<WorkerOptions>, during: () => Promise<Result>): Promise<Result> {
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: PLAIN,
    activities: fakeActivities({ deviceCount: 20, crashing: 1 }),
    ...options,
  });
  return worker.runUntil(during());
}

describe('encryption', () => {
  const keys = (text: string) => ({ GROUNDSWELL_CODEC_KEYS: text });
  const ID = 'secret-doors';

  it('leaves nothing of a spec, of a reason or of a failure in the history, and the audit reads it all', async () => {
    const options = { workflowBundle: ENCRYPTING, dataConverter: dataConverterOf(parseKeys(OLD, 'test')) };
    const started = await withWorker(options, () =>
      groundswell(
        keys(OLD),
        'rollout',
        'start',
        SPEC,
        '--id',
        ID,
        '--as',
        'ada',
        '--reason',
        'a quiet reason',
        '--watch',
      ),
    );
    const { connection } = env;
    const raw = await new Client({ connection }).workflow.getHandle(ID).fetchHistory();
    const clear = historyToJSON(raw).replace(/"[A-Za-z0-9+/]{8,}={0,2}"/g, (text) =>
      Buffer.from(text.slice(1, -1), 'base64').toString('latin1'),
    );
    const audit = await groundswell(keys(OLD), 'audit', ID);

    expect(started).toExitWith(0);
    expect(clear).not.toMatch(/lockDoor|quiet reason|the hub went away|successTarget|specHash":\s*"[0-9a-f]/);
    expect(audit).toMatchObject({ code: 0, out: expect.stringContaining('a quiet reason') as string });
    expect(audit.out).toContain('the hub went away');
  });

  it('is read after a rotation of keys, and never without the right one', async () => {
    const rotated = await groundswell(keys(`${NEW}\n${OLD}`), 'audit', ID);
    const without = await groundswell({}, 'audit', ID);
    const wrong = await groundswell(keys(line('2025')), 'audit', ID);

    expect(rotated.out).toContain('a quiet reason');
    expect(without).toMatchObject({ code: 1, err: expect.stringContaining('GS_CODEC_KEY_UNKNOWN') as string });
    expect(without.err).toContain('id=2025');
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('GS_CODEC_KEY_WRONG') as string });
    expect(wrong.err).not.toContain(' at ');
  });
});

describe('search attributes', () => {
  it('are said to be missing, and no list pretends to filter without them', async () => {
    await expect(groundswell({}, 'search-attributes')).resolves.toMatchObject({
      code: 1,
      out: expect.stringContaining('missing  GroundswellState') as string,
    });
    expect(await server()).toMatchObject([
      { name: 'Temporal server', status: 'found' },
      { name: 'search attributes', status: 'absent', note: expect.stringContaining('--register') as string },
      { name: 'worker' },
      { name: 'worker versions', status: 'absent' },
    ]);
    await expect(groundswell({}, 'rollout', 'list', '--state', 'held')).resolves.toMatchObject({ code: 1, out: '' });
    await expect(groundswell({}, 'rollout', 'list')).resolves.toMatchObject({
      code: 0,
      err: expect.stringContaining('lacks the search attributes') as string,
    });
  });

  it('are registered, and list rollouts by hub and requester from then on', async () => {
    await expect(groundswell({}, 'search-attributes', '--register')).resolves.toExitWith(0);
    const actor = 'ada (on call)';
    await withWorker({}, async () => {
      await groundswell({}, 'rollout', 'start', SPEC, '--id', 'listed', '--as', actor, '--watch');
      // A watch ends at the final state; the workflow closes its ledger after that, and needs the worker for it.
      await env.client.workflow.getHandle('listed').result();
    });
    const list = (...filter: string[]) => groundswell({}, 'rollout', 'list', '--json', ...filter);

    await eventually(async () =>
      expect(JSON.parse((await list('--requester', actor, '--hub', 'main')).out)).toMatchObject([
        { rolloutId: 'listed', execution: 'COMPLETED', hubs: ['main'], requester: actor },
      ]),
    );
    expect(JSON.parse((await list('--hub', 'other')).out || '[]')).toEqual([]);
    expect((await groundswell({}, 'rollout', 'list')).out).toContain('listed');
    await expect(list('--requester', 'ada" OR ""="')).resolves.toExitWith(2);
  });
});

describe('worker versions', () => {
  const build = (buildId: string) =>
    versioningOf({ TEMPORAL_DEPLOYMENT_NAME: 'groundswell', TEMPORAL_WORKER_BUILD_ID: buildId }, PLAIN.codePath);
  const buildOf = async (workflowId: string): Promise<string | null | undefined> => {
    const { raw } = await env.client.workflow.getHandle(workflowId).describe();
    return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
  };
  const makeCurrent = (buildId: string) =>
    eventually(() =>
      env.client.workflowService.setWorkerDeploymentCurrentVersion({
        namespace: 'default',
        deploymentName: 'groundswell',
        buildId,
      }),
    );
  const start = (id: string) => groundswell({}, 'rollout', 'start', SPEC, '--id', id);

  it('keep a rollout on the build that began it, begin new ones on the current one, and move the arbiter', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { findLost } = createArbiterActivities();
    const activities = { ...fakeActivities({ deviceCount: 20, gate: () => gate }), findLost };
    const arbiter = ARBITER.workflowIdOf('main' as Parameters<typeof ARBITER.workflowIdOf>[0]);

    await withWorker({ activities, workerDeploymentOptions: await build('1') }, async () => {
      await makeCurrent('1');
      await start('begun-on-1');
      await env.client.workflow.start(ARBITER.workflow, {
        taskQueue: TASK_QUEUE,
        workflowId: arbiter,
        args: [{ hub: 'main' }],
      });
      await eventually(async () => expect([await buildOf('begun-on-1'), await buildOf(arbiter)]).toEqual(['1', '1']));
      await withWorker({ activities, workerDeploymentOptions: await build('2') }, async () => {
        await makeCurrent('2');
        await eventually(async () =>
          expect(await server()).toMatchObject([
            {},
            { name: 'search attributes', status: 'found' },
            { name: 'worker', status: 'found' },
            { name: 'worker versions', status: 'found', version: 'groundswell.2' },
          ]),
        );
        await start('begun-on-2');
        await eventually(async () => expect(await buildOf('begun-on-2')).toBe('2'));
        await env.client.workflow.getHandle(arbiter).executeUpdate(ARBITER.claim, { args: ['begun-on-1'] });
        await eventually(async () => expect(await buildOf(arbiter)).toBe('2'));
        open();
        await Promise.all(['begun-on-1', 'begun-on-2'].map((id) => env.client.workflow.getHandle(id).result()));
      });
    });

    expect([await buildOf('begun-on-1'), await buildOf('begun-on-2')]).toEqual(['1', '2']);
    await env.client.workflow.getHandle(arbiter).terminate();
  });
});
