import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import which from 'which';
import { createHub, type TestHub } from '../../support/hub';
import { javaSdks } from '../../support/java-sdks';
import { createProvisioning } from '../../support/provisioning';

const PROGRAMS = resolve('test/integration/emulator/java');
const run = promisify(execFile);
let missing: string | undefined;
let jars: string;
let hub: TestHub;

beforeAll(async () => {
  missing = ['java', 'mvn'].find((name) => which.sync(name, { nothrow: true }) === null);
  if (missing === undefined) [jars, hub] = await Promise.all([javaSdks(), createHub()]);
});

/** A test that names itself as not run where there is no Java or Maven. */
function withJava(name: string, test: () => Promise<void>): void {
  it(name, async () => {
    if (missing !== undefined) console.warn(`not run, as there is no ${missing} on PATH: ${name}`);
    else await test();
  });
}

/** Less than jest's, so that no java outlives its test. */
const PROGRAM_MS = 240_000;

/** Java runs a single source file as it is (JEP 330). */
async function linesOf(program: string, variables: Record<string, string>, ...args: string[]): Promise<string[]> {
  const java = ['-cp', join(jars, '*'), join(PROGRAMS, `${program}.java`), ...args];
  const { stdout } = await run('java', java, { env: { ...process.env, ...variables }, timeout: PROGRAM_MS });
  return stdout.trim().split('\n');
}

withJava('registers a device and runs it over MQTT, with a direct method', async () => {
  const lines = await linesOf('Hub', { IOTHUB_CONNECTION_STRING: hub.connectionString }, 'MQTT');

  expect(lines).toEqual(['created java-1', 'twin 0', 'method 200', 'state Connected']);
});

withJava('enrolls and provisions a device over MQTT', async () => {
  const { connectionString, idScope } = await createProvisioning(hub);
  const variables = {
    PROVISIONING_CONNECTION_STRING: connectionString,
    PROVISIONING_HOST: 'global.azure-devices-provisioning.test',
    PROVISIONING_IDSCOPE: idScope,
  };

  const lines = await linesOf('Provisioning', variables, 'MQTT');

  expect(lines).toEqual(['enrolled java-dps-1', `registered PROVISIONING_DEVICE_STATUS_ASSIGNED ${hub.hostName}`]);
});

withJava('leads its own names and no other', async () => {
  const lines = await linesOf('Dials', { IOTHUB_HOST: hub.hostName });

  expect(lines).toEqual([
    'socket true',
    'http 401',
    'unserved SocketException SOCKS: Connection refused',
    'not ours SocketException SOCKS: Connection not allowed by ruleset',
    'unknown UnknownHostException hub.azure-devices.test.invalid',
    'own true',
    'own true',
  ]);
});
