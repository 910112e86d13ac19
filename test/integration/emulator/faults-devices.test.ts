import type { Message } from 'azure-iot-device';
import type { AdminClient } from '../../../emulator/admin/client';
import { OwnEmulator } from '../../support/own-emulator';
import { Programs, type Program } from '../../support/program';

const BUSY = { kind: 'status', status: 429, retryAfterSeconds: 3 } as const;
const DROP = { kind: 'drop' } as const;
/** What is delayed takes so long at least; nothing here says how long anything may take at most. */
const DELAY_MS = 1500;
const DELAY = { kind: 'delay', ms: DELAY_MS } as const;

let emulator: OwnEmulator;
let programs: Programs;
let admin: AdminClient;

/** A device of its own for a test, and whose connection strings there are. */
interface Place {
  readonly hub: string;
  readonly events: string;
  readonly id: string;
  readonly transport: 'mqtt' | 'amqp';
  readonly devices: Readonly<Record<string, string>>;
}

beforeAll(async () => {
  emulator = await OwnEmulator.start('--admin');
  programs = await Programs.on(emulator);
  admin = emulator.admin;
});
afterEach(async () => {
  expect(emulator.stderr).toBe('');
  await admin.removeFaults();
});
afterAll(async () => {
  programs.close();
  await emulator.stop();
});

const register: Program<{ hub: string; ids: readonly string[] }, Record<string, string>> = async (
  { service },
  { hub, ids },
) => {
  const registry = service.Registry.fromConnectionString(hub);
  const devices: Record<string, string> = {};
  for (const deviceId of ids) {
    const { responseBody } = await registry.create({ deviceId });
    const key = responseBody.authentication?.symmetricKey?.primaryKey;
    devices[deviceId] = `${hub.split(';', 1)[0]};DeviceId=${deviceId};SharedAccessKey=${key}`;
  }
  return devices;
};

/** Registers the devices of a test. @param ids the first is the one that the test is about */
async function placeOf(transport: Place['transport'], ...ids: [string, ...string[]]): Promise<Place> {
  const hub = emulator.connectionString;
  const devices = await programs.run(register, { hub, ids });
  const events = (await emulator.command('connection-string', 'fuzz', '--events')).trim();
  return { hub, events, id: ids[0], transport, devices };
}

const strikes = async (): Promise<number[]> => (await admin.faults()).map(({ struck }) => struck);

describe.each(['mqtt', 'amqp'] as const)('a device over %s', (transport) => {
  const receive: Program<Place, { ms: number; drops: number }> = async (
    { common, service, device, mqtt, amqp },
    { hub, id, transport, devices },
  ) => {
    const client = device.Client.fromConnectionString(devices[id] ?? '', transport === 'mqtt' ? mqtt.Mqtt : amqp.Amqp);
    client.setRetryPolicy(new common.NoRetry());
    let drops = 0;
    client.on('disconnect', () => {
      drops += 1;
      void client.open().then(listen);
    });
    let came: () => void = () => undefined;
    const message = new Promise<void>((resolve) => (came = resolve));
    const listen = (): void => {
      client.removeAllListeners('message');
      client.on('message', (each: Message) => void client.complete(each).then(came));
    };
    await client.open();
    listen();
    const sender = service.Client.fromConnectionString(hub);
    await sender.open();
    const began = Date.now();
    await sender.send(id, 'hello');
    await message;
    const ms = Date.now() - began;
    client.removeAllListeners('disconnect');
    await sender.close();
    await client.close();
    return { ms, drops };
  };

  it('gets its messages later, or after a new connection', async () => {
    const place = await placeOf(transport, `${transport}-receives`);
    const rule = { operation: `${transport}.deliver`, deviceId: place.id, times: 1 };

    await admin.addFault({ ...rule, fault: DELAY });
    const late = await programs.run(receive, place);
    await admin.removeFaults();
    await admin.addFault({ ...rule, fault: DROP });
    const again = await programs.run(receive, place);

    expect(late.drops).toBe(0);
    expect(late.ms).toBeGreaterThanOrEqual(DELAY_MS);
    expect(again.drops).toBe(1);
  });

  it('answers methods late, or never', async () => {
    const call: Program<Place & { within: number }, { ms: number; end: string | number }> = async (
      { common, service, device, mqtt, amqp },
      { hub, id, transport, devices, within },
    ) => {
      const transports = { mqtt: mqtt.Mqtt, amqp: amqp.Amqp };
      const client = device.Client.fromConnectionString(devices[id] ?? '', transports[transport]);
      client.setRetryPolicy(new common.NoRetry());
      client.on('error', () => undefined);
      await client.open();
      client.onDeviceMethod('ping', (_request, response) => void response.send(200, {}).catch(() => undefined));
      const caller = service.Client.fromConnectionString(hub);
      const began = Date.now();
      const parameters = { methodName: 'ping', connectTimeoutInSeconds: 60, responseTimeoutInSeconds: within };
      const end = await caller.invokeDeviceMethod(id, parameters).then(
        ({ result }) => (result as { status: number }).status,
        (error: unknown) => (error as Error).name,
      );
      const ms = Date.now() - began;
      // A connection that is never answered takes its time to close.
      await Promise.race([client.close(), new Promise((resolve) => setTimeout(resolve, 500))]);
      return { ms, end };
    };
    const place = await placeOf(transport, `${transport}-answers`);
    const rule = { operation: `${transport}.method`, deviceId: place.id, times: 1 };
    await admin.addFault({ ...rule, fault: DELAY });
    const late = await programs.run(call, { ...place, within: 60 });
    await admin.addFault({ ...rule, fault: { kind: 'halfClose' } });
    const never = await programs.run(call, { ...place, within: 5 });

    expect(late).toMatchObject({ end: 200 });
    expect(late.ms).toBeGreaterThanOrEqual(DELAY_MS);
    expect(never).toMatchObject({ end: 'GatewayTimeoutError' });
  });

  it('is told the status of a twin operation that a rule names', async () => {
    const read: Program<Place, string[]> = async ({ common, device, mqtt, amqp }, { transport, devices }) => {
      const ends: string[] = [];
      for (const connection of Object.values(devices)) {
        const client = device.Client.fromConnectionString(connection, transport === 'mqtt' ? mqtt.Mqtt : amqp.Amqp);
        client.setRetryPolicy(new common.NoRetry());
        await client.open();
        ends.push(
          await client.getTwin().then(
            () => 'done',
            (error: unknown) => (error as Error).name,
          ),
        );
        await client.close();
      }
      return ends;
    };
    const place = await placeOf(transport, `${transport}-reads`, `${transport}-spared`);
    await admin.addFault({ operation: `${transport}.twin`, deviceId: place.id, fault: BUSY });

    expect(await programs.run(read, place)).toEqual(['Error', 'done']); // the SDK drops the code
  });
});

it('refuses, delays and cuts links over AMQP, of the devices that a rule names', async () => {
  const connect: Program<Place, { end: string; ms: number }[]> = async ({ common, device, amqp }, { devices }) => {
    const ends: { end: string; ms: number }[] = [];
    for (const connection of Object.values(devices)) {
      const client = device.Client.fromConnectionString(connection, amqp.Amqp);
      client.setRetryPolicy(new common.NoRetry());
      const began = Date.now();
      const end = await client
        .open()
        .then(() => client.sendEvent(new device.Message('x')))
        .then(
          () => 'done',
          (error: unknown) => (error as Error).name,
        );
      ends.push({ end, ms: Date.now() - began });
      await client.close().catch(() => undefined);
    }
    return ends;
  };
  const place = await placeOf('amqp', 'refused', 'late', 'cut', 'rejected', 'unharmed');
  await admin.addFault({ operation: 'amqp.attach', deviceId: 'refused', fault: BUSY });
  await admin.addFault({ operation: 'amqp.attach', deviceId: 'late', times: 1, fault: DELAY });
  await admin.addFault({ operation: 'amqp.publish', deviceId: 'cut', fault: DROP });
  await admin.addFault({ operation: 'amqp.publish', deviceId: 'rejected', fault: BUSY });

  const [refused, late, cut, rejected, unharmed] = await programs.run(connect, place);

  expect([refused?.end, rejected?.end]).toEqual(['ThrottlingError', 'ThrottlingError']);
  expect([late?.end, unharmed?.end]).toEqual(['done', 'done']);
  expect(late?.ms).toBeGreaterThanOrEqual(DELAY_MS);
  expect(cut?.end).not.toBe('done');
  expect((await strikes()).every((struck) => struck >= 1)).toBe(true);
});

it('rejects, delays and never answers cloud-to-device messages, of the devices that a rule names', async () => {
  const send: Program<Place, { end: string; ms: number }[]> = async ({ common, service }, { hub, devices }) => {
    const ends: { end: string; ms: number }[] = [];
    for (const id of Object.keys(devices)) {
      const client = service.Client.fromConnectionString(hub);
      client.setRetryPolicy(new common.NoRetry());
      await client.open();
      const began = Date.now();
      const end = await Promise.race([
        client.send(id, 'x').then(
          () => 'done',
          (error: unknown) => (error as Error).name,
        ),
        new Promise<string>((resolve) => setTimeout(resolve, id === 'to-silence' ? 3000 : 120_000, 'silence').unref()),
      ]);
      ends.push({ end, ms: Date.now() - began });
      if (end !== 'silence') await client.close(); // which nobody would answer
    }
    return ends;
  };
  const place = await placeOf('amqp', 'to-reject', 'to-delay', 'to-spare', 'to-silence');
  await admin.addFault({ operation: 'amqp.transfer', deviceId: 'to-reject', fault: BUSY });
  await admin.addFault({ operation: 'amqp.transfer', deviceId: 'to-delay', fault: DELAY });
  await admin.addFault({ operation: 'amqp.transfer', deviceId: 'to-silence', fault: { kind: 'halfClose' } });

  const [rejected, late, spared, silence] = await programs.run(send, place);

  expect([rejected?.end, late?.end, spared?.end]).toEqual(['ThrottlingError', 'done', 'done']);
  expect(late?.ms).toBeGreaterThanOrEqual(DELAY_MS);
  expect(silence?.end).toBe('silence');
});

it('delays links and events of readers of the built-in endpoint', async () => {
  const read: Program<Place, { ms: Record<string, number>; problems: string[] }> = async (
    { device, mqtt, eventHubs },
    { events, devices },
  ) => {
    for (const connection of Object.values(devices)) {
      const client = device.Client.fromConnectionString(connection, mqtt.Mqtt);
      await client.open();
      await client.sendEvent(new device.Message('x'));
      await client.close();
    }
    const began = Date.now();
    const ms: Record<string, number> = {};
    const problems: string[] = [];
    const reader = new eventHubs.EventHubConsumerClient('$Default', events, { retryOptions: { retryDelayInMs: 200 } });
    const subscription = reader.subscribe(
      {
        processEvents: (batch) => {
          for (const { systemProperties } of batch)
            ms[String(systemProperties?.['iothub-connection-device-id'])] ??= Date.now() - began;
          return Promise.resolve();
        },
        processError: (error) => Promise.resolve(void problems.push((error as { code?: string }).code ?? error.name)),
      },
      { startPosition: eventHubs.earliestEventPosition, maxWaitTimeInSeconds: 1 },
    );
    const isMissing = (): boolean => ms['read-late'] === undefined || ms['read-soon'] === undefined;
    while (isMissing() && Date.now() - began < 120_000) await new Promise((done) => setTimeout(done, 50));
    await subscription.close();
    await reader.close();
    return { ms, problems };
  };
  const place = await placeOf('mqtt', 'read-late', 'read-soon');
  const delay = { kind: 'delay', ms: 3 * DELAY_MS } as const;
  await admin.addFault({ operation: 'events.deliver', deviceId: 'read-late', times: 1, fault: delay });
  await admin.addFault({ operation: 'events.attach', times: 1, fault: DELAY });

  const { ms } = await programs.run(read, place);

  expect(ms['read-late']).toBeGreaterThanOrEqual(3 * DELAY_MS);
  expect(ms['read-soon']).toBeGreaterThanOrEqual(DELAY_MS);
  expect(await strikes()).toEqual([1, 1]);
});
