import { applyContent } from '../../../emulator/hub/configurations/apply';
import { ConfigurationInput } from '../../../emulator/hub/configurations/configuration';
import { measuredView } from '../../../emulator/hub/configurations/metrics';
import { combine, patchFor } from '../../../emulator/hub/configurations/settings';
import { Hub } from '../../../emulator/hub/hub';
import type { Device } from '../../../emulator/hub/hub-device';
import { hubSettings } from '../../../emulator/hub/settings';
import { valuesOf } from '../../../emulator/hub/twin/merge';
import { twinView } from '../../../emulator/hub/views';
import type { Json, JsonObject } from '../../../emulator/world/json';
import { newWorld, type World } from '../../../emulator/world/world';
import { FakeClock } from '../world/fake-clock';

let clock: FakeClock;
let world: World;
let hub: Hub;
const newHub = (): Hub => new Hub('h', hubSettings({ sku: { name: 'S1', units: 1 } }), world, { throttle: false });

beforeEach(() => {
  clock = new FakeClock();
  world = newWorld({ clock });
  hub = newHub();
});
afterEach(() => hub.close());

const refusal = (errorName: string): Error => expect.objectContaining({ errorName }) as Error;
const inputOf = (id: string, more: Record<string, unknown>): ConfigurationInput =>
  ConfigurationInput.parse({ id, content: { deviceContent: { 'properties.desired.fan': { speed: 1 } } }, ...more });
const configure = (id: string, more: Record<string, unknown> = {}): void =>
  void hub.configurations.create(inputOf(id, { targetCondition: "tags.site = 'a'", ...more }));
const fan = (speed: number): object => ({ content: { deviceContent: { 'properties.desired.fan': { speed } } } });
const desired = (device: Device): JsonObject => valuesOf(device.twin.desired);
const statuses = (device: Device): Json | undefined => twinView(device).configurations;
const site = (deviceId: string, at = 'a'): Device => hub.devices.create({ deviceId }, { tags: { site: at } });
const swept = (): Promise<void> => clock.advance(0);
const results = (id: string): unknown => {
  const { systemMetrics, metrics } = measuredView(hub.configurations.require(id), hub.sources);
  return { ...(systemMetrics as { results: object }).results, ...(metrics as { results: object }).results };
};

it('sets its content on all targets, those that are there and those that come', async () => {
  const [there, other] = [site('there'), site('other', 'b')];
  configure('c');
  await swept();
  const comes = site('comes');

  expect(desired(there)).toEqual({ fan: { speed: 1 } });
  expect(statuses(there)).toEqual({ c: { status: 'Applied' } });
  expect(desired(comes)).toEqual({ fan: { speed: 1 } });
  expect(desired(other)).toEqual({});
  expect(results('c')).toEqual({ targetedCount: 2, appliedCount: 2 });
});

it('takes its content back from a device that is no target any more, and leaves the rest', async () => {
  const device = site('d');
  hub.devices.patchTwin(device, { properties: { desired: { own: true } } }, undefined);
  configure('c');
  await swept();

  hub.devices.patchTwin(device, { tags: { site: 'b' } }, undefined);

  expect(desired(device)).toEqual({ own: true });
  expect(statuses(device)).toBeUndefined();
});

it('follows what the device reports', () => {
  configure('c', { targetCondition: "properties.reported.model = 'x'" });
  const device = site('d');
  expect(desired(device)).toEqual({});

  hub.devices.reportTwin(device, { model: 'x' }, undefined);

  expect(desired(device)).toEqual({ fan: { speed: 1 } });
});

it('lets the highest priority win, and of equal ones the newest; the next one takes over', async () => {
  const device = site('d');
  configure('low', { priority: 1, ...fan(1) });
  await clock.advance(1000);
  configure('high', { priority: 5, ...fan(5) });
  await clock.advance(1000);
  configure('newer', { priority: 5, ...fan(6) });
  await swept();
  expect(desired(device)).toEqual({ fan: { speed: 6 } });
  expect(statuses(device)).toEqual({
    low: { status: 'Targeted' },
    high: { status: 'Targeted' },
    newer: { status: 'Applied' },
  });

  hub.configurations.delete('newer', undefined);
  await swept();
  expect(desired(device)).toEqual({ fan: { speed: 5 } });

  hub.configurations.update(inputOf('high', { targetCondition: '', priority: 5 }), '"*"');
  await swept();
  expect(desired(device)).toEqual({ fan: { speed: 1 } });
  hub.configurations.delete('low', undefined);
  await swept();
  expect(desired(device)).toEqual({});
});

it('sets again what a service overwrites', async () => {
  const device = site('d');
  configure('c');
  await swept();

  hub.devices.patchTwin(device, { properties: { desired: { fan: { speed: 9 }, mine: 1 } } }, undefined);

  expect(desired(device)).toEqual({ fan: { speed: 1 }, mine: 1 });
});

it('writes nothing when nothing changes', async () => {
  const device = site('d');
  configure('c');
  await swept();
  const { version } = device.twin;

  hub.devices.reportTwin(device, { x: 1 }, undefined);

  expect(device.twin.version).toBe(version + 1);
});

it('stays Targeted where the twin cannot take the content', async () => {
  const device = site('d');
  configure('c', { content: { deviceContent: { 'properties.desired.big': 'x'.repeat(5000) } } });
  await swept();

  expect(desired(device)).toEqual({});
  expect(statuses(device)).toEqual({ c: { status: 'Targeted' } });
});

it('manages modules by a condition on modules', async () => {
  const device = site('d');
  const module = hub.devices.create({ deviceId: 'd', moduleId: 'm' });
  configure('c', {
    targetCondition: "FROM devices.modules WHERE moduleId = 'm'",
    content: { moduleContent: { 'properties.desired.x': 1 } },
  });
  await swept();

  expect(desired(module)).toEqual({ x: 1 });
  expect(desired(device)).toEqual({});
  expect(results('c')).toEqual({ targetedCount: 1, appliedCount: 1 });
});

it('deploys to the modules of Edge devices, layers above a base', async () => {
  const agent = { 'properties.desired': { modules: { base: { v: 1 } } } };
  configure('base', { content: { modulesContent: { $edgeAgent: agent, own: { 'properties.desired': { a: 1 } } } } });
  configure('layer', {
    priority: 1,
    content: { modulesContent: { $edgeAgent: { 'properties.desired.modules.extra': { v: 2 } } } },
  });
  hub.devices.create({ deviceId: 'e', capabilities: { iotEdge: true } }, { tags: { site: 'a' } });
  site('leaf');
  await swept();

  const edgeAgent = hub.devices.requireModule('e', '$edgeAgent');
  expect(desired(edgeAgent)).toEqual({ modules: { base: { v: 1 }, extra: { v: 2 } } });
  expect(desired(hub.devices.requireModule('e', 'own'))).toEqual({ a: 1 });
  expect(results('base')).toMatchObject({ targetedCount: 1, appliedCount: 1, reportedSuccessfulCount: 0 });

  hub.devices.reportTwin(edgeAgent, { lastDesiredVersion: edgeAgent.twin.desired.$version }, undefined);
  hub.devices.reportTwin(edgeAgent, { lastDesiredStatus: { code: 200 } }, undefined);
  expect(results('base')).toMatchObject({ reportedSuccessfulCount: 1, reportedFailedCount: 0 });
});

it('goes on after a restart', async () => {
  const device = site('d');
  configure('c');
  await swept();
  hub.devices.setConfigured(device, undefined); // as though the process had ended before it came to this device

  const again = newHub();
  await swept();

  const restored = again.devices.require('d');
  expect(twinView(restored).configurations).toEqual({ c: { status: 'Applied' } });
  again.configurations.delete('c', undefined);
  await swept();
  expect(desired(restored)).toEqual({});
  await again.close();
});

it('refuses what it cannot do, by name', () => {
  configure('c');
  expect(() => configure('c')).toThrow(refusal('ConfigurationAlreadyExists'));
  expect(() => configure('x', { targetCondition: 'tags.' })).toThrow(refusal('InvalidConfigurationTargetCondition'));
  expect(() => configure('x', { targetCondition: 'properties.desired.y = 1' })).toThrow(
    refusal('InvalidConfigurationTargetCondition'),
  );
  expect(() => configure('x', { metrics: { queries: { m: 'SELEKT' } } })).toThrow(
    refusal('InvalidConfigurationCustomMetricsQuery'),
  );
  for (const content of [
    {},
    { deviceContent: {}, moduleContent: {} },
    { modulesContent: { other: {} } },
    { deviceContent: { 'tags.x': 1 } },
    { deviceContent: { 'properties.desired': 1 } },
  ]) {
    expect(() => configure('x', { content })).toThrow(refusal('InvalidConfigurationContent'));
  }
  expect(() => hub.configurations.update(inputOf('c', {}), '"bad="')).toThrow(refusal('PreconditionFailed'));
  expect(() => hub.configurations.require('x')).toThrow(refusal('ConfigurationNotFound'));
  for (let i = 0; i < 99; i++) configure(`c${i}`);
  expect(() => configure('one-more')).toThrow(refusal('ConfigurationCountLimitExceeded'));
});

it('keeps the content of an update to itself', () => {
  configure('c');
  const updated = hub.configurations.update(inputOf('c', { ...fan(7), labels: { a: 'b' } }), '"MQ=="');
  expect(updated).toMatchObject({
    labels: { a: 'b' },
    version: 2,
    content: { settings: { 'properties.desired.fan': { speed: 1 } } },
  });
});

it('counts custom metrics as rows of their query', async () => {
  site('d');
  site('e');
  configure('c', {
    metrics: { queries: { mine: "SELECT deviceId FROM devices WHERE configurations.[[c]].status = 'Applied'" } },
  });
  await swept();

  expect(results('c')).toEqual({ targetedCount: 2, appliedCount: 2, mine: 2 });
});

it('applies a content to one Edge device, and to no other', () => {
  hub.devices.create({ deviceId: 'e', capabilities: { iotEdge: true } });
  site('d');
  const body = { modulesContent: { $edgeAgent: { 'properties.desired': { x: 1 } }, m: { 'properties.desired.y': 2 } } };

  applyContent(hub.devices, 'e', body);

  expect(desired(hub.devices.requireModule('e', '$edgeAgent'))).toEqual({ x: 1 });
  expect(desired(hub.devices.requireModule('e', 'm'))).toEqual({ y: 2 });
  expect(() => applyContent(hub.devices, 'd', body)).toThrow(/Not an Azure IoT Edge device/);
});

it('works out the smallest patch', () => {
  const { settings } = combine([
    { id: 'c', settings: { 'properties.desired.a.b': { keep: 1, change: 2, gone: null } } },
  ]);

  const patch = patchFor({ a: { b: { keep: 1, change: 1, old: 1 }, c: 3 }, z: 1 }, settings, ['properties.desired.z']);

  expect(patch).toEqual({ z: null, a: { b: { change: 2, old: null } } });
});
