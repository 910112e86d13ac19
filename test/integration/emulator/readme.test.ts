import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { findPip } from '../../../tools/prerequisites';
import { installPacked } from '../../support/packed-emulator';
import { pythonSdks } from '../../support/python-sdks';

/** What a new user does: the README of the package, from top to bottom, in another folder, with the packed package. */
const README = readFileSync(resolve('emulator/README.md'), 'utf8');
const SDKS = ['azure-iothub', 'azure-iot-device', 'azure-iot-device-mqtt', 'azure-iot-provisioning-service'];

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'emulator-readme-'));
/** A process outside the emulator that runs these tests. */
const env = { PATH: process.env.PATH, HOME: process.env.HOME };
let command: string;
let started: ChildProcess;
let said = '';

/** The first code block of a language. */
const blockOf = (language: string): string => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(README)?.[1] ?? '';
const iothubEmulator = async (args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<string> =>
  (await run(process.execPath, [command, ...args], { cwd: folder, env: { ...env, ...more } })).stdout.trim();
const refusal = async (...args: string[]): Promise<string> => {
  const error = (await iothubEmulator(args).catch((reason: unknown) => reason)) as { code: number; stderr: string };
  expect(error).toExitWith(1);
  return error.stderr;
};

beforeAll(async () => {
  command = await installPacked(folder, SDKS);
  writeFileSync(join(folder, 'app.js'), blockOf('js'));
  writeFileSync(join(folder, 'app.py'), blockOf('python'));
  started = spawn(process.execPath, [command, 'start', '--hub', 'my-hub', '--dps', 'my-dps'], { cwd: folder, env });
  started.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  await new Promise<void>((ready, failed) => {
    started.once('exit', () => failed(new Error(said)));
    started.stdout?.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes('Ctrl-C')) ready();
    });
  });
});

afterAll(async () => {
  if (started.exitCode === null) {
    started.kill('SIGKILL');
    await once(started, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

it('runs the ten lines of Node', async () => {
  const HUB = await iothubEmulator(['connection-string', 'my-hub']);

  expect(await iothubEmulator(['exec', '--', 'node', 'app.js'], { HUB })).toBe('Connected');
});

it('runs the ten lines of Python', async () => {
  const python = (await findPip())?.path;
  if (python === undefined) {
    console.warn('not run, as there is no Python with pip on PATH');
    return;
  }
  const HUB = await iothubEmulator(['connection-string', 'my-hub']);
  const PYTHONPATH = await pythonSdks(python);

  expect(await iothubEmulator(['exec', '--', python, 'app.py'], { HUB, PYTHONPATH })).toBe('Connected');
});

it('says at the start what there is, and makes a provisioning service linked to the hubs', async () => {
  expect(said).toContain('hub my-hub.azure-devices.test: iothub-emulator connection-string my-hub');
  expect(said).toMatch(/dps my-dps, id scope 0ne[0-9A-F]+: iothub-emulator connection-string --dps my-dps/i);
  const DPS = await iothubEmulator(['connection-string', '--dps', 'my-dps']);
  expect(DPS).toMatch(
    /^HostName=my-dps\.azure-devices-provisioning\.test;SharedAccessKeyName=provisioningserviceowner;/,
  );
  const program = `
    const { ProvisioningServiceClient } = require('azure-iot-provisioning-service');
    const service = ProvisioningServiceClient.fromConnectionString(process.env.DPS);
    const attestation = { type: 'symmetricKey' };
    service.createOrUpdateIndividualEnrollment({ registrationId: 'r1', attestation }).then(
      ({ responseBody }) => console.log(responseBody.registrationId, responseBody.provisioningStatus));`;

  expect(await iothubEmulator(['exec', '--', 'node', '-e', program], { DPS })).toBe('r1 enabled');
});

it('gives a device with a certificate the connection string that its SDK reads', async () => {
  const HUB = await iothubEmulator(['connection-string', 'my-hub']);
  const program = `
    const x509Thumbprint = { primaryThumbprint: 'A'.repeat(40), secondaryThumbprint: 'B'.repeat(40) };
    require('azure-iothub').Registry.fromConnectionString(process.env.HUB)
      .create({ deviceId: 'own-cert', authentication: { type: 'selfSigned', x509Thumbprint } });`;
  await iothubEmulator(['exec', '--', 'node', '-e', program], { HUB });

  expect(await iothubEmulator(['connection-string', 'my-hub', '--device', 'own-cert'])).toBe(
    'HostName=my-hub.azure-devices.test;DeviceId=own-cert;x509=true',
  );
});

it('refuses with a sentence that says what is wrong', async () => {
  expect(await refusal('start')).toContain('already; stop it, or name another directory with --state');
  expect(await refusal('connection-string', 'my-hub', '--policy', 'no')).toBe(
    "iothub-emulator: The hub has no shared access policy 'no'. (management.azure.test answered 404)\n",
  );
  expect(await refusal('connection-string', 'my-hub', '--device', 'no')).toBe(
    'iothub-emulator: Device no not registered (my-hub.azure-devices.test answered 404)\n',
  );
  expect(await refusal('connection-string', '--dps', 'no')).toContain(
    "there is no provisioning service 'no'; there are: my-dps",
  );
  expect(await refusal('exec')).toContain('run with --help');
});

it('ends by Ctrl-C with exit code 0 and leaves no sign that it runs', async () => {
  started.kill('SIGINT');
  const [code] = (await once(started, 'exit')) as [number];

  expect(code).toBe(0);
  expect(readdirSync(join(folder, '.iothub-emulator'))).toEqual(['exec', 'tls']);
});
