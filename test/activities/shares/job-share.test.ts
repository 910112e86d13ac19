import { tallyOf } from '../../../domain/tally';
import { fakeHub } from '../../support/fake-hub';
import { fakeSlots, names, shareOf, shareSpec } from '../../support/shares';
import { batchOf, gateOf, NAMED_METHOD } from '../../support/specs';

it('runs a share as one job a batch, each device once', async () => {
  const hub = fakeHub({ devices: names(12) });
  const { run } = await shareOf(hub);

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 12 }), cursor: { batches: 3 } });

  expect(hub.scheduled.map(({ jobId }) => jobId)).toEqual([
    'lock-doors-w1-p1-b1-a1',
    'lock-doors-w1-p1-b2-a1',
    'lock-doors-w1-p1-b3-a1',
  ]);
  expect(hub.scheduled.flatMap(({ deviceIds }) => deviceIds).sort()).toEqual(names(12));
});

it('submits nothing a second time when it runs again from the start', async () => {
  const hub = fakeHub({ devices: names(12) });
  const { run } = await shareOf(hub);
  const first = await run();

  await expect(run()).resolves.toEqual(first);

  expect(hub.scheduled).toHaveLength(3);
});

it('finds the job that a crashed attempt had submitted before its result was written', async () => {
  const hub = fakeHub({ devices: names(5) });
  const { run, ledger } = await shareOf(hub);
  await run();
  for (const path of ledger.records.keys()) if (path.includes('/results/')) ledger.records.delete(path);

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 5 }) });

  expect(hub.scheduled).toHaveLength(1);
});

it('stops after the batch that trips the failure limit, and touches no new device', async () => {
  const seen: string[] = [];
  const hub = fakeHub({ devices: names(20), statusOf: (id) => (seen.push(id), seen.length > 10 ? 500 : 200) });
  const { run } = await shareOf(hub);

  await expect(run()).resolves.toMatchObject({
    tally: tallyOf({ succeeded: 10, failed: 5, pending: 5 }),
    stopped: 'failureLimit',
  });

  expect(hub.scheduled).toHaveLength(3);
});

it('tells of a limit that the last batch tripped', async () => {
  const { run } = await shareOf(fakeHub({ devices: names(5), statusOf: () => 500 }));

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ failed: 5 }), stopped: 'failureLimit' });
});

it('runs the rest of a share whose limit a person has waived', async () => {
  const hub = fakeHub({ devices: names(10), statusOf: () => 500 });
  const { run } = await shareOf(hub);
  const { cursor } = await run();

  await expect(run({ limit: 'waived', cursor })).resolves.toMatchObject({ tally: tallyOf({ failed: 10 }) });

  expect(hub.scheduled).toHaveLength(2);
});

it('takes the limits of the call, which may have changed since the plan', async () => {
  const hub = fakeHub({ devices: names(10), statusOf: () => 500 });
  const { run } = await shareOf(hub);

  const settings = { ...gateOf({ failureLimit: 1 }), parallel: 1 };
  await expect(run({ settings })).resolves.toMatchObject({ tally: tallyOf({ failed: 10 }) });
});

it('begins no batch once a stop is asked', async () => {
  const hub = fakeHub({ devices: names(15) });
  const { run, line } = await shareOf(hub);
  line.onCheck = ({ cursor }) => void (line.stop = cursor.batches === 1);

  await expect(run()).resolves.toMatchObject({
    tally: tallyOf({ succeeded: 5, pending: 10 }),
    stopped: 'cancelled',
    cursor: { batches: 1 },
  });

  expect(hub.scheduled).toHaveLength(1);
});

it('brings the batch in flight to its end when a stop is asked meanwhile', async () => {
  const looks = [
    { status: 'running', answered: 1 },
    { status: 'completed', answered: 5 },
  ] as const;
  const hub = fakeHub({ devices: names(10), looks });
  const { run, line } = await shareOf(hub);
  line.onRest = () => void (line.stop = true);

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 5, pending: 5 }), stopped: 'cancelled' });

  expect(hub.cancelled).toEqual([]);
});

const CANCELLED = [
  { status: 'waiting', answered: 0 },
  { status: 'waiting', answered: 0 },
  { status: 'cancelled', answered: 0 },
] as const;

it('cancels a job that still waits when a stop is asked; its devices stay pending, and run when the share goes on', async () => {
  const hub = fakeHub({ devices: names(5), looks: CANCELLED });
  const find = hub.findJob;
  hub.findJob = (jobId) => {
    const isSecond = jobId.endsWith('-n2') && hub.scheduled.some((job) => job.jobId === jobId);
    return isSecond ? Promise.resolve({ status: 'completed', answered: 5 }) : find(jobId);
  };
  const { run, line } = await shareOf(hub);
  line.onRest = () => void (line.stop = hub.scheduled.length === 1);

  const stopped = await run();
  expect(stopped).toMatchObject({ tally: tallyOf({ pending: 5 }), stopped: 'cancelled' });
  expect(hub.cancelled).toEqual(['lock-doors-w1-p1-b1-a1']);
  line.stop = false;
  line.onRest = undefined;
  await expect(run({ cursor: stopped.cursor })).resolves.toMatchObject({ tally: tallyOf({ succeeded: 5 }) });

  expect(hub.scheduled.map(({ jobId }) => jobId)).toEqual(['lock-doors-w1-p1-b1-a1', 'lock-doors-w1-p1-b1-a1-n2']);
});

it('gives up a job that waits on the hub for too long, and touches nothing', async () => {
  const hub = fakeHub({ devices: names(10), looks: CANCELLED });
  const { run } = await shareOf(hub, shareSpec({ batch: batchOf({ size: 5, startWithinMs: -1 }) }));

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ pending: 10 }), stopped: 'neverStarted' });

  expect(hub.cancelled).toEqual(['lock-doors-w1-p1-b1-a1']);
  expect(hub.scheduled).toHaveLength(1);
});

it('reads a job that runs on beyond its time as it is: devices without an answer timed out', async () => {
  const hub = fakeHub({ devices: names(5), looks: [{ status: 'running', answered: 3 }] });
  const rows = hub.jobRows;
  hub.jobRows = async function* (jobId) {
    for await (const page of rows(jobId))
      yield page.map((row) => (row.deviceId < 'door-03' ? row : { deviceId: row.deviceId, status: 'running' }));
  };
  const { run } = await shareOf(
    hub,
    shareSpec({ batch: batchOf({ size: 5, timeoutMs: -60_001 }), gate: gateOf({ failureLimit: 1 }) }),
  );

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 3, timedOut: 2 }) });
});

it('waits for the hub as long as others use its job slots, and submits once', async () => {
  const hub = fakeHub({ devices: names(5) });
  hub.busyAnswers.push(1, 1, 1);
  const { run } = await shareOf(hub);

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 5 }) });

  expect(hub.scheduled).toHaveLength(1);
});

it('asks for the slots before its first job, and gives them back at the end', async () => {
  const { slots, asked } = fakeSlots();
  const hub = fakeHub({ devices: names(10) });
  const { run } = await shareOf(hub, shareSpec(), slots);

  await run();

  expect(asked).toEqual(['request lock-doors-w1-p1 1', 'release lock-doors-w1-p1']);
});

it.each(['another try', 'another call', 'a call to settle'])(
  'gives back the slots of a lost worker in %s that finds nothing left to run',
  async (how) => {
    const { slots, asked } = fakeSlots();
    const { run, line } = await shareOf(fakeHub({ devices: names(5) }), shareSpec(), slots);
    const { cursor } = await run();
    asked.length = 0;

    if (how === 'another try') await run({}, line.beats[0]);
    else await run(how === 'another call' ? { cursor } : { mode: 'settle' });

    expect(asked).toEqual(['release lock-doors-w1-p1']);
  },
);

it('gives the slots back between two batches when another rollout waits for them', async () => {
  const { slots, asked } = fakeSlots();
  let looks = 0;
  const contended = { ...slots, look: () => Promise.resolve({ granted: true, contended: (looks += 1) === 1 }) };
  const hub = fakeHub({ devices: names(15) });
  const { run } = await shareOf(hub, shareSpec(), contended);

  await run();

  expect(asked.map((each) => each.split(' ')[0])).toEqual(['request', 'release', 'request', 'release']);
});

it('waits for a slot, and leaves the line when a stop is asked', async () => {
  const { slots, asked } = fakeSlots();
  const full = {
    ...slots,
    request: () => Promise.resolve(false),
    look: () => Promise.resolve({ granted: false, contended: false }),
  };
  const hub = fakeHub({ devices: names(5) });
  const { run, line } = await shareOf(hub, shareSpec(), full);
  line.onRest = () => void (line.stop = line.rested > 5_000);

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ pending: 5 }), stopped: 'cancelled' });

  expect(line.beats.some(({ waitsFor }) => waitsFor === 'a job slot of the hub')).toBe(true);
  expect(asked).toEqual(['release lock-doors-w1-p1']);
  expect(hub.scheduled).toEqual([]);
});

it('gives the slots back when it fails, but not when another worker goes on with them', async () => {
  const { slots, asked } = fakeSlots();
  const hub = fakeHub({ devices: names(5), looks: [{ status: 'failed', answered: 0, reason: 'bad query' }] });
  const { run } = await shareOf(hub, shareSpec(), slots);

  await expect(run()).resolves.toMatchObject({ fault: { code: 'GS_JOB_FAILED' } });

  expect(asked).toEqual(['request lock-doors-w1-p1 1', 'release lock-doors-w1-p1']);
});

it('begins no batch once its time is up', async () => {
  const hub = fakeHub({ devices: names(5) });
  const { run } = await shareOf(hub);

  await expect(run({ until: new Date(Date.now() - 1).toISOString() })).resolves.toMatchObject({
    tally: tallyOf({ pending: 5 }),
    stopped: 'until',
  });

  expect(hub.scheduled).toEqual([]);
});

it('runs as many jobs at once as the spec and the hub allow', async () => {
  const { slots, asked } = fakeSlots();
  const hub = { ...fakeHub({ devices: names(30) }), sku: { name: 'S2', units: 1 } as const };
  const { run, line } = await shareOf(hub, shareSpec({ batch: batchOf({ size: 5, parallel: 3 }) }), slots);

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 30 }), cursor: { batches: 6 } });

  expect(asked[0]).toBe('request lock-doors-w1-p1 3');
  expect(Math.max(...line.beats.map(({ tally }) => tally.running))).toBe(15);
});

it('names the job in the payload where the spec has a field for it', async () => {
  const hub = fakeHub({ devices: names(1) });
  const { run } = await shareOf(hub, shareSpec({ action: NAMED_METHOD }));

  await run();

  expect(hub.fleet.invoked).toEqual([
    { deviceId: 'door-00', payload: { minutes: 5, operation: 'lock-doors-w1-p1-b1-a1' } },
  ]);
});

it('settles what was begun, and begins nothing', async () => {
  const hub = fakeHub({ devices: names(10) });
  const { run, line } = await shareOf(hub);
  line.onCheck = ({ cursor }) => void (line.stop = cursor.batches === 1);
  await run();
  line.stop = false;
  line.onCheck = undefined;

  await expect(run({ mode: 'settle' })).resolves.toMatchObject({
    tally: tallyOf({ succeeded: 5, pending: 5 }),
    stopped: 'cancelled',
  });

  expect(hub.scheduled).toHaveLength(1);
});

it('gives a submitted job up as lost when the hub never shows it', async () => {
  const { run } = await shareOf(fakeHub({ devices: names(5), looks: [undefined] }));

  await expect(run()).resolves.toMatchObject({ stopped: 'fault', fault: { code: 'GS_JOB_LOST' } });
});

it('takes the record of another worker that has settled the batch first', async () => {
  const hub = fakeHub({ devices: names(2) });
  const { run, ledger } = await shareOf(hub);
  const jobRows = hub.jobRows.bind(hub);
  const outcomes = names(2).map((deviceId) => ({ deviceId, kind: 'offline' }));
  hub.jobRows = (jobId) => {
    ledger.records.set('rollouts/lock-doors/results/wave-w1-p1/a1-b1.json', JSON.stringify({ outcomes }));
    return jobRows(jobId);
  };

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ offline: 2 }) });
});

it('skips, and says why, the devices of a job that somebody else has cancelled', async () => {
  const hub = fakeHub({ devices: names(5), looks: CANCELLED });
  hub.jobRows = async function* () {
    yield await Promise.resolve([]);
  };
  const { run, ledger } = await shareOf(hub);

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ skipped: 5 }) });

  const path = 'rollouts/lock-doors/results/wave-w1-p1/a1-b1.json';
  expect(ledger.records.get(path)).toContain('was cancelled before');
});
