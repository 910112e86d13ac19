import { hubNameOf } from '../../../domain/ids';
import { tallyOf } from '../../../domain/tally';
import { fakeHub } from '../../support/fake-hub';
import { directSpec, LOCK_DOOR, names, shareOf } from '../../support/shares';
import { count, gateOf, REST, sizes } from '../../support/specs';

const catchUp = { pass: 'catchUp', wave: 0, part: 1 } as const;
const away = names(10).slice(2, 8);

it('runs stragglers as they come back, until none is left', async () => {
  const hub = fakeHub({ devices: names(10), offline: away });
  const { run, line } = await shareOf(hub, directSpec());
  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 4, offline: 6 }) });
  hub.fleet.invoked.length = 0;
  const order = [...away];
  line.onRest = () => void hub.offline.delete(order.shift() ?? '');

  await expect(run(catchUp)).resolves.toMatchObject({ tally: tallyOf({ succeeded: 6 }) });

  expect(hub.fleet.invoked.map(({ deviceId }) => deviceId).sort()).toEqual(away);
});

it('leaves those who stay away offline in the tally when its time is up', async () => {
  const hub = fakeHub({ devices: names(10), offline: away });
  const { run, line } = await shareOf(hub, directSpec());
  await run();
  hub.offline.delete('door-02');
  const clock = jest.spyOn(Date, 'now');
  const start = Date.now();
  clock.mockImplementation(() => start + line.rested);

  const result = await run({ ...catchUp, until: new Date(start + 120_000).toISOString() });
  clock.mockRestore();

  expect(result).toMatchObject({ tally: tallyOf({ succeeded: 1, offline: 5 }), stopped: 'until' });
  expect(line.beats.some(({ waitsFor }) => waitsFor === '5 offline devices to come back')).toBe(true);
});

it('looks for stragglers soon again at first, then ever more seldom', async () => {
  const hub = fakeHub({ devices: names(10), offline: away });
  const { run, line } = await shareOf(hub, directSpec());
  await run();
  const clock = jest.spyOn(Date, 'now');
  const start = Date.now();
  clock.mockImplementation(() => start + line.rested);
  const looks: number[] = [];
  const found = hub.devices;
  hub.devices = (where) => {
    looks.push(line.rested / 1_000);
    return found(where);
  };

  await run({ ...catchUp, until: new Date(start + 95_000).toISOString() });
  clock.mockRestore();

  expect(looks.slice(0, 7)).toEqual([0, 2, 6, 14, 30, 60, 90]);
});

it('does not look for results of attempts that nobody had', async () => {
  const hub = fakeHub({ devices: names(10), offline: away });
  const retry = { attempts: 10, on: ['timedOut'], firstMs: 0, factor: 1, mostMs: 0 } as const;
  const { run, ledger } = await shareOf(hub, directSpec({ retry }));
  await run();
  const reads = jest.spyOn(ledger, 'get');

  await run({ ...catchUp, until: new Date().toISOString() });

  expect(reads.mock.calls.length).toBeLessThan(50); // one after the other: a thousand outlast a heartbeat's time-out
});

it('ends at once where there is no straggler', async () => {
  const { run } = await shareOf(fakeHub({ devices: names(3) }), directSpec());
  await run();

  const result = await run(catchUp);

  expect(result.tally).toEqual(tallyOf({}));
  expect(result.stopped).toBeUndefined();
});

it('tries a device again that goes offline again before it is reached', async () => {
  const hub = fakeHub({ devices: names(2), offline: ['door-00'] });
  const retry = { attempts: 2, on: ['offline'], firstMs: 0, factor: 1, mostMs: 0 } as const;
  const { run, line, ledger } = await shareOf(hub, directSpec({ retry }));
  await run();
  const found = hub.devices;
  let looks = 0;
  hub.devices = (where) => {
    if ((looks += 1) > 1) return found(where);
    hub.offline.delete('door-00');
    const pages = found(where);
    hub.offline.add('door-00');
    return pages;
  };
  line.onRest = () => void hub.offline.delete('door-00');

  await expect(run(catchUp)).resolves.toMatchObject({ tally: tallyOf({ succeeded: 1 }) });

  // The next look finds it, not a retry.
  expect([...ledger.records.keys()].filter((path) => path.includes('/catchUp-w0-p1/a2-'))).toEqual([]);
});

it('keeps its own failure limit', async () => {
  const hub = fakeHub({ devices: names(10), offline: away, statusOf: (id) => (away.includes(id) ? 500 : 200) });
  const { run } = await shareOf(hub, directSpec());
  await run();
  hub.offline.clear();

  const settings = { failureLimit: 0.1, limits: {}, minimum: 1, parallel: 1 };
  await expect(run({ ...catchUp, settings })).resolves.toMatchObject({
    tally: tallyOf({ failed: 3, offline: 3 }),
    stopped: 'failureLimit',
  });
});

it('takes only those whose last attempt found them offline', async () => {
  const retry = { attempts: 2, on: ['offline'], firstMs: 0, factor: 1, mostMs: 0 } as const;
  const hub = fakeHub({ devices: names(6), offline: ['door-01', 'door-04'] });
  const { run } = await shareOf(hub, directSpec({ retry }));
  const invoke = hub.invokeMethod;
  let tries = 0;
  hub.invokeMethod = (deviceId, call) => {
    if (deviceId === 'door-01' && (tries += 1) === 2) hub.offline.delete('door-01');
    return invoke(deviceId, call);
  };
  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 5, offline: 1 }) });
  hub.offline.clear();
  hub.fleet.invoked.length = 0;

  await expect(run(catchUp)).resolves.toMatchObject({ tally: tallyOf({ succeeded: 1 }) });

  expect(hub.fleet.invoked.map(({ deviceId }) => deviceId)).toEqual(['door-04']);
});

it('comes to the same from whichever point another worker takes over, and runs nobody twice', async () => {
  for (let at = 1; at < 14; at += 1) {
    const hub = fakeHub({ devices: names(10), offline: away });
    const { run, line } = await shareOf(hub, directSpec());
    await run();
    hub.fleet.invoked.length = 0;
    const order = [...away];
    line.onRest = () => void hub.offline.delete(order.shift() ?? '');
    let left = at;
    line.onCheck = () => {
      if ((left -= 1) === 0) throw new Error('the worker is gone');
    };
    await run(catchUp).catch(() => undefined);
    line.onCheck = undefined;

    await expect(run(catchUp)).resolves.toMatchObject({ tally: tallyOf({ succeeded: 6 }) });

    expect(hub.fleet.invoked.map(({ deviceId }) => deviceId).sort()).toEqual(away);
  }
});

it('is undone with the wave that its devices belong to', async () => {
  const hub = fakeHub({ devices: names(10), offline: away });
  const unlock = { ...LOCK_DOOR, name: 'unlockDoor' };
  const { run, line } = await shareOf(hub, directSpec({ rollback: { action: unlock, gate: gateOf() } }));
  await run();
  hub.offline.delete('door-02');
  line.onRest = () => void (line.stop = hub.fleet.invoked.some(({ deviceId }) => deviceId === 'door-02'));
  await run({ ...catchUp, hub: hubNameOf('main') });
  line.stop = false;

  await expect(run({ pass: 'rollback' })).resolves.toMatchObject({ tally: tallyOf({ succeeded: 5 }) });
});

it('is undone wave by wave: in each those of its devices that only the catch-up has touched, and nobody twice', async () => {
  const offline = ['door-01', 'door-02', 'door-05', 'door-06', 'door-07'];
  const hub = fakeHub({ devices: names(10), offline, statusOf: (id) => (id === 'door-02' ? 500 : 200) });
  const rollback = { action: { ...LOCK_DOOR, name: 'unlockDoor' }, gate: gateOf() };
  const waves = sizes(count(4), REST);
  const { run, line } = await shareOf(hub, directSpec({ waves, rollback, gate: gateOf({ failureLimit: 1 }) }));
  await run();
  await run({ wave: 2 });
  const touched = new Set(hub.fleet.invoked.map(({ deviceId }) => deviceId));
  // By their hashes 00, 03, 06 and 09 are the first wave. All but one come back; that one is not to be undone.
  for (const deviceId of ['door-01', 'door-02', 'door-05', 'door-06']) hub.offline.delete(deviceId);
  line.onRest = () => void (line.stop = true);
  await run(catchUp);
  line.stop = false;
  const caughtUp = new Set(hub.fleet.invoked.map(({ deviceId }) => deviceId));
  hub.fleet.invoked.length = 0;

  const undone: string[][] = [];
  for (const wave of [2, 1]) {
    const from = hub.fleet.invoked.length;
    await run({ pass: 'rollback', wave });
    undone.push(hub.fleet.invoked.slice(from).map(({ deviceId }) => deviceId));
  }

  expect([touched.has('door-01'), caughtUp.has('door-01'), caughtUp.has('door-07')]).toEqual([false, true, false]);
  expect(undone.map((ids) => [...ids].sort())).toEqual([
    ['door-01', 'door-02', 'door-04', 'door-05', 'door-08'],
    ['door-00', 'door-03', 'door-06', 'door-09'],
  ]);
});
