import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { findPip } from '../../../tools/prerequisites';
import { createProvisioning } from '../../support/provisioning';
import { createHub, type TestHub } from '../../support/hub';
import { pythonSdks } from '../../support/python-sdks';

/** Programs as the SDKs' documentation has them; only what is asked of them, their names and keys, comes from here. */
const PROGRAMS = resolve('test/integration/emulator/python');
let python: string | undefined;
let sdks: string;
let hub: TestHub;

beforeAll(async () => {
  python = (await findPip())?.path;
  if (python === undefined) return;
  [sdks, hub] = await Promise.all([pythonSdks(python), createHub()]);
});

/** A test that names itself as not run where there is no Python with pip. */
function withPython(name: string, test: (python: string) => Promise<void>): void {
  it(name, async () => {
    if (python === undefined) console.warn(`not run, as there is no Python with pip on PATH: ${name}`);
    else await test(python);
  });
}

const run = promisify(execFile);
async function linesOf(of: string, args: readonly string[], variables: Record<string, string> = {}): Promise<string[]> {
  const PYTHONPATH = [process.env.PYTHONPATH ?? '', sdks, variables['PYTHONPATH'] ?? '']
    .filter(Boolean)
    .join(delimiter);
  const { stdout } = await run(of, args, { env: { ...process.env, ...variables, PYTHONPATH } });
  return stdout.trim().split('\n');
}
const program = (name: string): string[] => [join(PROGRAMS, `${name}.py`)];

withPython('registers, disables, queries and deletes devices with azure-iot-hub', async (of) => {
  const lines = await linesOf(of, program('registry'), { IOTHUB_CONNECTION_STRING: hub.connectionString });

  expect(lines).toEqual(['created python-1 44', 'status disabled', "query ['python-1']", 'deleted 404']);
});

withPython(
  'runs a device: telemetry, twin, methods, messages; then reads its events with azure-eventhub',
  async (of) => {
    const device = await linesOf(of, program('device'), {
      IOTHUB_CONNECTION_STRING: hub.connectionString,
      IOTHUB_DEVICE_CONNECTION_STRING: await hub.device('python-2'),
      IOTHUB_DEVICE_ID: 'python-2',
    });
    const key = hub.connectionString.split(';').slice(1).join(';');
    const endpoint = `Endpoint=sb://${hub.name}.servicebus.azure.test/;${key};EntityPath=${hub.name}`;
    const events = await linesOf(of, program('events'), { EVENTHUB_CONNECTION_STRING: endpoint });

    expect(device).toEqual(['reported 21', 'desired 3', "method 200 {'echo': 'hello'}", 'c2d to the device']);
    expect(events).toEqual(['sync wind speed python-2', 'async wind speed']);
  },
);

withPython('enrolls and provisions a device, which then connects to its hub', async (of) => {
  const service = await createProvisioning(hub);

  const lines = await linesOf(of, program('provisioning'), {
    PROVISIONING_CONNECTION_STRING: service.connectionString,
    PROVISIONING_HOST: 'global.azure-devices-provisioning.test',
    PROVISIONING_IDSCOPE: service.idScope,
  });

  expect(lines).toEqual(['enrolled python-dps-1', `registered assigned ${hub.hostName}`, 'connected True']);
});

withPython('leads its own names and no other, whichever way a program dials, and trusts the CA', async (of) => {
  const own = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(own, 'listening');
  try {
    const OWN_PORT = String((own.address() as AddressInfo).port);
    const refused = `ConnectionRefusedError [Errno 111] iothub-emulator serves no port 25 of ${hub.hostName}`;

    const lines = await linesOf(of, program('dials'), { IOTHUB_HOST: hub.hostName, OWN_PORT });

    expect(lines).toEqual([
      'socket 127.0.0.1',
      'create_connection 127.0.0.1',
      'asyncio over TLS',
      'requests 401',
      'aiohttp 401',
      `unserved ${refused}`,
      `unserved ${refused}`,
      'other True',
      'own 127.0.0.1',
      'roots True',
      'urllib 401',
      'identity 2',
    ]);
  } finally {
    own.close();
  }
});

withPython("runs the user's own sitecustomize too", async (of) => {
  const folder = await mkdtemp(join(tmpdir(), 'sitecustomize-'));
  try {
    await writeFile(join(folder, 'sitecustomize.py'), 'print("mine")\n');

    const lines = await linesOf(of, ['-c', 'import sitecustomize; print(sitecustomize.__file__)'], {
      PYTHONPATH: folder,
    });

    expect(lines).toEqual(['mine', join(folder, 'sitecustomize.py')]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
