import type { AdminClient } from '../../../emulator/admin/client';
import { eventually } from '../../support/eventually';
import { OwnEmulator } from '../../support/own-emulator';
import { Programs, type Program } from '../../support/program';

let emulator: OwnEmulator;
let programs: Programs;
let admin: AdminClient;
let hub: string;

beforeAll(async () => {
  emulator = await OwnEmulator.start('--admin', '--throttle', '--sku', 'S1');
  programs = await Programs.on(emulator);
  admin = emulator.admin;
  hub = emulator.connectionString;
});
afterEach(() => admin.removeFaults());
afterAll(async () => {
  programs.close();
  await emulator.stop();
});

/** What a client's error tells. */
interface Failure {
  readonly name: string;
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

it('moves its clock, at which a job begins', async () => {
  const schedule: Program<string, unknown> = async ({ service }, connection) => {
    await service.Registry.fromConnectionString(connection).create({ deviceId: 'timed' });
    const patch = { etag: '*', tags: { floor: 3 }, properties: { desired: {}, reported: {} } };
    const at = new Date(Date.now() + 3_600_000);
    const jobs = service.JobClient.fromConnectionString(connection);
    await jobs.scheduleTwinUpdate('timed', "deviceId = 'timed'", patch, at, 60);
    const { jobStatus } = (await jobs.getJob('timed')) as { jobStatus: unknown };
    return jobStatus;
  };
  const look: Program<string, unknown> = async ({ service }, connection) => {
    const job = await service.JobClient.fromConnectionString(connection).getJob('timed');
    const { jobStatus } = job as { jobStatus: unknown };
    return jobStatus;
  };

  expect(await programs.run(schedule, hub)).toMatchObject({ status: 'scheduled' });
  await emulator.command('admin', 'clock', 'advance', '3600000');

  await eventually(async () => expect(await programs.run(look, hub)).toMatchObject({ status: 'completed' }));
});

it('brings back the state of a snapshot', async () => {
  const create: Program<string, unknown> = async ({ service }, connection) => {
    const registry = service.Registry.fromConnectionString(connection);
    await registry.create({ deviceId: 'deleted' });
    await registry.updateTwin('deleted', { tags: { floor: 4 } }, '*');
  };
  const remove: Program<string, unknown> = async ({ service }, connection) => {
    const registry = service.Registry.fromConnectionString(connection);
    await registry.delete('deleted');
    await registry.create({ deviceId: 'made-since' });
  };
  const look: Program<string, unknown> = async ({ service }, connection) => {
    const registry = service.Registry.fromConnectionString(connection);
    const { responseBody } = await registry.getTwin('deleted');
    const since = await registry.get('made-since').catch((error: unknown) => (error as Error).name);
    return { tags: responseBody.tags, since };
  };
  await programs.run(create, hub);
  await admin.takeSnapshot('before');
  await programs.run(remove, hub);

  await admin.restoreSnapshot('before');

  expect(await programs.run(look, hub)).toMatchObject({ tags: { floor: 4 }, since: 'DeviceNotFoundError' });
});

it('journals what was written, without secrets', async () => {
  const write: Program<string, string> = async ({ service }, connection) => {
    const registry = service.Registry.fromConnectionString(connection);
    const { responseBody } = await registry.create({ deviceId: 'journaled' });
    await registry.updateTwin('journaled', { tags: { floor: 5 } }, '*');
    return responseBody.authentication?.symmetricKey?.primaryKey ?? '';
  };

  const key = await programs.run(write, hub);

  const entries = (await admin.journal(0, 1000, 'hubs/*')).filter((entry) => entry.key === 'journaled');
  expect(entries.at(-1)?.after).toMatchObject({ twin: { tags: { floor: 5 } } });
  expect(key).toHaveLength(44);
  expect(JSON.stringify(await admin.journal(0, 1000))).not.toContain(key);
});

it('fails the operations that a rule names, for its devices alone', async () => {
  const meet: Program<string, Record<string, Failure | string>> = async ({ service }, connection) => {
    const registry = service.Registry.fromConnectionString(connection);
    const outcome = async (call: () => Promise<unknown>): Promise<Failure | string> => {
      try {
        await call();
        return 'done';
      } catch (error) {
        const { name, response, responseBody } = error as Error & {
          response?: { statusCode: number; headers: Record<string, string> };
          responseBody?: string;
        };
        const retryAfter = response?.headers['retry-after'];
        return { name, status: response?.statusCode, retryAfter, body: responseBody ?? '' };
      }
    };
    await registry.addDevices([{ deviceId: 'struck' }, { deviceId: 'spared' }]);
    return {
      identity: await outcome(() => registry.get('struck')),
      again: await outcome(() => registry.get('struck')),
      twin: await outcome(() => registry.getTwin('struck')),
      spared: await outcome(() => registry.getTwin('spared')),
    };
  };
  await admin.addFault({
    operation: 'devices.get',
    deviceId: 'struck',
    times: 1,
    fault: { kind: 'status', status: 500 },
  });
  const busy = { kind: 'status', status: 429, retryAfterSeconds: 7 } as const;
  await admin.addFault({ operation: 'twins.*', deviceId: 'struck', fault: busy });

  expect(await programs.run(meet, hub)).toMatchObject({
    identity: { name: 'InternalServerError', status: 500 },
    again: 'done',
    twin: { name: 'ThrottlingError', status: 429, retryAfter: '7' },
    spared: 'done',
  });
  expect((await admin.faults()).map(({ struck }) => struck)).toEqual([1, 1]);
});

it('refuses a rule that could never strike', async () => {
  const rule = { operation: 'twin.get', fault: { kind: 'drop' } } as const;

  await expect(admin.addFault(rule)).rejects.toThrow(
    /'twin.get' matches none of .*arm\.iothubs\.put.*dps\.webhook.*twins\.get/,
  );
});

it('drops the connection of a device, which comes back', async () => {
  const connect: Program<string, string[]> = async ({ common, service, device, mqtt }, connection) => {
    const { responseBody } = await service.Registry.fromConnectionString(connection).create({ deviceId: 'dropped' });
    const key = responseBody.authentication?.symmetricKey?.primaryKey ?? '';
    const host = connection.split(';', 1)[0] ?? '';
    const own = `${host};DeviceId=dropped;SharedAccessKey=${key}`;
    const outcomes: string[] = [];
    for (let i = 0; i < 2; i++) {
      const client = device.Client.fromConnectionString(own, mqtt.Mqtt);
      client.setRetryPolicy(new common.NoRetry());
      outcomes.push(
        await client.open().then(
          () => 'connected',
          (error: unknown) => (error as Error).name,
        ),
      );
      await client.close().catch(() => undefined);
    }
    return outcomes;
  };
  await admin.addFault({ operation: 'mqtt.connect', deviceId: 'dropped', times: 1, fault: { kind: 'drop' } });

  const [first, second] = await programs.run(connect, hub);

  expect(first).not.toBe('connected');
  expect(second).toBe('connected');
});

it('refuses the 101st registry operation of a minute on one unit of S1', async () => {
  const write: Program<string, Failure> = async ({ service }, connection) => {
    const registry = service.Registry.fromConnectionString(connection);
    const devices = Array.from({ length: 100 }, (_, i) => ({ deviceId: `many-${i}` }));
    await registry.addDevices(devices);
    try {
      await registry.create({ deviceId: 'one-more' });
      throw new Error('not refused');
    } catch (error) {
      const { name, response, responseBody } = error as Error & {
        response?: { statusCode: number; headers: Record<string, string> };
        responseBody?: string;
      };
      return {
        name,
        status: response?.statusCode,
        retryAfter: response?.headers['retry-after'],
        body: responseBody ?? '',
      };
    }
  };
  await admin.advanceClock(60_000);
  await admin.setClock({ isFrozen: true }); // else a slow machine gives back a turn between the two calls

  const refused = await programs.run(write, hub);

  expect(refused).toMatchObject({ name: 'ThrottlingError', status: 429 });
  expect(refused.body).toContain('ThrottlingException');
  expect(Number(refused.retryAfter)).toBeGreaterThan(0);
  expect(await admin.counters()).toMatchObject({ 'throttled registry': 1 });
});

it('refuses the 101st cloud-to-device message of a minute on one unit of S1', async () => {
  const send: Program<string, string[]> = async ({ common, service }, connection) => {
    const registry = service.Registry.fromConnectionString(connection);
    const client = service.Client.fromConnectionString(connection);
    client.setRetryPolicy(new common.NoRetry());
    await client.open();
    const ends: string[] = [];
    for (const deviceId of ['queue-1', 'queue-2', 'queue-3']) {
      await registry.create({ deviceId });
      const most = deviceId === 'queue-3' ? 1 : 50; // as many as wait for one device
      for (let i = 0; i < most; i++) {
        ends.push(
          await client.send(deviceId, 'x').then(
            () => 'done',
            (error: unknown) => (error as Error).name,
          ),
        );
      }
    }
    await client.close();
    return ends;
  };
  await admin.setClock({ isFrozen: true });
  await admin.advanceClock(60_000);

  const ends = await programs.run(send, hub);

  expect(ends.slice(0, 100).every((end) => end === 'done')).toBe(true);
  expect(ends[100]).toBe('ThrottlingError');
  expect(await admin.counters()).toMatchObject({ 'throttled cloudToDevice': 1 });
});

it('has the messages of a device over AMQP wait for their turn', async () => {
  const send: Program<string, Record<string, number>> = async ({ common, service, device, amqp }, connection) => {
    const registry = service.Registry.fromConnectionString(connection);
    const { responseBody } = await registry.create({ deviceId: 'chatty' });
    const key = responseBody.authentication?.symmetricKey?.primaryKey;
    const own = `${connection.split(';', 1)[0]};DeviceId=chatty;SharedAccessKey=${key}`;
    const client = device.Client.fromConnectionString(own, amqp.Amqp);
    client.setRetryPolicy(new common.NoRetry());
    await client.open();
    const ends: Record<string, number> = {};
    const count = (end: string): void => void (ends[end] = (ends[end] ?? 0) + 1);
    const sent = Array.from({ length: 150 }, () =>
      client.sendEvent(new device.Message('x')).then(
        () => count('done'),
        (error: unknown) => count((error as Error).name),
      ),
    );
    const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    while ((ends['done'] ?? 0) < 100) await rest(50);
    await Promise.race([Promise.all(sent), rest(1000)]); // that no more are taken has no event to wait for
    return { ...ends };
  };
  await admin.setClock({ isFrozen: true });
  await admin.advanceClock(60_000);

  expect(await programs.run(send, hub)).toEqual({ done: 100 });
});

/** What the program below is told. */
interface Sink {
  readonly subscription: string;
  readonly step: 'set up' | 'allow' | 'send' | 'read';
}

/** A hub that routes all to the container `cold`, and goes there as itself. */
const routing: Program<Sink, string> = async (
  { armHub, identity, storageBlob, service, device, mqtt },
  { subscription, step },
) => {
  const endpoint = 'https://management.azure.test';
  const credential = new identity.DefaultAzureCredential();
  const { iotHubResource: hubs } = new armHub.IotHubClient(credential, subscription, { endpoint });
  const [group, hub] = ['routed', 'routes-as-itself'];
  const groupId = `/subscriptions/${subscription}/resourceGroups/${group}`;
  const account = `${groupId}/providers/Microsoft.Storage/storageAccounts/coldstore`;
  const endpointUri = 'https://coldstore.blob.azure.test';
  const put = async (id: string, body: object): Promise<void> => {
    const { token } = await credential.getToken(`${endpoint}/.default`);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const url = `${endpoint}${id}?api-version=2022-04-01`;
    const { ok, status } = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (!ok) throw new Error(`${id}: ${status}`);
  };
  const allow = (name: string, role: string, principalId: string | undefined): Promise<void> => {
    const roleDefinitionId = `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
    const properties = { roleDefinitionId, principalId, principalType: 'ServicePrincipal' };
    return put(`${account}/providers/Microsoft.Authorization/roleAssignments/${name}`, { properties });
  };
  const steps: Record<Sink['step'], () => Promise<string>> = {
    'set up': async () => {
      await put(groupId, { location: 'westeurope' });
      await put(account, { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
      await put(`${account}/blobServices/default/containers/cold`, {});
      const container = { name: 'cold', endpointUri, containerName: 'cold', authenticationType: 'identityBased' };
      const endpoints = { storageContainers: [{ ...container, encoding: 'JSON', batchFrequencyInSeconds: 60 }] };
      const route = { name: 'all', source: 'DeviceMessages', endpointNames: ['cold'], isEnabled: true };
      const description = {
        ...{ location: 'westeurope', sku: { name: 'S1', capacity: 1 } },
        identity: { type: 'SystemAssigned' as const },
        properties: { routing: { endpoints, routes: [route] } },
      };
      await hubs.beginCreateOrUpdateAndWait(group, hub, description, { updateIntervalInMs: 10 });
      return 'done';
    },
    allow: async () => {
      const { identity: own } = await hubs.get(group, hub);
      await allow('00000000-0000-0000-0000-00000000000a', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe', own?.principalId);
      const { token } = await credential.getToken(`${endpoint}/.default`);
      const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
      const { oid } = JSON.parse(claims) as { oid: string };
      await allow('00000000-0000-0000-0000-00000000000b', '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1', oid);
      return 'done';
    },
    send: async () => {
      const { primaryKey } = await hubs.getKeysForKeyName(group, hub, 'iothubowner');
      const host = `HostName=${hub}.azure-devices.test`;
      const registry = service.Registry.fromConnectionString(
        `${host};SharedAccessKeyName=iothubowner;SharedAccessKey=${primaryKey}`,
      );
      const { responseBody } = await registry.create({ deviceId: 'd' });
      const key = responseBody.authentication?.symmetricKey?.primaryKey ?? '';
      const client = device.Client.fromConnectionString(`${host};DeviceId=d;SharedAccessKey=${key}`, mqtt.Mqtt);
      await client.open();
      await client.sendEvent(new device.Message('cold words'));
      await client.close();
      return 'done';
    },
    read: async () => {
      const container = new storageBlob.BlobServiceClient(endpointUri, credential).getContainerClient('cold');
      let text = '';
      for await (const { name } of container.listBlobsFlat()) {
        text += (await container.getBlobClient(name).downloadToBuffer()).toString();
      }
      return text;
    },
  };
  return steps[step]();
};

it('routes to storage as the hub itself, from when that is allowed, and loses nothing before', async () => {
  const run = (step: Sink['step']): Promise<string> =>
    programs.run(routing, { subscription: emulator.subscriptionId, step });
  await run('set up');
  await run('send');
  await admin.advanceClock(61_000);
  await eventually(() => expect(emulator.stderr).toContain("the routing endpoint 'cold' cannot be written"));

  await run('allow');
  expect(await run('read')).toBe('');
  await admin.advanceClock(61_000);

  await eventually(async () => {
    const lines = (await run('read')).trim().split('\r\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { Body: Buffer.from('cold words').toString('base64'), SystemProperties: { connectionDeviceId: 'd' } },
    ]);
  });
});
