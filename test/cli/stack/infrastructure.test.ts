import { parse } from 'yaml';
import { fleetGroupIn, withFirstSettings } from '../../../cli/stack/infrastructure';
import { parseConfig } from '../../../infra/config';

const FIRST = 'config:\n  groundswell:protect: "false"\n  groundswell:registerDevices: "true"\n';
const HUBS = '  groundswell:hubs:\n    mine: {}\n';

it('gives a new local stack settings with which it can be made, and devices moved between its hubs', () => {
  const settings = withFirstSettings('', false);

  expect(settings.startsWith(FIRST)).toBe(true);
  expect(withFirstSettings('config: {}\n', false)).toContain('groundswell:protect');
  expect(withFirstSettings(settings, false)).toBe(settings);
  const { config } = parse(settings) as { config: Record<string, unknown> };
  const raw = Object.entries(config).map(([key, value]) => [
    key.replace('groundswell:', ''),
    typeof value === 'string' ? (JSON.parse(value) as unknown) : value, // as Pulumi gives it
  ]);
  const { hubs, enrollmentGroups } = parseConfig(Object.fromEntries(raw) as Record<string, unknown>);
  expect(Object.keys(hubs)).toEqual(['main', 'east', 'quarantine']);
  expect(enrollmentGroups).toMatchObject({ devices: { allocation: { custom: { newDevices: ['main'] } } } });
});

it('has the simulated devices come by the group of a new stack, as doors', () => {
  const settings = withFirstSettings('', false);

  expect(fleetGroupIn(settings)).toBe('devices');
  const { config } = parse(settings) as { config: Record<string, { devices: object }> };
  expect(config['groundswell:enrollmentGroups']?.devices).toMatchObject({
    initialTwin: { tags: { kind: 'door', building: 42 } },
  });
});

it.each([
  ['no group', HUBS],
  ['a group by certificate', '  groundswell:enrollmentGroups: { devices: { attestation: { type: x509 }, initialTwin: { tags: { kind: door } } } }\n'], // prettier-ignore
  ['a group of other devices', '  groundswell:enrollmentGroups: { devices: { attestation: { type: symmetricKey } } }\n'], // prettier-ignore
])('leaves the simulated devices to themselves where the settings have %s', (_, settings) => {
  expect(fleetGroupIn(withFirstSettings(`config:\n${settings}`, false))).toBeUndefined();
});

it('adds no hub, service or group where one of them is set', () => {
  expect(withFirstSettings(`${FIRST}${HUBS}`, false)).toBe(`${FIRST}${HUBS}`);
});

it('adds what an older file lacks, and leaves what the user has set', () => {
  const mine = `# mine\nencryptionsalt: v1:abc\nconfig:\n${HUBS}  groundswell:protect: "true"\n`;

  expect(withFirstSettings(mine, false)).toBe(`${mine}  groundswell:registerDevices: "true"\n`);
});

it('gives the stack telemetry that processes read, and takes it away again', () => {
  const without = withFirstSettings('', false);

  const settings = withFirstSettings(without, true);

  const { config } = parse(settings) as { config: Record<string, unknown> };
  expect(parseConfig({ telemetry: config['groundswell:telemetry'] }).telemetry).toMatchObject({ hosts: 'processes' });
  expect(withFirstSettings(settings, true)).toBe(settings);
  expect(withFirstSettings(settings, false)).toBe(without);
});

it.each(['"true"', '{ hosts: processes, partitions: 2 }'])('leaves telemetry %s as the user has set it', (value) => {
  const mine = `${FIRST}${HUBS}  groundswell:telemetry: ${value}\n`;

  expect([withFirstSettings(mine, true), withFirstSettings(mine, false)]).toEqual([mine, mine]);
});
