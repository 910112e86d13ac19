import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { Client, Registry } from 'azure-iothub';
import { Agent, type Effects, type Provisioned } from '../../../device/agent';
import type { AdminClient } from '../../../emulator/admin/client';
import { makeCertificate } from '../../support/certificates';
import { createDps, randomKey, type TestDps } from '../../support/dps';
import { eventually } from '../../support/eventually';
import { adminOfAll } from '../../support/faults';
import { createHub, type TestHub } from '../../support/hub';

const ENDPOINT = 'global.azure-devices-provisioning.test';
const LOOKUP = 'dps.registrations.post';
const REGISTER = 'dps.registrations.register.put';

let west: TestHub;
let east: TestHub;
let dps: TestDps;
let other: TestDps;
let admin: AdminClient;
const folder = mkdtempSync(join(tmpdir(), 'agent-'));
const agents: Agent[] = [];

beforeAll(async () => {
  admin = adminOfAll();
  [west, east] = await Promise.all([createHub(), createHub()]);
  [dps, other] = await Promise.all([createDps([west, east]), createDps([east])]);
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop()));
});
afterAll(() => rmSync(folder, { recursive: true }));

const serviceOf = ({ connectionString }: TestDps) => ProvisioningServiceClient.fromConnectionString(connectionString);
const registryOf = ({ connectionString }: TestHub) => Registry.fromConnectionString(connectionString);
const byKey = (primaryKey: string) => ({
  type: 'symmetricKey',
  symmetricKey: { primaryKey, secondaryKey: randomKey() },
});

/** Enrolls a device by itself. */
const enroll = (registrationId: string, attestation: object, hub = west, at = dps): Promise<unknown> =>
  serviceOf(at).createOrUpdateIndividualEnrollment({
    ...{ registrationId, attestation, allocationPolicy: 'static', iotHubs: [hub.hostName] },
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
  } as never);

/** Changes an enrollment as an operator does. */
async function change(registrationId: string, fields: object): Promise<void> {
  const { responseBody } = await serviceOf(dps).getIndividualEnrollment(registrationId);
  await serviceOf(dps).createOrUpdateIndividualEnrollment({ ...responseBody, ...fields });
}
const pointTo = (registrationId: string, hub: TestHub): Promise<void> =>
  change(registrationId, { iotHubs: [hub.hostName] });

/** A device that rests for no time, and the rests that it would have taken, ms. */
async function startDevice(registrationId: string, more: Partial<Provisioned>, effects: Partial<Effects> = {}) {
  const rests: number[] = [];
  const agent = new Agent(
    {
      ...{ registrationId, provisioning: { idScope: dps.idScope, endpoint: ENDPOINT } },
      credentials: { kind: 'symmetricKey', key: '' },
      methods: { ping: () => ({ status: 200, payload: 'pong' }) },
      onProblem: () => undefined,
      ...more,
    },
    { random: () => 0.5, rest: (ms) => Promise.resolve(void rests.push(ms)), ...effects },
  );
  agents.push(agent);
  await agent.start();
  return { agent, rests };
}

/** Enrolls a device with a key, and starts it. */
async function startEnrolled(registrationId: string, more: Partial<Provisioned> = {}) {
  const key = randomKey();
  await enroll(registrationId, byKey(key));
  const credentials = { kind: 'symmetricKey', key } as const;
  return { credentials, ...(await startDevice(registrationId, { credentials, ...more })) };
}

const call = async (hub: TestHub, deviceId: string, methodName: string, payload: unknown = null): Promise<unknown> => {
  const service = Client.fromConnectionString(hub.connectionString);
  return (await service.invokeDeviceMethod(deviceId, { methodName, payload, responseTimeoutInSeconds: 60 })).result;
};

async function reportedBy(deviceId: string, hub: TestHub): Promise<Record<string, unknown>> {
  const { reported } = (await registryOf(hub).getTwin(deviceId)).responseBody.properties;
  return reported;
}

/** Waits until the device has told the hub how it came there. */
const arrived = (deviceId: string, hub: TestHub, provisioning: object): Promise<void> =>
  eventually(async () =>
    expect((await reportedBy(deviceId, hub))['provisioning']).toMatchObject({
      assignedHub: hub.hostName,
      ...provisioning,
    }),
  );

/** Counts requests of one device, by a fault that harms nobody. */
async function watch(operation: string, deviceId: string): Promise<() => Promise<number>> {
  const { id } = await admin.addFault({ operation, deviceId, fault: { kind: 'delay', ms: 1 } });
  return async () => (await admin.faults()).find((rule) => rule.id === id)?.struck ?? NaN;
}

describe('a device that is new', () => {
  it('registers by a key of its own, by its group, or by its certificate, and says how it came', async () => {
    const groupKey = randomKey();
    await serviceOf(dps).createOrUpdateEnrollmentGroup({
      ...{ enrollmentGroupId: 'line', attestation: byKey(groupKey), iotHubs: [west.hostName] },
    } as never);
    const { cert, key } = await makeCertificate('by-certificate');
    await enroll('by-certificate', { type: 'x509', x509: { clientCertificates: { primary: { certificate: cert } } } });

    await Promise.all([
      startEnrolled('by-key'),
      startDevice('by-group', { credentials: { kind: 'groupKey', key: groupKey } }),
      startDevice('by-certificate', { credentials: { kind: 'x509', cert, key } }),
    ]);

    for (const id of ['by-key', 'by-group', 'by-certificate']) {
      expect(await call(west, id, 'ping')).toEqual({ status: 200, payload: 'pong' });
      await arrived(id, west, { reason: 'first' });
    }
  });

  it('waits as long as it is told, and backs off from five seconds on when the service is in trouble', async () => {
    const fails = (deviceId: string, status: number, times: number, retryAfterSeconds?: number) =>
      admin.addFault({
        ...{ operation: REGISTER, deviceId, times },
        fault: { kind: 'status', status, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) },
      });
    await Promise.all([fails('throttled', 429, 1, 7), fails('troubled', 503, 3)]);

    const [throttled, troubled] = await Promise.all([startEnrolled('throttled'), startEnrolled('troubled')]);

    expect(throttled.rests).toEqual([10_500]); // halfway between 7 s and twice that
    expect(troubled.rests).toEqual([7_500, 12_500, 22_500]); // halfway between 5 s and 10, 20, 40 s
  });
});

it('asks where it is registered when it starts again, and does not register', async () => {
  const cacheFile = join(folder, 'again');
  const { agent, credentials } = await startEnrolled('again', { cacheFile });
  await agent.stop();
  const [lookups, registrations] = await Promise.all([watch(LOOKUP, 'again'), watch(REGISTER, 'again')]);

  await startDevice('again', { credentials, cacheFile });

  expect(await call(west, 'again', 'ping')).toMatchObject({ status: 200 });
  expect([await lookups(), await registrations()]).toEqual([1, 0]);
});

it('works where it was while the provisioning service is away', async () => {
  const cacheFile = join(folder, 'alone');
  const { agent, credentials } = await startEnrolled('alone', { cacheFile });
  await agent.stop();
  await admin.addFault({ operation: 'dps.registrations.*', deviceId: 'alone', fault: { kind: 'status', status: 503 } });

  await startDevice('alone', { credentials, cacheFile });

  expect(await call(west, 'alone', 'ping')).toMatchObject({ status: 200 });
});

describe('a device that is told to reprovision', () => {
  const wish = (operationId: string, more: object = {}) => ({ operationId, ...more });

  it('answers, moves, and then says so; the same operation moves it once, even after a loss of power', async () => {
    const cacheFile = join(folder, 'mover');
    const { agent, credentials } = await startEnrolled('mover', { cacheFile });
    const registrations = await watch(REGISTER, 'mover');
    await pointTo('mover', east);

    const answer = await call(west, 'mover', 'reprovision', wish('move-1'));
    await arrived('mover', east, { operationId: 'move-1', reason: 'method' });
    await agent.stop();
    await startDevice('mover', { credentials, cacheFile });
    const again = await call(east, 'mover', 'reprovision', wish('move-1'));
    await call(east, 'mover', 'reprovision', wish('move-2'));
    await arrived('mover', east, { operationId: 'move-2' });

    expect([answer, again]).toEqual([
      { status: 200, payload: { accepted: true } },
      { status: 200, payload: { accepted: true } },
    ]);
    expect(await registrations()).toBe(2);
    await expect(registryOf(west).get('mover')).rejects.toThrow('not registered');
  });

  it('goes to another provisioning service of the same domain, and stays there; to no other domain', async () => {
    const cacheFile = join(folder, 'tenant');
    const { agent, credentials } = await startEnrolled('tenant', { cacheFile });
    await enroll('tenant', byKey(credentials.key), east, other);
    const provisioning = { idScope: other.idScope };

    const refused = await call(west, 'tenant', 'reprovision', {
      provisioning: { ...provisioning, endpoint: 'global.azure-devices-provisioning.evil' },
    });
    await call(west, 'tenant', 'reprovision', wish('move', { provisioning }));
    await arrived('tenant', east, { operationId: 'move' });
    await agent.stop();
    await startDevice('tenant', { credentials, cacheFile });

    expect(refused).toMatchObject({ status: 400, payload: { accepted: false } });
    expect(await call(east, 'tenant', 'ping')).toMatchObject({ status: 200 });
  });

  it('stays and says why when the service will not have it', async () => {
    await startEnrolled('banned');
    await change('banned', { provisioningStatus: 'disabled' });

    await call(west, 'banned', 'reprovision', wish('move'));

    await arrived('banned', west, { operationId: 'move', error: expect.stringContaining('disabled') as string });
    expect(await call(west, 'banned', 'ping')).toMatchObject({ status: 200 });
  });

  it('stays connected until the service that is in trouble takes it', async () => {
    const { rests } = await startEnrolled('patient');
    await pointTo('patient', east);
    await admin.addFault({
      operation: REGISTER,
      deviceId: 'patient',
      times: 2,
      fault: { kind: 'status', status: 503 },
    });

    await call(west, 'patient', 'reprovision', wish('move'));

    await arrived('patient', east, { operationId: 'move' });
    expect(rests).toEqual([7_500, 12_500]);
  });
});

it('goes back to the provisioning service when its hub has disabled it', async () => {
  await startEnrolled('outcast');
  await pointTo('outcast', east);

  const { responseBody } = await registryOf(west).get('outcast');
  await registryOf(west).update(Object.assign(responseBody, { status: 'disabled' }));

  await arrived('outcast', east, { reason: 'refused' });
});

it('finds its cache as it was or as it was to be, whenever its power is lost', async () => {
  const path = join(folder, 'power');
  for (const losesPowerAt of [1, 7, 40]) {
    const writer = spawn(process.execPath, ['-e', WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let confirmed = 0;
    for await (const line of createInterface({ input: writer.stdout })) {
      confirmed = Number(line);
      if (confirmed === losesPowerAt) writer.kill('SIGKILL');
    }
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');

    const { home } = JSON.parse(readFileSync(path, 'utf8')) as { home: { hub: string } };

    expect(Number(home.hub)).toBeGreaterThanOrEqual(confirmed);
    expect(confirmed).toBeGreaterThanOrEqual(losesPowerAt);
  }
});

/** Writes caches without end, and says after each that it stands. Their size takes several pages. */
const WRITER = `
  const { FileCache } = require(${JSON.stringify(resolve('dist/device/agent/cache-file.js'))});
  const cache = new FileCache(process.argv[1], 'power');
  const operations = Array.from({ length: 64 }, (_, i) => ({ method: 'm', operationId: String(i), status: 200, payload: 'x'.repeat(1000) }));
  (async () => {
    for (let n = 1; ; n += 1) {
      await cache.write({ format: 1, registrationId: 'power', home: { hub: String(n), deviceId: 'power' }, operations });
      require('node:fs').writeSync(1, n + '\\n');
    }
  })();
`;
