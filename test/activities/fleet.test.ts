import { createFleetActivities, createTwinActivities } from '../../activities/fleet';
import { deviceIdOf, hubNameOf } from '../../domain/ids';
import type { Target } from '../../domain/spec';
import { activityContext } from '../support/activity';
import { fleetHub } from '../support/fleet';

const hubs = [hubNameOf('west'), hubNameOf('east')];
const hub = fleetHub([{ id: 'a', where: ['bad', 'floor = 1'] }, { id: 'b', where: ['floor = 1'] }, { id: 'c' }]);
const count = (target: Target) =>
  activityContext().run(createFleetActivities({ get: () => hub }).countDevices, { target, where: 'bad' });

it('counts the target over all hubs, and those for which the condition holds', async () => {
  await expect(count({ kind: 'query', hubs, where: 'floor = 1' })).resolves.toEqual({ matching: 2, all: 4 });
});

it('counts among named devices only', async () => {
  await expect(count({ kind: 'devices', hubs, devices: ['b', 'c'].map(deviceIdOf) })).resolves.toEqual({
    matching: 0,
    all: 4,
  });
});

it('shows a twin as its hub has it, and null for a device that it does not have', async () => {
  const twin = {
    etag: 'e',
    connected: true,
    tags: { floor: 1 },
    desired: { a: 1 },
    desiredVersion: 2,
    reported: { a: 0 },
  };
  const [main, pump] = [hubNameOf('main'), deviceIdOf('pump-1')];
  const read = (id: string) =>
    createTwinActivities({
      get: () => ({ ...hub, twin: (deviceId) => Promise.resolve(deviceId === pump ? twin : undefined) }),
    }).readTwin({ hub: main, deviceId: deviceIdOf(id) });

  expect(await read('pump-1')).toEqual({
    hub: 'main',
    deviceId: 'pump-1',
    etag: 'e',
    connectionState: 'Connected',
    tags: { floor: 1 },
    properties: { desired: { a: 1 }, reported: { a: 0 } },
  });
  expect(await read('pump-2')).toBeNull();
});
