import { tallyOf } from '../../../domain/tally';
import { fakeHub } from '../../support/fake-hub';
import { names, shareOf, shareSpec } from '../../support/shares';
import { batchOf, gateOf } from '../../support/specs';

const retry = { attempts: 3, on: ['failed'], firstMs: 0, factor: 2, mostMs: 0 } as const;
const lenient = gateOf({ failureLimit: 1 });

it('tries failed devices once more after the last first attempt, batches filled up from several', async () => {
  const failing = new Set(['door-01', 'door-06', 'door-11']);
  const hub = fakeHub({ devices: names(15), statusOf: (id, tries) => (failing.has(id) && tries === 1 ? 500 : 200) });
  const { run, ledger } = await shareOf(hub, shareSpec({ retry, gate: lenient }));

  await expect(run()).resolves.toMatchObject({
    tally: tallyOf({ succeeded: 15 }),
    cursor: {
      batches: 3,
      retries: [
        { attempt: 2, gone: 3, made: 1 },
        { attempt: 3, gone: 1, made: 0 },
      ],
    },
  });

  expect(hub.scheduled).toHaveLength(4);
  expect([...(hub.scheduled[3]?.deviceIds ?? [])].sort()).toEqual([...failing]);
  const record = JSON.parse(ledger.records.get('rollouts/lock-doors/results/wave-w1-p1/a2-b1.json') ?? '') as object;
  expect(record).toMatchObject({ sources: { from: 1, to: 3 }, attempt: 2, batch: 1 });
});

it('gives a device up after its attempts, and counts it by the last one', async () => {
  const hub = fakeHub({ devices: names(10), statusOf: (id) => (id === 'door-03' ? 500 : 200) });
  const { run } = await shareOf(hub, shareSpec({ retry, gate: lenient }));

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 9, failed: 1 }) });

  expect(hub.fleet.invoked.filter(({ deviceId }) => deviceId === 'door-03')).toHaveLength(3);
});

it('tries only those kinds of outcome again that the rule names', async () => {
  const hub = fakeHub({ devices: names(5), offline: ['door-01'], statusOf: (id) => (id === 'door-03' ? 500 : 200) });
  const on = ['offline'] as const;
  const { run } = await shareOf(hub, shareSpec({ retry: { ...retry, on }, gate: lenient }));

  await run();

  expect(hub.scheduled.map(({ deviceIds }) => deviceIds.length)).toEqual([5, 1, 1]);
  expect(hub.scheduled[1]?.deviceIds).toEqual(['door-01']);
});

it('tries devices again before it stops at a tripped limit, and goes on with new ones when that helps', async () => {
  const firsts = new Set<string>();
  // Every device of the first batch fails once.
  const hub = fakeHub({
    devices: names(15),
    statusOf: (id, tries) => {
      if (firsts.size < 5) firsts.add(id);
      return firsts.has(id) && tries === 1 ? 500 : 200;
    },
  });
  const { run } = await shareOf(hub, shareSpec({ retry }));

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 15 }) });

  expect(hub.scheduled.map(({ jobId }) => jobId.slice('lock-doors-w1-p1-'.length))).toEqual([
    'b1-a1',
    'b1-a2',
    'b2-a1',
    'b3-a1',
  ]);
});

it('stops at a tripped limit when nobody has attempts left, and touches no new device meanwhile', async () => {
  const hub = fakeHub({ devices: names(15), statusOf: () => 500 });
  const { run } = await shareOf(hub, shareSpec({ retry }));

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ failed: 5, pending: 10 }), stopped: 'failureLimit' });

  expect(new Set(hub.fleet.invoked.map(({ deviceId }) => deviceId)).size).toBe(5);
  expect(hub.fleet.invoked).toHaveLength(15);
});

it('rests before each attempt, longer each time, and says so', async () => {
  const rule = { attempts: 3, on: ['failed'], firstMs: 60_000, factor: 10, mostMs: 300_000 } as const;
  const hub = fakeHub({ devices: names(5), statusOf: () => 500 });
  const { run, line } = await shareOf(hub, shareSpec({ retry: rule, gate: lenient }));
  const clock = jest.spyOn(Date, 'now');
  const start = Date.now();
  clock.mockImplementation(() => start + line.rested);

  await run();
  clock.mockRestore();

  const waits = line.beats.flatMap(({ waitsFor }) => waitsFor ?? []);
  expect(new Set(waits)).toEqual(new Set(['the rest before attempt 2', 'the rest before attempt 3']));
  expect(line.rested).toBeGreaterThanOrEqual(300_000);
  expect(line.rested).toBeLessThan(400_000);
});

const flaky = (id: string, tries: number): number => (Number(id.slice(-2)) % 3 === 0 && tries < 3 ? 500 : 200);

it('comes to the same from whichever point another worker takes over, without a cursor, and runs nothing twice', async () => {
  const spec = shareSpec({ retry, gate: lenient, batch: batchOf({ size: 5, parallel: 1 }) });
  const whole = await shareOf(fakeHub({ devices: names(18), statusOf: flaky }), spec);
  const undisturbed = await whole.run();
  const checks = whole.line.beats.length;

  for (let at = 1; at <= checks; at += 1) {
    const hub = fakeHub({ devices: names(18), statusOf: flaky });
    const { run, line, ledger } = await shareOf(hub, spec);
    let left = at;
    line.onCheck = () => {
      left -= 1;
      if (left === 0) throw new Error('the worker is gone');
    };
    const first = await run().catch(() => 'lost');
    line.onCheck = undefined;

    await expect(run()).resolves.toEqual(undisturbed);

    const jobs = hub.scheduled.map(({ jobId }) => jobId);
    expect(new Set(jobs).size).toBe(jobs.length);
    expect([...ledger.records.keys()].filter((path) => path.includes('/results/')).sort()).toEqual(
      [...whole.ledger.records.keys()].filter((path) => path.includes('/results/')).sort(),
    );
    if (first !== 'lost') break;
  }
});

it('goes on from a cursor, also with other limits than before', async () => {
  const hub = fakeHub({ devices: names(15), statusOf: (_, tries) => (tries < 3 ? 500 : 200) });
  const { run } = await shareOf(hub, shareSpec({ retry: { ...retry, attempts: 2 } }));
  const { cursor, stopped } = await run();
  expect(stopped).toBe('failureLimit');

  const settings = { failureLimit: 1, limits: {}, minimum: 1, parallel: 1 };
  await expect(run({ cursor, settings })).resolves.toMatchObject({ tally: tallyOf({ failed: 15 }) });

  expect(hub.fleet.invoked).toHaveLength(30);
});

it('keeps the make-up of a retry batch that was begun, though limits have changed since', async () => {
  const hub = fakeHub({ devices: names(15), statusOf: () => 500 });
  const { run, line } = await shareOf(hub, shareSpec({ retry: { ...retry, attempts: 2 } }));
  let left = 3;
  line.onCheck = ({ cursor }) => {
    if (cursor.batches === 1 && (left -= 1) === 0) throw new Error('the worker is gone');
  };
  await run().catch(() => undefined);
  line.onCheck = undefined;

  const settings = { failureLimit: 1, limits: {}, minimum: 1, parallel: 1 };
  await expect(run({ settings })).resolves.toMatchObject({ tally: tallyOf({ failed: 15 }) });

  expect(hub.fleet.invoked).toHaveLength(30);
});
