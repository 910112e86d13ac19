import { Hub } from '../../../emulator/hub/hub';
import type { HubEvent } from '../../../emulator/hub/events/event';
import type { Device, DeviceLink } from '../../../emulator/hub/hub-device';
import { hubSettings, type HubSettings } from '../../../emulator/hub/settings';
import { identityView, twinView } from '../../../emulator/hub/views';
import { newWorld, type World } from '../../../emulator/world/world';
import { FakeClock } from '../world/fake-clock';

const S1 = { name: 'S1', units: 1 } as const;
const ALL_EVENTS = ['TwinChangeEvents', 'DeviceLifecycleEvents', 'DeviceConnectionStateEvents'].map((source) => ({
  name: source,
  source,
  condition: 'true',
  endpointNames: ['events'],
  isEnabled: true,
}));

let world: World;
let hub: Hub;
const hubOf = (given: Partial<HubSettings> = {}): Hub =>
  new Hub('H', hubSettings({ sku: S1, ...given }), world, { throttle: false });

beforeEach(() => {
  world = newWorld({ clock: new FakeClock() });
  hub = hubOf();
});
afterEach(() => hub.close());

const refusal = (errorName: string): Error => expect.objectContaining({ errorName }) as Error;
const idsOf = (devices: Iterable<readonly [number, Device]>): string[] =>
  [...devices].map(([, { identity }]) => identity.deviceId);

/** Publishes of a hub, parsed. */
function eventsOf(of: Hub): { event: HubEvent; body: unknown }[] {
  const seen: { event: HubEvent; body: unknown }[] = [];
  jest
    .spyOn(of.events, 'publish')
    .mockImplementation((event) => void seen.push({ event, body: JSON.parse(event.body.toString()) as unknown }));
  return seen;
}

function linkOf(device: Device): DeviceLink & { closed: boolean } {
  const link = {
    closed: false,
    takesMethods: false,
    sendMethod: () => undefined,
    sendDesired: () => undefined,
    close: () => {
      link.closed = true;
      device.disconnect(link, world.clock.now());
    },
  };
  device.connect(link, world.clock.now());
  return link;
}

describe('modules', () => {
  beforeEach(() => void hub.devices.create({ deviceId: 'd' }));

  it('live under their device and go with it', () => {
    const module = hub.devices.create({ deviceId: 'd', moduleId: 'm', managedBy: 'me' });
    const link = linkOf(module);
    expect(hub.devices.module('d', 'm')).toBe(module);
    expect(identityView(module)).toMatchObject({ deviceId: 'd', moduleId: 'm', managedBy: 'me' });

    hub.devices.delete('d', undefined);

    expect(hub.devices.module('d', 'm')).toBeUndefined();
    expect(link.closed).toBe(true);
    hub.devices.create({ deviceId: 'd' });
    expect(hub.devices.modulesOf('d')).toEqual([]);
  });

  it('are at most 50 a device, each once, on a device that exists', () => {
    for (let i = 0; i < 50; i++) hub.devices.create({ deviceId: 'd', moduleId: `m${i}` });

    expect(() => hub.devices.create({ deviceId: 'd', moduleId: 'm50' })).toThrow(refusal('TooManyModulesOnDevice'));
    expect(() => hub.devices.create({ deviceId: 'd', moduleId: 'm1' })).toThrow(refusal('ModuleAlreadyExistsOnDevice'));
    expect(() => hub.devices.create({ deviceId: 'x', moduleId: 'm1' })).toThrow(refusal('DeviceNotFound'));
    expect(() => hub.devices.requireModule('d', 'm50')).toThrow(refusal('ModuleNotFound'));
  });

  it('come with an Edge device, without a way to sign in, and stay as long as it', () => {
    hub.devices.create({ deviceId: 'e', capabilities: { iotEdge: true } });

    const edge = hub.devices.modulesOf('e').map(({ identity }) => [identity.moduleId, identity.authentication.type]);
    expect(edge).toEqual([
      ['$edgeAgent', 'none'],
      ['$edgeHub', 'none'],
    ]);
    expect(() => hub.devices.deleteModule('e', '$edgeHub', undefined)).toThrow(refusal('InvalidOperation'));
  });
});

it('shows the scopes of Edge devices and of those below them', () => {
  const edge = hub.devices.create({ deviceId: 'e', capabilities: { iotEdge: true } });
  const scope = edge.identity.deviceScope ?? '';
  expect(scope).toMatch(/^ms-azure-iot-edge:\/\/e-\d{18}$/);

  const leaf = hub.devices.create({ deviceId: 'leaf', deviceScope: scope });
  const nested = hub.devices.create({ deviceId: 'n', capabilities: { iotEdge: true }, parentScopes: [scope] });

  expect(leaf.identity).toMatchObject({ deviceScope: scope, parentScopes: [scope] });
  expect(nested.identity.parentScopes).toEqual([scope]);
  expect(nested.identity.deviceScope).not.toBe(scope);
  const updated = hub.devices.update({ deviceId: 'e', capabilities: { iotEdge: true } }, '*');
  expect(updated.identity.deviceScope).toBe(scope);
});

it('refuses a device that nobody can sign in as, half a pair of keys, and more devices than the tier has', () => {
  for (const authentication of [{ type: 'none' }, { symmetricKey: { primaryKey: 'A'.repeat(44) } }] as const) {
    expect(() => hub.devices.create({ deviceId: 'x', authentication })).toThrow(refusal('ArgumentInvalid'));
  }
  const free = hubOf({ sku: { name: 'F1', units: 1 } });
  for (let i = 0; i < 500; i++) free.devices.create({ deviceId: `d${i}` });
  expect(() => free.devices.create({ deviceId: 'd500' })).toThrow(refusal('TooManyDevices'));
});

it('begins with a given twin, and leaves no device behind when that is refused', () => {
  const { twin } = hub.devices.create({ deviceId: 'd' }, { tags: { a: 1 }, properties: { desired: { b: 2 } } });
  expect(twin).toMatchObject({ tags: { a: 1 }, desired: { b: 2, $version: 1 }, version: 2 });

  expect(() => hub.devices.create({ deviceId: 'e' }, { tags: { 'no.dots': 1 } })).toThrow(refusal('ArgumentInvalid'));
  expect(hub.devices.get('e')).toBeUndefined();
});

it('comes back from the store as it was: order, modules, twins, counts', () => {
  for (const deviceId of ['c', 'a', 'b']) hub.devices.create({ deviceId });
  const module = hub.devices.create({ deviceId: 'a', moduleId: 'm' });
  hub.devices.patchTwin(module, { tags: { x: 1 } }, undefined);
  hub.devices.update({ deviceId: 'b', status: 'disabled' }, '*');
  hub.devices.delete('c', undefined);
  const shown = [...hub.devices.after(0)].map(([at, device]) => [at, twinView(device), identityView(device)]);

  const again = hubOf();

  expect([...again.devices.after(0)].map(([at, device]) => [at, twinView(device), identityView(device)])).toEqual(
    shown,
  );
  expect(again.devices.module('a', 'm')?.twin.tags).toEqual({ x: 1 });
  expect(again.devices.modulesOf('a')).toHaveLength(1);
  expect(again.census.disabledCount).toBe(1);
  again.devices.create({ deviceId: 'd' });
  expect(idsOf(again.devices.after(0))).toEqual(['a', 'b', 'd']);
});

it('counts connected and disabled devices, modules apart', () => {
  const device = hub.devices.create({ deviceId: 'd' });
  const module = hub.devices.create({ deviceId: 'd', moduleId: 'm' });
  const first = linkOf(device);
  linkOf(module);
  linkOf(device);
  expect(first.closed).toBe(true);
  expect(hub.census).toMatchObject({ connectedCount: 1, disabledCount: 0 });

  hub.devices.update({ deviceId: 'd', status: 'disabled' }, '*');

  expect(hub.census).toMatchObject({ connectedCount: 0, disabledCount: 1 });
  expect(module.link).toBeUndefined();
  hub.devices.delete('d', '*');
  expect(hub.census).toMatchObject({ connectedCount: 0, disabledCount: 0 });
});

describe('events', () => {
  it('tell of lifecycle, twin changes and connections when a route asks for them', () => {
    const told = hubOf({ routing: { ...hubSettings({ sku: S1 }).routing, routes: ALL_EVENTS } });
    const seen = eventsOf(told);

    const device = told.devices.create({ deviceId: 'd' });
    told.devices.patchTwin(device, { tags: { a: 1, gone: null }, properties: { desired: { b: 2 } } }, undefined);
    told.devices.reportTwin(device, { c: 3 }, undefined);
    told.devices.replaceTwin(device, { tags: { z: 1 } }, undefined);
    linkOf(device).close();
    told.devices.delete('d', undefined);

    expect(seen.map(({ event }) => [event.source, event.properties.opType])).toEqual([
      ['deviceLifecycleEvents', 'createDeviceIdentity'],
      ['twinChangeEvents', 'updateTwin'],
      ['twinChangeEvents', 'updateTwin'],
      ['twinChangeEvents', 'replaceTwin'],
      ['deviceConnectionStateEvents', 'deviceConnected'],
      ['deviceConnectionStateEvents', 'deviceDisconnected'],
      ['deviceLifecycleEvents', 'deleteDeviceIdentity'],
    ]);
    expect(seen[0]?.event.properties).toMatchObject({
      hubName: 'H',
      deviceId: 'd',
      'iothub-message-schema': 'deviceLifecycleNotification',
    });
    const at = { $lastUpdated: '2026-01-01T00:00:00.0000000Z', $lastUpdatedVersion: 2 };
    expect(seen[1]?.body).toEqual({
      version: 3,
      tags: { a: 1, gone: null },
      properties: { desired: { b: 2, $metadata: { ...at, b: at }, $version: 2 } },
    });
    expect(seen[2]?.body).toMatchObject({ version: 4, properties: { reported: { c: 3, $version: 2 } } });
    expect(seen[3]?.body).toMatchObject({ deviceId: 'd', tags: { z: 1 }, properties: { desired: { b: 2 } } });
    const [connected, disconnected] = [4, 5].map((i) => (seen[i]?.body as { sequenceNumber: string }).sequenceNumber);
    expect(connected).toMatch(/^[0-9A-F]{64}$/);
    expect((connected ?? '') < (disconnected ?? '')).toBe(true);
  });

  it('are not made when no route asks', () => {
    const seen = eventsOf(hub);
    hub.devices.create({ deviceId: 'd' });
    expect(seen).toEqual([]);
  });
});
