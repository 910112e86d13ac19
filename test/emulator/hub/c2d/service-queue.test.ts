import { ServiceQueue } from '../../../../emulator/hub/c2d/service-queue';
import { newWorld } from '../../../../emulator/world/world';
import { FakeClock } from '../../world/fake-clock';

const SETTINGS = { ttlMs: 3_600_000, lockDurationMs: 60_000, maxDeliveryCount: 10 };

it('hands out batches of 64, again after a lock has run out, and keeps what was not completed', async () => {
  const clock = new FakeClock();
  const world = newWorld({ clock });
  const queue = new ServiceQueue<number>(world, 'hubs/h/feedback', () => SETTINGS);
  for (let i = 0; i < 100; i++) queue.push(i);

  const first = queue.receive();
  const second = queue.receive();
  expect([first?.records.length, second?.records, queue.receive()]).toMatchObject([64, expect.any(Array), undefined]);
  queue.complete(second?.token ?? '');
  await clock.advance(SETTINGS.lockDurationMs);

  expect(() => queue.abandon(first?.token ?? '')).toThrow('lock');
  const next = new ServiceQueue<number>(world, 'hubs/h/feedback', () => SETTINGS);
  expect(next.receive()?.records).toEqual(first?.records);
  await clock.advance(SETTINGS.ttlMs);
  expect([queue.size, next.size]).toEqual([0, 0]);
});
