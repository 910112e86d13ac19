import { MessageQuota } from '../../../../emulator/hub/throttle/message-quota';
import { FakeClock } from '../../world/fake-clock';

it('counts messages by their size until midnight, and refuses what is too many', async () => {
  const clock = new FakeClock();
  let units = 1;
  const quota = new MessageQuota(clock, () => ({ name: 'F1', units }), true);

  quota.take(0);
  quota.take(513);
  expect(quota.used).toBe(3);
  quota.take(7997 * 512);
  expect(() => quota.take(1)).toThrow('exceeded the allocated quota of 8000');
  units = 2;
  quota.take(1);
  expect(quota.used).toBe(8001);

  await clock.advance(86_400_000);
  expect(quota.used).toBe(0);
  quota.take(1);
  expect(quota.used).toBe(1);
});
