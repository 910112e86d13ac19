import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { makeCertificate, type TestCertificate } from '../../support/certificates';
import { deviceToken, randomKey, type Outcome } from '../../support/dps';
import { eventually } from '../../support/eventually';
import { OwnEmulator, sasOf } from '../../support/own-emulator';

const NAME = 'hooked';
const HOST = `${NAME}.azure-devices-provisioning.test`;
const GLOBAL = 'global.azure-devices-provisioning.test';
const VERSION = 'api-version=2021-06-01';

let emulator: OwnEmulator;
let folder: string;
let owner: string;
let trusted: Server;
let stranger: Server;
/** Stands in for function apps: proves itself by the emulator's certificate. */
let sites: Server;
let asked: number;
let askedAs: string | undefined;
/** What the webhook says. */
let answer: object | 'nothing' | 'half of it';

async function serve({ cert, key }: Pick<TestCertificate, 'cert' | 'key'>): Promise<Server> {
  const server = createServer({ cert, key }, ({ headers }, response) => {
    asked += 1;
    askedAs = headers.host;
    if (answer === 'half of it') response.write('{');
    else if (answer !== 'nothing') response.end(JSON.stringify(answer));
  }).listen(0, 'localhost');
  await once(server, 'listening');
  return server;
}

/** The emulator trusts a webhook as any Node program does: by the roots, and by NODE_EXTRA_CA_CERTS. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webhook-'));
  const own = await makeCertificate('localhost');
  [trusted, stranger, sites] = await Promise.all([serve(own), serve(await makeCertificate('localhost')), serve(own)]);
  await writeFile(join(folder, 'ca.pem'), own.cert);
  const { NODE_EXTRA_CA_CERTS: before } = process.env;
  process.env['NODE_EXTRA_CA_CERTS'] = join(folder, 'ca.pem');
  const { port } = sites.address() as AddressInfo;
  emulator = await OwnEmulator.start('--dps', NAME, '--admin', '--sites', String(port)).finally(() => {
    process.env['NODE_EXTRA_CA_CERTS'] = before;
  });
  const pem = (file: string) => readFile(join(emulator.stateDir, 'tls', file));
  sites.setSecureContext({ cert: await pem('server.pem'), key: await pem('server-key.pem') });
  const connectionString = await emulator.command('connection-string', '--dps', NAME);
  owner = /SharedAccessKey=(.*)$/m.exec(connectionString)?.[1] ?? '';
});
beforeEach(() => {
  asked = 0;
});
afterAll(async () => {
  await emulator.stop();
  for (const server of [trusted, stranger, sites]) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true, force: true });
});

async function call(
  host: string,
  method: string,
  path: string,
  authorization: string,
  body?: object,
): Promise<unknown> {
  const socket = await emulator.dial(443, host);
  const headers = { host, authorization, 'content-type': 'application/json', connection: 'close' };
  const sent = request({ createConnection: () => socket, method, path, headers });
  sent.end(body && JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
  return JSON.parse(await text(response));
}

/** Enrolls a device whose hub a webhook chooses, and begins its registration. @returns tells how it stands */
async function register(webhook: string): Promise<() => Promise<Outcome>> {
  const id = `d-${randomUUID()}`;
  const key = randomKey();
  const token = sasOf(HOST, owner, { skn: 'provisioningserviceowner' });
  await call(HOST, 'PUT', `/enrollments/${id}?${VERSION}`, token, {
    registrationId: id,
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: key, secondaryKey: randomKey() } },
    allocationPolicy: 'custom',
    customAllocationDefinition: { webhookUrl: `https://${webhook}/api/choose`, apiVersion: '2021-10-01' },
  });
  const idScope = emulator.idScopeOf(NAME);
  const device = deviceToken(idScope, id, key);
  const path = `/${idScope}/registrations/${id}`;
  const begun = (await call(GLOBAL, 'PUT', `${path}/register?${VERSION}`, device, { registrationId: id })) as {
    operationId: string;
  };
  const operation = `${path}/operations/${begun.operationId}?${VERSION}`;
  return async () => (await call(GLOBAL, 'GET', operation, device)) as Outcome;
}

const at = (server: Server): string => `localhost:${(server.address() as AddressInfo).port}`;

const failure = (errorMessage: string) => ({
  status: 'failed',
  registrationState: { errorCode: 400207, errorMessage },
});

it('asks over https a webhook whose certificate it trusts, and no other', async () => {
  answer = { iotHubHostName: emulator.hostName };

  const [good, bad] = [await register(at(trusted)), await register(at(stranger))];

  await eventually(async () =>
    expect(await good()).toMatchObject({
      status: 'assigned',
      registrationState: { assignedHub: emulator.hostName },
    }),
  );
  await eventually(async () =>
    expect(await bad()).toMatchObject(failure('Custom allocation failed: it could not be reached.')),
  );
  expect(asked).toBe(1);
});

it('asks what stands in for a function app by the name that the app has', async () => {
  answer = { iotHubHostName: emulator.hostName };

  const outcome = await register('my-app.azurewebsites.test');

  await eventually(async () => expect(await outcome()).toMatchObject({ status: 'assigned' }));
  expect(askedAs).toBe('my-app.azurewebsites.test');
});

it.each(['nothing', 'half of it'] as const)('gives up on a webhook that says %s for five seconds', async (said) => {
  answer = said;
  const { admin } = emulator;
  await admin.setClock({ isFrozen: true }); // or the five seconds may be over before the outcome is looked at
  const outcome = await register(at(trusted));
  await eventually(async () => {
    await admin.advanceClock(1); // from when the registration is there
    expect(asked).toBe(1);
  });
  expect(await outcome()).toMatchObject({ status: 'assigning' });

  await admin.advanceClock(5000);

  await eventually(async () =>
    expect(await outcome()).toMatchObject(failure('Custom allocation failed: it did not answer in time.')),
  );
});
