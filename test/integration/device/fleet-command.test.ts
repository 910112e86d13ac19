import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { earliestEventPosition, EventHubConsumerClient } from '@azure/event-hubs';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { createDps, randomKey, type TestDps } from '../../support/dps';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';

const COMMAND = resolve('dist/device/main.js');

let dir: string;
let hub: TestHub;
let dps: TestDps;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fleet-command-'));
  hub = await createHub();
  dps = await createDps([hub]);
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Outputs of a stack whose service answers devices, but nobody who asks for keys: its name leads nowhere. */
const outputs = (): string =>
  JSON.stringify({
    auth: 'entra',
    hubs: { main: { hostName: hub.hostName, sku: { name: 'S1', units: 1 } } },
    ledger: { blobEndpoint: 'https://ledger.blob.test/', container: 'ledger' },
    provisioning: {
      name: dps.name,
      idScope: dps.idScope,
      serviceHostName: 'nobody.azure-devices-provisioning.test',
      deviceHostName: 'global.azure-devices-provisioning.test',
    },
  });

/** Starts the command; what it says so far is in `out` and `err`. */
function startCommand(args: readonly string[]) {
  const child = spawn(process.execPath, [COMMAND, '--outputs', '-', ...args]);
  const said = { out: '', err: '' };
  child.stdout.on('data', (data) => (said.out += String(data)));
  child.stderr.on('data', (data) => (said.err += String(data)));
  child.stdin.end(outputs());
  const exited = once(child, 'exit');
  stops.push(async () => {
    child.kill();
    await exited;
  });
  return { said };
}

const fileOf = async (name: string, text: string): Promise<string> => {
  const file = join(dir, name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
};

/** Makes a group. @returns the file with its key */
async function groupOf(name: string): Promise<string> {
  const primaryKey = randomKey();
  await ProvisioningServiceClient.fromConnectionString(dps.connectionString).createOrUpdateEnrollmentGroup({
    ...{ enrollmentGroupId: name, allocationPolicy: 'static', iotHubs: [hub.hostName] },
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey, secondaryKey: randomKey() } },
  } as never);
  return fileOf(`${name}.key`, `${primaryKey}\n`);
}

/** The numbers of all telemetry of the hub, by device, in the order in which they came. */
function telemetry(): Map<string, number[]> {
  const [, policy = '', key = ''] = /KeyName=([^;]*);SharedAccessKey=(.*)$/.exec(hub.connectionString) ?? [];
  const endpoint = `Endpoint=sb://${hub.name}.servicebus.azure.test/;SharedAccessKeyName=${policy};SharedAccessKey=${key};EntityPath=${hub.name}`;
  const client = new EventHubConsumerClient('$Default', endpoint);
  const numbers = new Map<string, number[]>();
  const subscription = client.subscribe(
    {
      processEvents: (events) => {
        for (const { body, systemProperties } of events) {
          const deviceId = String(systemProperties?.['iothub-connection-device-id']);
          numbers.set(deviceId, [...(numbers.get(deviceId) ?? []), (body as { number: number }).number]);
        }
        return Promise.resolve();
      },
      processError: () => Promise.resolve(),
    },
    { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 },
  );
  stops.push(async () => {
    await subscription.close();
    await client.close();
  });
  return numbers;
}

it('comes by the key file of a group; those that flap come back, and no number of their telemetry is missing', async () => {
  const keyFile = await groupOf('doors');
  const profiles = await fileOf(
    'profiles.json',
    '{"flapping": {"share": 0, "everyMs": 300}, "devices": {"flap-0002": ["flapping"]}}',
  );
  const { said } = startCommand([
    ...['--group', 'doors', '--group-key-file', keyFile, '--prefix', 'flap', '--count', '2'],
    ...['--light', '--telemetry-ms', '100', '--profiles', profiles, '--json'],
  ]);
  await eventually(() => expect(said.out).toContain('"ready":true'));

  await eventually(() => expect(flapsOf(said.err, 'flap-0002')).toBeGreaterThanOrEqual(2));

  const highest = 20;
  const numbers = telemetry();
  await eventually(() => {
    for (const id of ['flap-0001', 'flap-0002']) expect(Math.max(...(numbers.get(id) ?? []))).toBeGreaterThan(highest);
  });
  const all = Array.from({ length: highest }, (_, index) => index + 1);
  for (const id of ['flap-0001', 'flap-0002']) expect(numbers.get(id)).toEqual(expect.arrayContaining(all));
  expect(flapsOf(said.err, 'flap-0001')).toBe(0);
  expect(JSON.parse(said.out)).toMatchObject({ devices: 2, kept: 2, connected: 2 });
});

/** Lost twice means: connected again in between. */
const flapsOf = (text: string, deviceId: string): number =>
  text.split('\n').filter((line) => line.startsWith(`fleet: ${deviceId}: `) && line.includes('flaps')).length;

it('does not come with a key that is not that of the group, and prints neither key', async () => {
  const wrong = randomKey();
  await groupOf('own');
  const keyFile = await fileOf('wrong.key', wrong);

  const { said } = startCommand(['--group', 'own', '--group-key-file', keyFile, '--prefix', 'lost', '--count', '1']);

  await eventually(() => expect(said.err).toMatch(/fleet: lost-0001: .*(401|unauthori[sz]ed)/i));
  expect(said.out).toBe('');
  expect(said.err).not.toContain(wrong);
});
