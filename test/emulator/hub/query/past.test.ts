import { Hub } from '../../../../emulator/hub/hub';
import type { Device } from '../../../../emulator/hub/hub-device';
import { runQuery } from '../../../../emulator/hub/query/run';
import { hubSettings } from '../../../../emulator/hub/settings';
import type { Lag } from '../../../../emulator/world/faults';
import { newWorld, type World } from '../../../../emulator/world/world';
import { FakeClock } from '../../world/fake-clock';

const LAG: Lag = { kind: 'lag', ms: 1000 };
let clock: FakeClock;
let world: World;
let hub: Hub;

beforeEach(() => {
  clock = new FakeClock();
  world = newWorld({ clock });
  hub = new Hub('h', hubSettings({ sku: { name: 'S1', units: 1 } }), world, { throttle: false });
});
afterEach(() => hub.close());

const lagging = (): void => {
  world.faults.add({ operation: 'query', hub: '*', deviceId: '*', rate: 1, seed: 1, times: undefined, fault: LAG });
};
const add = (deviceId: string, floor = 1): Device => hub.devices.create({ deviceId }, { tags: { floor } });
const move = (device: Device, floor: number): void => hub.devices.patchTwin(device, { tags: { floor } }, undefined);

/** What a query shows, behind the lag: `id floor` of each. */
function shown(where: string, size = 100): string[] {
  const text = `SELECT deviceId, tags.floor AS floor FROM devices WHERE ${where}`;
  const rows: string[] = [];
  let continuation: string | undefined;
  do {
    const page = runQuery(hub.sourcesBehind(LAG), text, size, continuation);
    rows.push(
      ...(page.items as { deviceId: string; floor: number }[]).map(({ deviceId, floor }) => `${deviceId} ${floor}`),
    );
    continuation = page.continuation;
  } while (continuation !== undefined);
  return rows;
}

it('shows twins as they were, in the order in which they came, until the lag is over', async () => {
  const [first, second] = [add('first'), add('second')];
  lagging();

  move(first, 2);
  hub.devices.delete('second', undefined);
  await clock.advance(600);
  move(first, 3);
  add('second', 9);
  add('third');

  expect(shown("deviceId != ''")).toEqual(['first 1', 'second 1']);
  expect(shown("deviceId != ''", 1)).toEqual(['first 1', 'second 1']);
  await clock.advance(400);
  expect(shown("deviceId != ''")).toEqual(['first 2']);
  await clock.advance(600);
  expect(shown("deviceId != ''")).toEqual(['first 3', 'second 9', 'third 1']);
  expect(hub.devices.has(second)).toBe(false);
});

it('asks its condition of the twin as it was, and finds by id what is gone', () => {
  const [gone, moved] = [add('gone'), add('moved')];
  lagging();

  move(moved, 2);
  hub.devices.delete(gone.identity.deviceId, undefined);

  expect(shown('tags.floor = 1')).toEqual(['gone 1', 'moved 1']);
  expect(shown('tags.floor = 2')).toEqual([]);
  expect(shown("deviceId IN ['gone']")).toEqual(['gone 1']);
  expect(shown("deviceId = 'moved'")).toEqual(['moved 1']);
});

it('does not bring back a device whose connection ends after it was deleted', async () => {
  const device = add('d');
  const link = { takesMethods: false, sendMethod() {}, sendDesired() {}, close() {} };
  device.connect(link, clock.now());
  lagging();

  hub.devices.delete('d', undefined);
  await clock.advance(500);
  device.disconnect(link, clock.now());
  await clock.advance(500);

  expect(shown("deviceId = 'd'")).toEqual([]);
});

it('remembers nothing without a lag, and shows what came before it as it was then', () => {
  const device = add('d', 1);
  move(device, 2);
  lagging();
  move(device, 3);

  expect(shown("deviceId = 'd'")).toEqual(['d 2']);
});

it('lags modules and connections too', async () => {
  const device = add('d');
  hub.devices.create({ deviceId: 'd', moduleId: 'm' }, { tags: { floor: 1 } });
  lagging();
  const link = { takesMethods: false, sendMethod() {}, sendDesired() {}, close() {} };
  device.connect(link, clock.now());
  hub.devices.deleteModule('d', 'm', undefined);
  const count = (text: string): number => runQuery(hub.sourcesBehind(LAG), text, 100, undefined).items.length;

  expect(count("SELECT * FROM devices WHERE connectionState = 'Connected'")).toBe(0);
  expect(count('SELECT * FROM devices.modules')).toBe(1);
  expect(count('SELECT * FROM devices')).toBe(1);
  await clock.advance(1000);
  expect(count("SELECT * FROM devices WHERE connectionState = 'Connected'")).toBe(1);
  expect(count('SELECT * FROM devices.modules')).toBe(0);
});
