import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const COMMAND = resolve('emulator/dist/main.js');
const run = promisify(execFile);
let stateDir: string;
beforeEach(async () => (stateDir = await mkdtemp(join(tmpdir(), 'emulator-state-'))));
afterEach(() => rm(stateDir, { recursive: true, force: true }));

/** A process outside the emulator that runs these tests. */
const env = { PATH: process.env.PATH, HOME: process.env.HOME };
const emulator = (...args: string[]) => run(process.execPath, [COMMAND, ...args], { env });
const refusal = async (...args: string[]): Promise<string> => {
  const error = (await emulator(...args).catch((reason: unknown) => reason)) as { code: number; stderr: string };
  expect(error).toExitWith(1);
  return error.stderr;
};

it('starts once per state directory, tells where it is, and cleans up on a signal', async () => {
  const started = spawn(process.execPath, [COMMAND, 'start', '--state', stateDir, '--hub', 'my-hub', '--json'], {
    env,
  });
  try {
    const [line] = (await once(createInterface(started.stdout), 'line')) as [string];
    const ready = JSON.parse(line) as { pid: number; hubs: { name: string; hostName: string }[] };
    expect(ready).toMatchObject({
      pid: started.pid,
      hubs: [{ name: 'my-hub', hostName: 'my-hub.azure-devices.test' }],
    });
    expect(line).not.toContain('SharedAccessKey');
    expect((await stat(join(stateDir, 'emulator.json'))).mode & 0o777).toBe(0o600);

    expect(await refusal('start', '--state', stateDir)).toContain(`process ${started.pid}`);
    const { stdout } = await emulator('connection-string', 'my-hub', '--policy', 'service', '--state', stateDir);
    expect(stdout).toMatch(
      /^HostName=my-hub\.azure-devices\.test;SharedAccessKeyName=service;SharedAccessKey=[\w+/]{43}=\n$/,
    );
    expect(await refusal('connection-string', 'other', '--state', stateDir)).toContain(
      "there is no hub 'other'; there are: my-hub",
    );
    const shown = await emulator('env', '--json', '--state', stateDir);
    expect(JSON.parse(shown.stdout)).toMatchObject({ IOTHUB_EMULATOR_STATE: stateDir });
  } finally {
    started.kill('SIGTERM');
    const [code] = (await once(started, 'exit')) as [number];
    expect(code).toBe(0);
  }
  expect(await readdir(stateDir)).toEqual(['exec', 'tls']);
});

it('says what to do when none runs', async () => {
  expect(await refusal('env', '--state', stateDir)).toContain("start one with 'iothub-emulator start'");
});

it('takes the place of one that was killed', async () => {
  await writeFile(join(stateDir, 'emulator.json'), JSON.stringify({ pid: 2 ** 22 + 1, redirects: [] }));

  const { stdout } = await emulator('exec', '--state', stateDir, '--', process.execPath, '-p', '"ran"');

  expect(stdout).toBe('ran\n');
});

const program = `
  const dial = (host, port) => new Promise((resolve) => {
    const socket = require('net').connect({ host, port });
    socket.once('connect', () => resolve('connected to ' + socket.remoteAddress));
    socket.once('error', (error) => resolve(error.code + ' ' + error.message));
  });
  (async () => {
    console.log(await dial('any.azure-devices.test', 8883));
    console.log(await dial('any.azure-devices.test', 5672));
    console.log(await dial('any.azure-devices.test.invalid', 8883));
    console.log(await dial('xazure-devices.test', 443));
    console.log((await fetch('https://any.azure-devices.test/devices')).status);
    process.exit(7);
  })();`;

it("redirects its own names and no other, trusts its CA, and ends with the program's exit code", async () => {
  const ended = run(process.execPath, [COMMAND, 'exec', '--state', stateDir, '--', process.execPath, '-e', program], {
    env,
  });
  const { code, stdout } = (await ended.catch((reason: unknown) => reason)) as { code: number; stdout: string };

  expect(code).toBe(7);
  const [mqtt, unserved, ...rest] = stdout.trim().split('\n');
  expect(mqtt).toBe('connected to 127.0.0.1');
  expect(unserved).toContain('iothub-emulator serves no port 5672 of any.azure-devices.test');
  expect(rest[0]).not.toContain('connected');
  expect(rest[1]).not.toContain('connected');
  expect(rest[2]).toBe('404');
});

it("gives DefaultAzureCredential the local identity, also where the user's own service principal is set", async () => {
  const asked = `
    const { DefaultAzureCredential } = require('@azure/identity');
    new DefaultAzureCredential().getToken('https://management.azure.com/.default').then(({ token }) => {
      console.log(JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).tid === process.env.ARM_TENANT_ID);
    });
  `;
  const own = {
    AZURE_CLIENT_ID: 'own',
    AZURE_TENANT_ID: '00000000-0000-0000-0000-000000000001',
    AZURE_CLIENT_SECRET: 'own',
  };
  const args = [COMMAND, 'exec', '--state', stateDir, '--', process.execPath, '-e', asked];

  const { stdout } = await run(process.execPath, args, { env: { ...env, ...own } });

  expect(stdout).toBe('true\n');
});
