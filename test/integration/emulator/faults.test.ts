import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AdminClient } from '../../../emulator/admin/client';
import { OwnEmulator } from '../../support/own-emulator';
import { Programs, type Program } from '../../support/program';

const KEY = Buffer.alloc(32, 3).toString('base64');
const BUSY = { kind: 'status', status: 429, retryAfterSeconds: 3 } as const;
/** Longer than a registration takes by itself: its client waits two to three seconds before it asks how it went. */
const DELAY_MS = 5000;
const DELAY = { kind: 'delay', ms: DELAY_MS } as const;

let emulator: OwnEmulator;
let programs: Programs;
let admin: AdminClient;
let webhook: Server;
let asked = 0;

/** What a program is told of the emulator. */
interface Place {
  readonly hub: string;
  readonly events: string;
  readonly dps: string;
  readonly idScope: string;
  readonly key: string;
}
let place: Place;

beforeAll(async () => {
  emulator = await OwnEmulator.start('--admin', '--dps', 'depot', '--hub', 'far');
  programs = await Programs.on(emulator);
  admin = emulator.admin;
  webhook = createServer((_request, response) => {
    asked += 1;
    response.end(JSON.stringify({ iotHubHostName: emulator.hostName }));
  });
  webhook.listen(0, '127.0.0.1');
  await once(webhook, 'listening');
  const line = async (...args: string[]): Promise<string> =>
    (await emulator.command('connection-string', ...args)).trim();
  place = {
    hub: emulator.connectionString,
    events: await line('fuzz', '--events'),
    dps: await line('--dps', 'depot'),
    idScope: emulator.idScopeOf('depot'),
    key: KEY,
  };
});
afterEach(() => admin.removeFaults());
afterAll(async () => {
  programs.close();
  webhook.close();
  await emulator.stop();
});

/** How a registration ended: with the hub, or with what the client tells of its failure; and how long it took. */
interface Outcome {
  readonly hub: string;
  readonly failure: string;
  readonly ms: number;
}

/** A device that is enrolled and registers. */
interface Registrant {
  readonly id: string;
  readonly transport: 'Mqtt' | 'Http';
  /** Of the enrollment, beside its key. */
  readonly enrollment?: object;
}

const registering: Program<Place & Registrant, Outcome> = async (
  { provisioning, provisioningDevice, provisioningMqtt, provisioningHttp, symmetricKey },
  { dps, idScope, key, id, transport, enrollment },
) => {
  const service = provisioning.ProvisioningServiceClient.fromConnectionString(dps);
  const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: key, secondaryKey: key } };
  await service.deleteIndividualEnrollment(id).catch(() => undefined);
  await service.createOrUpdateIndividualEnrollment({ registrationId: id, attestation, ...enrollment } as never);
  const client = provisioningDevice.ProvisioningDeviceClient.create(
    'global.azure-devices-provisioning.test',
    idScope,
    transport === 'Mqtt' ? new provisioningMqtt.Mqtt() : new provisioningHttp.Http(),
    new symmetricKey.SymmetricKeySecurityClient(id, key) as never, // whose types are of another copy of azure-iot-common
  );
  const began = Date.now();
  try {
    const { assignedHub } = (await client.register()) as { assignedHub: string };
    return { hub: assignedHub, failure: '', ms: Date.now() - began };
  } catch (error) {
    const { name, message, result } = error as Error & { result?: unknown };
    return { hub: '', failure: `${name} ${message} ${JSON.stringify(result)}`, ms: Date.now() - began };
  }
};
const register = (registrant: Registrant): Promise<Outcome> => programs.run(registering, { ...place, ...registrant });

const strikes = async (): Promise<number[]> => (await admin.faults()).map(({ struck }) => struck);

describe('provisioning', () => {
  it('fails the service operations that a rule names', async () => {
    const look: Program<Place, (string | number | undefined)[]> = async ({ provisioning }, { dps, key }) => {
      const service = provisioning.ProvisioningServiceClient.fromConnectionString(dps);
      const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: key, secondaryKey: key } };
      const ends: (string | number | undefined)[] = [];
      for (const registrationId of ['struck', 'spared']) {
        await service.createOrUpdateIndividualEnrollment({ registrationId, attestation } as never);
        ends.push(
          await service.getIndividualEnrollment(registrationId).then(
            () => 'done',
            (error: unknown) => (error as { response?: { statusCode: number } }).response?.statusCode,
          ),
        );
      }
      return ends;
    };
    await admin.addFault({ operation: 'dps.enrollments.get', deviceId: 'struck', fault: BUSY });

    expect(await programs.run(look, place)).toEqual([429, 'done']);
  });

  it.each(['Mqtt', 'Http'] as const)('fails and delays the steps of a device over %s', async (transport) => {
    const [first, then] =
      transport === 'Mqtt'
        ? ['dps.mqtt.register', 'dps.mqtt.poll']
        : ['dps.registrations.register.put', 'dps.registrations.operations.get'];
    const id = `steps-${transport.toLowerCase()}`;
    await admin.addFault({ operation: first, deviceId: id, times: 1, fault: { kind: 'status', status: 403 } });
    await admin.addFault({ operation: then, deviceId: id, times: 1, fault: DELAY });

    const refused = await register({ id, transport });
    const late = await register({ id, transport });

    expect(refused.failure).not.toBe('');
    expect(late).toMatchObject({ hub: expect.stringMatching(/\.azure-devices\.test$/) as string, failure: '' });
    expect(late.ms).toBeGreaterThanOrEqual(DELAY_MS);
    expect(await strikes()).toEqual([1, 1]);
  });

  it.each(['status', 'drop'] as const)('keeps a device from connecting over MQTT: %s', async (kind) => {
    const fault = kind === 'status' ? BUSY : ({ kind } as const);
    await admin.addFault({ operation: 'dps.mqtt.connect', deviceId: 'kept-out', fault });

    expect((await register({ id: 'kept-out', transport: 'Mqtt' })).failure).not.toBe('');
    expect((await strikes())[0]).toBeGreaterThanOrEqual(1);
  });

  it('fails an allocation by its webhook, which is not asked', async () => {
    const webhookUrl = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
    const customAllocationDefinition = { webhookUrl, apiVersion: '2021-10-01' };
    const enrollment = { allocationPolicy: 'custom', customAllocationDefinition };
    const registrant = { id: 'asks', transport: 'Http', enrollment } as const;
    const fault = { kind: 'status', status: 503 } as const;
    await admin.addFault({ operation: 'dps.webhook', deviceId: 'asks', times: 1, fault });

    const { failure } = await register(registrant);
    expect(failure).toContain('400207');
    expect(asked).toBe(0);

    expect(await register(registrant)).toMatchObject({ hub: emulator.hostName });
    expect(asked).toBe(1);
  });

  it('sends devices to the hub of the least latency that was set', async () => {
    const far = 'far.azure-devices.test';
    const enrollment = { allocationPolicy: 'geoLatency' };

    await admin.setLatency('depot', far, 200);
    const first = await register({ id: 'geo-1', transport: 'Http', enrollment });
    await admin.setLatency('depot', emulator.hostName, 300);
    const second = await register({ id: 'geo-2', transport: 'Http', enrollment });

    expect([first.hub, second.hub]).toEqual([emulator.hostName, far]);
    await expect(admin.setLatency('nowhere', far, 1)).rejects.toThrow(/no provisioning service 'nowhere'/);
  });
});

it('lets as many registrations through as were set, and as many as it likes again after', async () => {
  const registrant = (id: string) => ({ id, transport: 'Http', enrollment: {} }) as const;
  await admin.setLimits('depot', { registrations: 0 });

  const { failure } = await register(registrant('too-many'));

  expect(failure).toMatch(/429|hrottl/);
  await admin.setLimits('depot', {});
  expect(await register(registrant('not-too-many'))).toMatchObject({ failure: '' });
  await expect(admin.setLimits('nowhere', {})).rejects.toThrow(/no provisioning service 'nowhere'/);
});

it('fails operations of the Resource Manager', async () => {
  const look: Program<string, (string | number | undefined)[]> = async ({ armHub, identity }, subscription) => {
    const client = new armHub.IotHubClient(new identity.DefaultAzureCredential(), subscription, {
      endpoint: 'https://management.azure.test',
      retryOptions: { maxRetries: 0 },
    });
    const end = (call: Promise<unknown>): Promise<string | number | undefined> =>
      call.then(
        () => 'done',
        (error: unknown) => (error as { statusCode?: number }).statusCode,
      );
    return [
      await end(client.iotHubResource.get('local', 'fuzz')),
      await end(client.iotHubResource.get('local', 'fuzz')),
      await end(client.iotHubResource.getKeysForKeyName('local', 'fuzz', 'iothubowner')),
    ];
  };
  await admin.addFault({ operation: 'arm.iothubs.get', times: 1, fault: { kind: 'status', status: 503 } });
  await admin.addFault({ operation: 'arm.iothubs.iothubkeys.*', fault: BUSY });

  expect(await programs.run(look, emulator.subscriptionId)).toEqual([503, 'done', 429]);
});

it('shows queries what was, as long as they lag, and reads of one device what is', async () => {
  const write: Program<Place & { floor: number }, void> = async ({ service }, { hub, floor }) => {
    const registry = service.Registry.fromConnectionString(hub);
    if (floor === 1) await registry.create({ deviceId: 'lagging' });
    await registry.updateTwin('lagging', { tags: { floor } }, '*');
  };
  const look: Program<Place, unknown[]> = async ({ service }, { hub }) => {
    const registry = service.Registry.fromConnectionString(hub);
    const floors = async (where: string): Promise<unknown[]> => {
      const query = registry.createQuery(`SELECT deviceId, tags FROM devices WHERE ${where}`);
      const rows = (await query.next()).result as unknown as { tags: { floor: number } }[];
      return rows.map(({ tags }) => tags.floor);
    };
    const { responseBody } = await registry.getTwin('lagging');
    return [await floors('tags.floor = 1'), await floors("deviceId = 'lagging'"), responseBody.tags['floor']];
  };
  await programs.run(write, { ...place, floor: 1 });
  await admin.addFault({ operation: 'query', hub: 'fuzz', fault: { kind: 'lag', ms: 600_000 } });
  await programs.run(write, { ...place, floor: 2 });

  expect(await programs.run(look, place)).toEqual([[1], [1], 2]);
  await admin.advanceClock(600_000);
  expect(await programs.run(look, place)).toEqual([[], [2], 2]);
  expect(await admin.counters()).toMatchObject({ 'fault lag query': 4 });
});

it('refuses a kind of fault that the operation does not know', async () => {
  const rule = { operation: 'twins.get', fault: { kind: 'lag', ms: 5 } } as const;

  await expect(admin.addFault(rule)).rejects.toThrow(
    "fault.kind: 'lag' is none of what 'twins.get' knows: delay, drop, halfClose, status",
  );
});
