import { GroundswellError } from '../../../domain/errors';
import { setImmediate } from 'node:timers/promises';
import { tallyOf } from '../../../domain/tally';
import { fakeHub } from '../../support/fake-hub';
import { fakeSlots, names, shareOf, shareSpec } from '../../support/shares';
import { batchOf, gateOf, NAMED_METHOD } from '../../support/specs';

const action = NAMED_METHOD;
const direct = (change = {}) =>
  shareSpec({ executor: 'direct', action, gate: gateOf({ failureLimit: 1 }), batch: batchOf({ size: 8 }), ...change });
/** Lets calls begin one after the other, each once the one before has been heard. */
function oneByOne(hub: ReturnType<typeof fakeHub>, before: () => void = () => undefined): void {
  let line = Promise.resolve();
  hub.turn = () => (line = line.then(() => setImmediate()).then(before));
}
const operations = (hub: ReturnType<typeof fakeHub>) =>
  hub.fleet.invoked.map(({ payload }) => (payload as { operation: string }).operation);

it('calls each device once, with an operation id of its own, and asks for no job slot', async () => {
  const { slots, asked } = fakeSlots();
  const hub = fakeHub({ devices: names(20) });
  const { run } = await shareOf(hub, direct(), slots);

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 20 }), cursor: { batches: 3 } });

  expect(operations(hub).sort()).toEqual(names(20).map((id) => `lock-doors.wave1.1.${id}`));
  expect(asked).toEqual([]);
  expect(hub.scheduled).toEqual([]);
});

it('tells how each call ended', async () => {
  const hub = fakeHub({ devices: names(6), offline: ['door-01'], statusOf: (id) => (id === 'door-02' ? 500 : 200) });
  const invoke = hub.invokeMethod;
  hub.invokeMethod = (deviceId, call) =>
    deviceId === 'door-03'
      ? Promise.resolve({ kind: 'timedOut', detail: 'GatewayTimeout' })
      : deviceId === 'door-05'
        ? Promise.resolve({ kind: 'failed', detail: '413' })
        : invoke(deviceId, call);
  const { run } = await shareOf(hub, direct());
  hub.fleet.delete('door-04');

  await expect(run()).resolves.toMatchObject({
    tally: tallyOf({ succeeded: 1, failed: 2, timedOut: 1, offline: 1, skipped: 1 }),
  });
});

it('calls nobody any more once a stop is asked, keeps what was done, and goes on with the rest', async () => {
  const hub = fakeHub({ devices: names(8) });
  const { run, line } = await shareOf(hub, direct());
  oneByOne(hub, () => void (line.stop = hub.fleet.invoked.length >= 3));

  const stopped = await run();
  const { length: done } = hub.fleet.invoked;
  expect(done).toBe(3);
  expect(stopped).toMatchObject({ tally: tallyOf({ succeeded: done, pending: 8 - done }), stopped: 'cancelled' });
  line.stop = false;
  oneByOne(hub);
  const { cursor } = stopped;
  await expect(run({ cursor })).resolves.toMatchObject({ tally: tallyOf({ succeeded: 8 }) });

  expect(operations(hub).sort()).toEqual(names(8).map((id) => `lock-doors.wave1.1.${id}`));
});

it('counts what a stop has left of a batch when the share goes on and stops before it', async () => {
  const hub = fakeHub({ devices: names(8) });
  const { run, line } = await shareOf(hub, direct());
  oneByOne(hub, () => void (line.stop = hub.fleet.invoked.length >= 3));
  const stopped = await run();
  line.stop = false;

  await expect(run({ cursor: stopped.cursor, until: '2026-01-01T00:00:00Z' })).resolves.toMatchObject({
    tally: stopped.tally,
    stopped: 'until',
  });
});

it('goes on from the outcomes that a heartbeat told: these devices are not called again', async () => {
  const hub = fakeHub({ devices: names(8) });
  const { run, line } = await shareOf(hub, direct());
  oneByOne(hub, () => {
    if (hub.fleet.invoked.length === 4) throw new GroundswellError('GS_HUB_UNAUTHORIZED');
  });
  await expect(run()).rejects.toMatchObject({ code: 'GS_HUB_UNAUTHORIZED' });
  const told = line.beats.filter(({ checkpoints }) => checkpoints !== undefined).at(-1);
  expect(told?.checkpoints?.[0]?.outcomes).toHaveLength(4);
  oneByOne(hub);

  await expect(run({}, told)).resolves.toMatchObject({ tally: tallyOf({ succeeded: 8 }) });

  expect(operations(hub)).toHaveLength(8);
});

it('repeats a call whose outcome nobody knows with the same operation id, so that it has one effect', async () => {
  const hub = fakeHub({ devices: names(8) });
  const { run, line } = await shareOf(hub, direct());
  let left = 2;
  line.onCheck = () => {
    if ((left -= 1) === 0) throw new Error('the worker is gone');
  };
  const invoke = hub.invokeMethod;
  let calls = 0;
  hub.invokeMethod = async (deviceId, call) => {
    const answer = await invoke(deviceId, call);
    if ((calls += 1) > 4) throw new GroundswellError('GS_HUB_UNAUTHORIZED');
    return answer;
  };
  await run().catch(() => undefined);
  line.onCheck = undefined;
  hub.invokeMethod = invoke;

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 8 }) });

  expect(new Set(operations(hub)).size).toBe(8);
});

it('says of calls that a lost worker had out that it does not know, where nothing may be begun any more', async () => {
  const hub = fakeHub({ devices: names(8) });
  const { run } = await shareOf(hub, direct());
  hub.invokeMethod = () => Promise.reject(new GroundswellError('GS_HUB_UNAUTHORIZED'));
  await run().catch(() => undefined);

  await expect(run({ mode: 'settle' })).resolves.toMatchObject({ tally: tallyOf({ timedOut: 8 }) });
});

it('settles nothing where no batch was begun', async () => {
  const { run } = await shareOf(fakeHub({ devices: names(8) }), direct());

  await expect(run({ mode: 'settle' })).resolves.toMatchObject({
    tally: tallyOf({ pending: 8 }),
    stopped: 'cancelled',
  });
});

it('rests as long as the hub says when it refuses a call for its quota, then calls again', async () => {
  const hub = fakeHub({ devices: names(1) });
  const invoke = hub.invokeMethod;
  let refusals = 2;
  hub.invokeMethod = (deviceId, call) =>
    (refusals -= 1) >= 0
      ? Promise.reject(new GroundswellError('GS_HUB_THROTTLED', { retryAfterSeconds: 7 }))
      : invoke(deviceId, call);
  const { run, line } = await shareOf(hub, direct());
  const clock = jest.spyOn(Date, 'now');
  const start = Date.now();
  clock.mockImplementation(() => start + line.rested);

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 1 }) });
  clock.mockRestore();

  expect(line.rested).toBe(14_000);
});

it('asks a hub that does not answer a few times, then leaves it to the next attempt of the activity', async () => {
  const hub = fakeHub({ devices: names(1) });
  let calls = 0;
  hub.invokeMethod = () => {
    calls += 1;
    return Promise.reject(new GroundswellError('GS_HUB_UNAVAILABLE'));
  };
  const { run } = await shareOf(hub, direct());

  await expect(run()).rejects.toMatchObject({ code: 'GS_HUB_UNAVAILABLE' });

  expect(calls).toBe(3);
});

it('takes its places in the quota by the size of the payload', async () => {
  const hub = fakeHub({ devices: names(1) });
  const taken: unknown[] = [];
  hub.turn = (...places) => (taken.push(places), Promise.resolve());
  const { run } = await shareOf(hub, direct({ action: { ...action, payload: { text: 'x'.repeat(5_000) } } }));

  await run();

  expect(taken).toEqual([['methods', 2]]);
});

it('lets no more devices begin in a minute than the spec says', async () => {
  const hub = fakeHub({ devices: names(10) });
  const batch = batchOf({ size: 10, devicesPerMinute: 60 });
  const { run, line } = await shareOf(hub, direct({ batch }));
  const clock = jest.spyOn(Date, 'now');
  const start = Date.now();
  clock.mockImplementation(() => start + line.rested);

  await run();
  clock.mockRestore();

  // The first begins at once; the lanes rest beside each other, so each millisecond is counted once a lane.
  expect(line.rested).toBeGreaterThanOrEqual(9_000);
  expect(line.beats.some(({ waitsFor }) => waitsFor === '60 devices a minute')).toBe(true);
});
