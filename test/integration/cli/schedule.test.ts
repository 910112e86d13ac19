import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { addressOf, fakeActivities, groundswell, startWorker } from './stand';
import { SEARCH_KEYS } from '../../../workflows/messages';
import { eventually } from '../../support/eventually';
import { startTemporal } from '../../support/temporal';

let env: TestWorkflowEnvironment;
let folder: string;
let spec: string;
let worker: { stop(): Promise<void> };
let release = (): void => undefined;

beforeAll(async () => {
  [env, folder] = await Promise.all([startTemporal(), mkdtemp(join(tmpdir(), 'groundswell-schedule-'))]);
  const open = new Promise<void>((resolve) => (release = resolve));
  worker = await startWorker(env.nativeConnection, fakeActivities({ deviceCount: 10, gate: () => open }));
  spec = join(folder, 'spec.yaml');
  await writeFile(
    spec,
    'apiVersion: groundswell/v1\nname: lock-doors\ntarget: { hubs: [main], where: "*" }\naction: { method: { name: lockDoor } }\nwaves: [5, rest]\n',
  );
});
afterAll(async () => {
  await worker.stop();
  await env.teardown();
  await rm(folder, { recursive: true });
});

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, out, err } = groundswell(addressOf(env), ...argv);
  return { code: await code, out: out(), err: err() };
}

const created = (name: string, ...more: string[]) =>
  run('schedule', 'create', name, spec, '--cron', '0 2 * * SUN', '--time-zone', 'Europe/Berlin', ...more);

interface Shown {
  readonly next: readonly string[];
  readonly running: readonly string[];
  readonly endAt?: string;
}
const shown = async (name: string): Promise<Shown> =>
  JSON.parse((await run('schedule', 'show', name, '--json')).out) as Shown;

it('starts rollouts that every command finds by their ids, one at a time', async () => {
  await run('search-attributes', '--register');
  const create = await created('nightly', '--as', 'ana', '--reason', 'key rotation');
  const trigger = await run('schedule', 'trigger', 'nightly', '--json');
  const { rolloutId } = JSON.parse(trigger.out) as { rolloutId: string };
  const again = await run('schedule', 'trigger', 'nightly');
  const { running } = await shown('nightly');
  release();
  const watched = await run('rollout', 'watch', rolloutId);
  const audit = await run('audit', rolloutId);
  const { typedSearchAttributes } = await env.client.workflow.getHandle(rolloutId).describe();

  expect(create).toExitWith(0);
  expect(create.out).toContain('0 2 * * SUN (Europe/Berlin)');
  expect(rolloutId).toMatch(/^nightly-\d{4}-\d\d-\d\dt\d{6}z$/);
  expect(running).toEqual([rolloutId]);
  expect(again).toMatchObject({ code: 3, out: '' });
  expect(again.err).toContain(`rollout ${rolloutId} of the schedule still runs; started nothing`);
  expect(watched).toExitWith(0);
  expect(typedSearchAttributes.get(SEARCH_KEYS.requester)).toBe('ana');
  expect(typedSearchAttributes.get(SEARCH_KEYS.hubs)).toEqual(['main']);
  expect(audit.out).toMatch(/started by ana: key rotation \(spec lock-doors, SHA-256 [0-9a-f]{64}\)/);
});

it('starts by the clock of its zone, in summer and in winter, up to the end of its last day there', async () => {
  const times = ['--cron', '0 2 1 * *', '--time-zone', 'Europe/Berlin', '--until', '2099-06-30'];
  await run('schedule', 'create', 'monthly', spec, ...times);

  const { next, endAt } = await shown('monthly');

  // Ten months hold both.
  const hours = next.map((at) => at.slice(8, 16)).toSorted();
  expect(new Set(hours)).toEqual(new Set(['01T00:00', '01T01:00']));
  expect(endAt).toBe('2099-06-30T21:59:59.000Z');
});

it('keeps who paused it and why, starts nothing by itself meanwhile, and goes on when resumed', async () => {
  await created('paused');

  const pause = await run('schedule', 'pause', 'paused', '--reason', 'change freeze', '--as', 'ben');
  const whilePaused = await run('schedule', 'show', 'paused');
  await run('schedule', 'resume', 'paused', '--reason', 'freeze is over', '--as', 'ben');
  const after = await run('schedule', 'show', 'paused');
  const mute = await run('schedule', 'pause', 'paused');

  expect(pause).toMatchObject({ code: 0, out: 'paused schedule paused\n' });
  expect(whilePaused.out).toMatch(/^next +paused$/m);
  expect(whilePaused.out).toMatch(/^note +ben: change freeze$/m);
  expect(after.out).toMatch(/^note +ben: freeze is over$/m);
  expect(after.out).toMatch(/^next +\d{4}-/m);
  expect(mute).toExitWith(2);
});

it('changes spec and times of later starts, shows what changes, keeps a pause, and does nothing twice', async () => {
  await created('changed', '--as', 'ana', '--jitter', '5m', '--until', '2099-06-30');
  await run('schedule', 'pause', 'changed', '--reason', 'freeze', '--as', 'ben');
  const other = join(folder, 'other.yaml');
  await writeFile(other, (await readFile(spec, 'utf8')).replace('[5, rest]', '[2, rest]'));
  const update = (...more: string[]) =>
    run('schedule', 'update', 'changed', other, '--cron', '0 3 * * SUN', '--no-until', '--as', 'eva', ...more);

  const preview = await update('--preview');
  const before = await run('schedule', 'show', 'changed');
  const update1 = await update('--reason', 'policy 8');
  const update2 = await update();
  const after = await run('schedule', 'show', 'changed');
  const wrong = await update('--cron', 'daily');
  const none = await run('schedule', 'update', 'nowhere', other);

  const changes = [
    '- times.cron: "0 2 * * SUN"',
    '+ times.cron: "0 3 * * SUN"',
    '- times.endAt: "2099-06-30T21:59:59.000Z"',
    '- spec.waves.sizes: [{"kind":"count","count":5},{"kind":"rest"}]',
    '+ spec.waves.sizes: [{"kind":"count","count":2},{"kind":"rest"}]',
  ];
  expect(preview).toMatchObject({ code: 0, err: 'a preview; nothing was changed\n' });
  expect(preview.out.trim().split('\n')).toEqual(changes);
  expect(before.out).toMatch(/^starts +0 2 \* \* SUN/m);
  expect(update1).toExitWith(0);
  expect(update1.out).toContain('changed schedule changed');
  expect(update2).toMatchObject({ code: 0, out: '', err: 'schedule changed is so already\n' });
  expect(after.out).toMatch(/^starts +0 3 \* \* SUN \(Europe\/Berlin\)$/m);
  expect(after.out).toMatch(/^jitter +up to 5 min/m);
  expect(after.out).not.toMatch(/^until/m);
  expect(after.out).toMatch(/^note +ben: freeze$/m);
  expect(after.out).toMatch(/^created by +ana: /m);
  expect(after.out).toMatch(/^changed by +eva: policy 8$/m);
  expect(wrong).toExitWith(2);
  expect(none).toExitWith(1);
});

it('lists schedules, refuses a name twice, and deletes', async () => {
  await created('listed');
  let list = '';
  await eventually(async () => {
    list = (await run('schedule', 'list')).out;
    expect(list).toContain('listed');
  });

  const twice = await created('listed');
  const gone = await run('schedule', 'delete', 'listed');
  const show = await run('schedule', 'show', 'listed');

  expect(list).toMatch(/listed +│ 0 2 \* \* SUN \(Europe\/Berlin\)/);
  expect(twice).toExitWith(2);
  expect(twice.err).toContain("there is a schedule 'listed' already; created nothing");
  expect(gone).toExitWith(0);
  expect(show).toExitWith(1);
  expect(show.err).toContain("there is no schedule 'listed'");
});
