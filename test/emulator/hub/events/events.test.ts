import { Events } from '../../../../emulator/hub/events/events';
import type { HubEvent } from '../../../../emulator/hub/events/event';
import { hubSettings, type HubSettings } from '../../../../emulator/hub/settings';
import { newWorld } from '../../../../emulator/world/world';
import { FakeClock } from '../../world/fake-clock';

const DAY_MS = 86_400_000;
const from = (deviceId: string, body = 'x'): HubEvent => ({
  source: 'Telemetry',
  deviceId,
  system: {},
  properties: {},
  body: Buffer.from(body),
});
const setUp = (given: Partial<HubSettings> = {}) => {
  const clock = new FakeClock();
  const world = newWorld({ clock });
  const settings = hubSettings({ sku: { name: 'S1', units: 1 }, ...given });
  const events = () => new Events({ name: 'Hub', settings: () => settings, find: () => undefined }, world);
  return { clock, events };
};
const onePartition = { events: { partitionCount: 1, retentionDays: 1 } };
const bodiesOf = (events: Events, now: number, partition = '0'): string[] => {
  const log = events.partition(partition);
  const bodies: string[] = [];
  for (let event = log?.at(0, now); event !== undefined; event = log?.at(event.sequence + 1, now)) {
    bodies.push(Buffer.from(event.body).toString());
  }
  return bodies;
};

it('keeps the events of a device in one partition, in their order, and spreads devices', () => {
  const { clock, events } = setUp();
  const log = events();

  for (let i = 0; i < 40; i++) log.publish(from(`d${i % 20}`, `${i}`));

  const all = log.partitionIds.map((id) => bodiesOf(log, clock.now(), id));
  expect(all.flat()).toHaveLength(40);
  expect(all.filter((bodies) => bodies.length > 0).length).toBeGreaterThan(1);
  for (const bodies of all) expect([...bodies].sort((a, b) => Number(a) - Number(b))).toEqual(bodies);
});

it('comes back from the store with the same numbers, and goes on from them', () => {
  const { clock, events } = setUp(onePartition);
  const before = events();
  before.publish(from('d', 'a'));
  before.publish(from('d', 'b'));

  const after = events();
  after.publish(from('d', 'c'));

  expect(bodiesOf(after, clock.now())).toEqual(['a', 'b', 'c']);
  expect(after.partition('0')?.state(clock.now())).toMatchObject({ beginSequence: 0, lastSequence: 2, isEmpty: false });
});

it('forgets what is older than the retention time, but not how far it had counted', async () => {
  const { clock, events } = setUp(onePartition);
  const log = events();
  log.publish(from('d', 'old'));
  await clock.advance(DAY_MS / 2);
  log.publish(from('d', 'new'));

  await clock.advance(DAY_MS / 2);
  expect(bodiesOf(log, clock.now())).toEqual(['new']);
  await clock.advance(DAY_MS);
  expect(bodiesOf(log, clock.now())).toEqual([]);
  expect(log.partition('0')?.state(clock.now())).toMatchObject({ beginSequence: 2, lastSequence: 1, isEmpty: true });

  const again = events();
  again.publish(from('d', 'later'));
  expect(again.partition('0')?.at(0, clock.now())).toMatchObject({ sequence: 2 });
});

it('is bounded by bytes as well, dropping the oldest', () => {
  const { clock, events } = setUp(onePartition);
  const log = events();
  const large = 'x'.repeat(256 * 1024);

  for (let i = 0; i < 100; i++) log.publish(from('d', large));

  expect(bodiesOf(log, clock.now()).length).toBe(63); // of 16 MiB, a little goes to each event's overhead
});

it('finds the first event after a time or an offset', async () => {
  const { clock, events } = setUp(onePartition);
  const log = events();
  for (const body of ['a', 'b', 'c']) {
    log.publish(from('d', body));
    await clock.advance(1000);
  }
  const partition = log.partition('0');
  const second = partition?.at(1, clock.now());

  expect(partition?.firstSequence(({ enqueuedAt }) => enqueuedAt > (second?.enqueuedAt ?? 0))).toBe(2);
  expect(partition?.firstSequence(({ offset }) => offset >= (second?.offset ?? 0))).toBe(1);
  expect(partition?.firstSequence(() => false)).toBe(3);
});

it('wants only events that an enabled route asks for, and telemetry always', () => {
  const route = { name: 'r', condition: 'true', endpointNames: ['events'] };
  const { events } = setUp({
    routing: {
      storage: [],
      eventHubs: [],
      fallbackIsEnabled: true,
      enrichments: [],
      routes: [
        { ...route, source: 'TwinChangeEvents', isEnabled: true },
        { ...route, source: 'DeviceLifecycleEvents', isEnabled: false },
      ],
    },
  });
  const log = events();

  expect(log.wants('Telemetry')).toBe(true);
  expect(log.wants('twinChangeEvents')).toBe(true);
  expect(log.wants('deviceLifecycleEvents')).toBe(false);
});
