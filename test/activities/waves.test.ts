import { createJobExecutor } from '../../activities/executors/old-job';
import type { Lifeline } from '../../activities/lifeline';
import { createPlanningActivities } from '../../activities/planning';
import { createWindowActivities } from '../../activities/windows';
import type { Hubs } from '../../activities/ports';
import { createPlans } from '../../activities/ledger/plans';
import { createResults } from '../../activities/ledger/results';
import { createWaveActivities, type WaveInput } from '../../activities/waves';
import { hubNameOf, type RolloutId } from '../../domain/ids';
import { seededOrder } from '../../domain/order';
import type { WaveProgress } from '../../domain/progress';
import type { RolloutSpec } from '../../domain/spec';
import { tallyOf } from '../../domain/tally';
import { batchOf, REST, sizes, specOf as base } from '../support/specs';
import { activityContext } from '../support/activity';
import { type FakeHub, fakeHub, fakeLedger, noClaims } from '../support/fake-hub';

const rolloutId = 'lock-doors' as RolloutId;

const main = hubNameOf('main');
const input: WaveInput = { rolloutId, wave: 1, hub: main, mode: 'run', limit: 'asked' };
const names = (count: number) => Array.from({ length: count }, (_, index) => `door-${String(index).padStart(2, '0')}`);

const specOf = (change: Partial<RolloutSpec> = {}): RolloutSpec =>
  base({
    target: { kind: 'query', hubs: [main], where: '*' },
    waves: sizes(REST),
    batch: batchOf({ size: 5 }),
    ...change,
  });

/** A lifeline whose stop can be asked from a test; waits take no time. */
function testLifeline() {
  const beats: WaveProgress[] = [];
  const line: { stop: boolean; beats: WaveProgress[]; onCheck?: (progress: WaveProgress) => void } = {
    stop: false,
    beats,
  };
  const lifelineOf = (): Lifeline<WaveProgress> => ({
    beat: (progress) => void beats.push(progress),
    check: (progress) => {
      beats.push(progress);
      line.onCheck?.(progress);
      return Promise.resolve();
    },
    stopAsked: () => line.stop,
    rest: () => Promise.resolve(),
  });
  return { line, lifelineOf };
}

async function waveOf(hub: FakeHub, spec = specOf()) {
  const hubs: Hubs = { get: () => hub };
  const ledger = fakeLedger();
  const env = activityContext();
  const planning = createPlanningActivities({ hubs, ledger, claims: noClaims, windows: createWindowActivities() });
  await env.run(planning.planRollout, { rolloutId, spec, runId: 'first' });
  const { line, lifelineOf } = testLifeline();
  const { runWave } = createWaveActivities({
    hubs,
    plans: createPlans(ledger),
    executor: createJobExecutor(createResults(ledger)),
    lifelineOf,
  });
  const run = (change: Partial<WaveInput> = {}, heartbeatDetails?: WaveProgress) =>
    activityContext({ heartbeatDetails }).run(runWave, { ...input, ...change });
  return { run, ledger, line };
}

it('runs a wave as one job a batch, each device once', async () => {
  const hub = fakeHub({ devices: names(12) });
  const { run } = await waveOf(hub);

  await expect(run()).resolves.toEqual({ tally: tallyOf({ succeeded: 12 }) });

  expect(hub.scheduled.map(({ jobId }) => jobId)).toEqual([
    'lock-doors-w1-b1-a1',
    'lock-doors-w1-b2-a1',
    'lock-doors-w1-b3-a1',
  ]);
  expect(hub.scheduled.flatMap(({ deviceIds }) => deviceIds).sort()).toEqual(names(12));
});

it('submits nothing a second time when it runs again from the start', async () => {
  const hub = fakeHub({ devices: names(12) });
  const { run } = await waveOf(hub);
  const first = await run();

  await expect(run()).resolves.toEqual(first);

  expect(hub.scheduled).toHaveLength(3);
});

it('finds the job that a crashed attempt had submitted before its result was written', async () => {
  const hub = fakeHub({ devices: names(5) });
  const { run, ledger } = await waveOf(hub);
  await run();
  for (const path of ledger.records.keys()) if (path.includes('/results/')) ledger.records.delete(path);

  await expect(run()).resolves.toEqual({ tally: tallyOf({ succeeded: 5 }) });

  expect(hub.scheduled).toHaveLength(1);
});

it('goes on from the last heartbeat of an earlier attempt', async () => {
  const hub = fakeHub({ devices: names(10) });
  const { run } = await waveOf(hub);
  const last = { wave: 1, hub: main, batchesDone: 1, tally: tallyOf({ succeeded: 5, running: 5 }), answered: 3 };

  await expect(run({}, last)).resolves.toEqual({ tally: tallyOf({ succeeded: 10 }) });

  expect(hub.scheduled.map(({ jobId }) => jobId)).toEqual(['lock-doors-w1-b2-a1']);
});

it('stops after the batch that trips the failure limit', async () => {
  const late = seededOrder(names(20), (id) => `main/${id}`, rolloutId).slice(10);
  const hub = fakeHub({ devices: names(20), statusOf: (id) => (late.includes(id) ? 500 : 200) });
  const { run } = await waveOf(hub);

  await expect(run()).resolves.toEqual({
    tally: tallyOf({ succeeded: 10, failed: 5, pending: 5 }),
    stopped: 'failureLimit',
  });

  expect(hub.scheduled).toHaveLength(3);
});

it('tells of a limit that the last batch tripped', async () => {
  const { run } = await waveOf(fakeHub({ devices: names(5), statusOf: () => 500 }));

  await expect(run()).resolves.toEqual({ tally: tallyOf({ failed: 5 }), stopped: 'failureLimit' });
});

it('runs the rest of a wave whose limit a person has waived', async () => {
  const hub = fakeHub({ devices: names(10), statusOf: () => 500 });
  const { run } = await waveOf(hub);
  await run();

  await expect(run({ limit: 'waived' })).resolves.toEqual({ tally: tallyOf({ failed: 10 }) });

  expect(hub.scheduled).toHaveLength(2);
});

it('begins no batch once a stop is asked', async () => {
  const hub = fakeHub({ devices: names(15) });
  const { run, line } = await waveOf(hub);
  line.onCheck = ({ batchesDone }) => void (line.stop = batchesDone === 1);

  await expect(run()).resolves.toEqual({ tally: tallyOf({ succeeded: 5, pending: 10 }), stopped: 'cancelled' });

  expect(hub.scheduled).toHaveLength(1);
});

it('brings the batch in flight to its end when a stop is asked meanwhile', async () => {
  const looks = [
    { status: 'running', answered: 1 },
    { status: 'completed', answered: 5 },
  ] as const;
  const hub = fakeHub({ devices: names(10), looks });
  const { run, line } = await waveOf(hub);
  const { beats } = line;
  Object.defineProperty(line, 'stop', { get: () => beats.length > 3 });

  await expect(run()).resolves.toEqual({ tally: tallyOf({ succeeded: 5, pending: 5 }), stopped: 'cancelled' });

  expect(hub.cancelled).toEqual([]);
});

it('cancels a job that still waits for its turn when a stop is asked', async () => {
  const looks = [
    { status: 'waiting', answered: 0 },
    { status: 'cancelled', answered: 0 },
  ] as const;
  const hub = fakeHub({ devices: names(5), looks });
  const { run, line } = await waveOf(hub);
  const { beats } = line;
  Object.defineProperty(line, 'stop', { get: () => beats.length > 1 });

  await run();

  expect(hub.cancelled).toEqual(['lock-doors-w1-b1-a1']);
});

it('leaves the devices of a job that a stop cancelled pending, and runs them when the wave goes on', async () => {
  const looks = [
    { status: 'waiting', answered: 0 },
    { status: 'cancelled', answered: 0 },
  ] as const;
  const hub = fakeHub({ devices: names(5), looks });
  const find = hub.findJob;
  const isSecond = (jobId: string) => jobId.endsWith('-a2') && hub.scheduled.some((job) => job.jobId === jobId);
  hub.findJob = (jobId) => (isSecond(jobId) ? Promise.resolve({ status: 'completed', answered: 5 }) : find(jobId));
  const { run, line } = await waveOf(hub);
  const { beats } = line;
  let asked = true;
  Object.defineProperty(line, 'stop', { get: () => asked && beats.length > 1 });

  await expect(run()).resolves.toEqual({ tally: tallyOf({ pending: 5 }), stopped: 'cancelled' });
  asked = false;
  await expect(run({ limit: 'waived' })).resolves.toEqual({ tally: tallyOf({ succeeded: 5 }) });

  expect(hub.scheduled.map(({ jobId }) => jobId)).toEqual(['lock-doors-w1-b1-a1', 'lock-doors-w1-b1-a2']);
});

it('skips, and says why, the devices of a job that somebody else has cancelled', async () => {
  const looks = [
    { status: 'waiting', answered: 0 },
    { status: 'cancelled', answered: 0 },
  ] as const;
  const hub = fakeHub({ devices: names(5), looks });
  hub.jobRows = async function* () {
    yield await Promise.resolve([]);
  };
  const { run, ledger } = await waveOf(hub);

  await expect(run()).resolves.toEqual({ tally: tallyOf({ skipped: 5 }) });

  expect(ledger.records.get('rollouts/lock-doors/results/w1/main/b1-a1.json')).toContain('was cancelled before');
});

it('settles what was begun, and begins nothing', async () => {
  const hub = fakeHub({ devices: names(10) });
  const { run, line } = await waveOf(hub);
  line.onCheck = ({ batchesDone }) => void (line.stop = batchesDone === 1);
  await run();
  line.stop = false;

  await expect(run({ mode: 'settle' })).resolves.toEqual({
    tally: tallyOf({ succeeded: 5, pending: 5 }),
    stopped: 'cancelled',
  });

  expect(hub.scheduled).toHaveLength(1);
});

it('waits for a free job slot, however often the hub is busy', async () => {
  const hub = fakeHub({ devices: names(5) });
  hub.busyAnswers.push(1, 1, 1);
  const { run } = await waveOf(hub);

  await expect(run()).resolves.toEqual({ tally: tallyOf({ succeeded: 5 }) });

  expect(hub.scheduled).toHaveLength(1);
});

it('waits for a submitted job that the hub does not show yet, and submits it once', async () => {
  const looks = [undefined, undefined, { status: 'completed', answered: 5 }] as const;
  const hub = fakeHub({ devices: names(5), looks });
  const { run } = await waveOf(hub);

  await expect(run()).resolves.toEqual({ tally: tallyOf({ succeeded: 5 }) });

  expect(hub.scheduled).toHaveLength(1);
});

it('gives a submitted job up as lost when the hub never shows it', async () => {
  const { run } = await waveOf(fakeHub({ devices: names(5), looks: [undefined] }));

  await expect(run()).rejects.toMatchObject({ code: 'GS_JOB_LOST' });
});

it('fails with the reason when the hub could not run the job', async () => {
  const { run } = await waveOf(
    fakeHub({ devices: names(5), looks: [{ status: 'failed', answered: 0, reason: 'bad query' }] }),
  );

  await expect(run()).rejects.toMatchObject({ code: 'GS_JOB_FAILED', details: { reason: 'bad query' } });
});

it('counts a twin update only when the device reports it back', async () => {
  const twin = { kind: 'twin', etag: '*', desired: { floor: 3 }, confirmWithinMs: 1 } as const;
  const hub = fakeHub({ devices: names(3) });
  const { run } = await waveOf(hub, specOf({ action: twin, gate: { ...specOf().gate, failureLimit: 1 } }));
  const [told, silent, away] = names(3) as [never, never, never];
  hub.twinReports.set(told, { connected: true, reported: { floor: 3 } });
  hub.twinReports.set(silent, { connected: true, reported: {} });
  hub.twinReports.set(away, { connected: false, reported: {} });

  await expect(run()).resolves.toEqual({ tally: tallyOf({ succeeded: 1, timedOut: 1, offline: 1 }) });
});

it('takes the record of another worker that has settled the batch first', async () => {
  const hub = fakeHub({ devices: names(2) });
  const { run, ledger } = await waveOf(hub);
  const jobRows = hub.jobRows.bind(hub);
  const path = 'rollouts/lock-doors/results/w1/main/b1-a1.json';
  hub.jobRows = (jobId) => {
    ledger.records.set(
      path,
      JSON.stringify({
        outcomes: [
          { deviceId: 'door-00', kind: 'failed' },
          { deviceId: 'door-01', kind: 'offline' },
        ],
      }),
    );
    return jobRows(jobId);
  };

  await expect(run({ limit: 'waived' })).resolves.toEqual({ tally: tallyOf({ failed: 1, offline: 1 }) });
});
