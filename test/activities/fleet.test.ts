import { createFleetActivities } from '../../activities/fleet';
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
