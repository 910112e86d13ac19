import { DeviceCounter } from '../../domain/device-list';
import { deviceIdOf, hubNameOf } from '../../domain/ids';

const deviceId = deviceIdOf('door-1');
const scope = { hubs: [hubNameOf('main')], waveCount: 1 };

it('counts by outcome and by words, the most frequent first', () => {
  const counter = new DeviceCounter();
  counter.add({ deviceId, kind: 'offline' });
  for (const status of [500, 409, 500]) counter.add({ deviceId, kind: 'failed', status, detail: 'jammed' });

  expect(counter.result(scope)).toEqual({
    scope,
    deviceCount: 4,
    byOutcome: { succeeded: 0, failed: 3, timedOut: 0, offline: 1, skipped: 0 },
    details: [
      { kind: 'failed', status: 500, detail: 'jammed', deviceCount: 2 },
      { kind: 'offline', deviceCount: 1 },
      { kind: 'failed', status: 409, detail: 'jammed', deviceCount: 1 },
    ],
    otherCount: 0,
  });
});

it('holds no more than 1,000 different words, tells ten, and counts the rest', () => {
  const counter = new DeviceCounter();
  for (let each = 0; each < 1_500; each += 1) counter.add({ deviceId, kind: 'failed', detail: `error ${each}` });
  counter.add({ deviceId, kind: 'failed', detail: 'error 3' });

  const { deviceCount, details, otherCount } = counter.result(scope);

  expect({ deviceCount, otherCount }).toEqual({ deviceCount: 1_501, otherCount: 1_490 });
  expect(details).toHaveLength(10);
  expect(details[0]).toMatchObject({ detail: 'error 3', deviceCount: 2 });
});
