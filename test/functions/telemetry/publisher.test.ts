import { createPublisher } from '../../../functions/telemetry/publisher';
import type { DeviceView } from '../../../telemetry/view';

const view = (deviceId: string, site: string): DeviceView => ({
  hub: 'west',
  deviceId,
  site,
  lastSeen: '2026-11-22T06:00:00.000Z',
  count: 1,
  rejected: 0,
});

interface Sent {
  readonly group: string | undefined;
  readonly bytes: number;
  readonly target: string;
  readonly ids: string[];
}

function signalr() {
  const sent: Sent[] = [];
  return {
    sent,
    send: (message: string, group?: string) => {
      const { target, arguments: args } = JSON.parse(message) as { target: string; arguments: [DeviceView[]] };
      const ids = args.flat().map(({ deviceId }) => deviceId);
      sent.push({ group, bytes: Buffer.byteLength(message), target, ids });
      return Promise.resolve();
    },
  };
}

it('sends a batch once to each site and once to all', async () => {
  const service = signalr();

  await createPublisher(service).publish([view('a', 'north'), view('b', 'söuth'), view('c', 'north')]);

  expect(service.sent.map(({ group, ids }) => [group, ids])).toEqual([
    ['all', ['a', 'b', 'c']],
    ['site:north', ['a', 'c']],
    ['site:söuth', ['b']],
  ]);
  expect(new Set(service.sent.map(({ target }) => target))).toEqual(new Set(['deviceStates']));
});

it('sends more than one message where one would be too large, and leaves nothing out', async () => {
  const service = signalr();
  const views = Array.from({ length: 100 }, (_, index) => view(`ü${index}`, 'north'));

  await createPublisher(service, 2_000).publish(views);

  const toAll = service.sent.filter(({ group }) => group === 'all');
  expect(toAll.flatMap(({ ids }) => ids)).toEqual(views.map(({ deviceId }) => deviceId));
  expect(Math.max(...service.sent.map(({ bytes }) => bytes))).toBeLessThan(2_100);
  expect(toAll.length).toBeGreaterThan(5);
});

it('fits a thousand devices into one message', async () => {
  const service = signalr();

  await createPublisher(service).publish(Array.from({ length: 1_000 }, (_, index) => view(`d${index}`, 'north')));

  expect(service.sent).toHaveLength(2);
});

it('fails when a message was not taken, so that it is counted', async () => {
  const publisher = createPublisher({ send: () => Promise.reject(new Error('429')) });

  await expect(publisher.publish([view('a', 'north')])).rejects.toThrow('429');
});
