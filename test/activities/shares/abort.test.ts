import { setTimeout as sleep } from 'node:timers/promises';
import { sizeOf } from '../../../domain/tally';
import { fakeHub } from '../../support/fake-hub';
import { fakeSlots, shareOf, shareSpec } from '../../support/shares';
import { batchOf, gateOf } from '../../support/specs';

const devices = Array.from({ length: 1_000 }, (_, index) => `door-${String(index).padStart(4, '0')}`);
const action = { kind: 'method', name: 'lockDoor', payload: null, responseTimeoutMs: 5_000 } as const;
const spec = (executor: 'job' | 'direct') =>
  shareSpec({ executor, action, batch: batchOf({ size: 50 }), gate: gateOf({ failureLimit: 1 }) });

it('touches at most the batch in flight once an abort is asked in the middle of a thousand devices (job)', async () => {
  const looks = [
    { status: 'running', answered: 10 },
    { status: 'completed', answered: 50 },
  ] as const;
  const hub = fakeHub({ devices, looks });
  const { run, line } = await shareOf(hub, spec('job'));
  let before = 0;
  line.onRest = () => {
    if (hub.scheduled.length < 9 || line.stop) return;
    before = hub.fleet.invoked.length;
    line.stop = true;
  };

  const { tally, stopped } = await run();

  expect(stopped).toBe('cancelled');
  expect(before).toBe(400);
  expect(hub.fleet.invoked.length - before).toBe(50);
  expect(tally).toMatchObject({ succeeded: 450, pending: 550 });
});

it('begins no batch any more once an abort is known (direct)', async () => {
  const hub = fakeHub({ devices });
  const invoke = hub.invokeMethod;
  hub.invokeMethod = async (deviceId, call) => {
    await sleep(20);
    return invoke(deviceId, call);
  };
  const { run, line } = await shareOf(hub, spec('direct'), fakeSlots().slots, () => sleep(1));
  let begunThen = 0;
  line.onCheck = ({ cursor }) => {
    if (cursor.batches < 8 || line.stop) return;
    begunThen = hub.fleet.invoked.length;
    line.stop = true;
  };

  const { tally } = await run();

  expect(hub.fleet.invoked.length - begunThen).toBeLessThanOrEqual(50);
  expect(sizeOf(tally)).toBe(1_000);
  expect(tally.succeeded).toBe(hub.fleet.invoked.length);
});
