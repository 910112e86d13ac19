import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import {
  EventHubConsumerClient,
  earliestEventPosition,
  latestEventPosition,
  type ReceivedEventData,
} from '@azure/event-hubs';
import { Client, Message } from 'azure-iot-device';
import { WebSocket } from 'ws';
import { Mqtt } from 'azure-iot-device-mqtt';
import { createHub, type TestHub } from '../../support/hub';
import { eventually } from '../../support/eventually';

const COMMAND = resolve('emulator/dist/main.js');
const run = promisify(execFile);

let hub: TestHub;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  hub = await createHub();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

/** The connection string that the portal shows as Event-Hub-compatible endpoint. */
const endpointOf = (of: TestHub): string => {
  const [, policy = '', key = ''] = /SharedAccessKeyName=([^;]*);SharedAccessKey=(.*)$/.exec(of.connectionString) ?? [];
  return `Endpoint=sb://${of.name}.servicebus.azure.test/;SharedAccessKeyName=${policy};SharedAccessKey=${key};EntityPath=${of.name}`;
};

function consumer(group = '$Default', connectionString = endpointOf(hub)): EventHubConsumerClient {
  const client = new EventHubConsumerClient(group, connectionString, { retryOptions: { maxRetries: 0 } });
  open.push(client);
  return client;
}

/** What a subscription has got so far. */
function collect(client: EventHubConsumerClient, options = {}): { events: ReceivedEventData[]; errors: Error[] } {
  const got = { events: [] as ReceivedEventData[], errors: [] as Error[] };
  const subscription = client.subscribe(
    {
      processEvents: (events) => Promise.resolve(void got.events.push(...events)),
      processError: (error) => Promise.resolve(void got.errors.push(error)),
    },
    { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1, ...options },
  );
  open.unshift(subscription);
  return got;
}

async function send(deviceId: string, ...bodies: string[]): Promise<void> {
  const device = Client.fromConnectionString(await hub.device(deviceId), Mqtt);
  for (const body of bodies) {
    const message = new Message(body);
    message.messageId = `id-${body}`;
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    message.properties.add('kind', 'test');
    await device.sendEvent(message);
  }
  await device.close();
}

it('tells of its partitions', async () => {
  const client = consumer();

  const properties = await client.getEventHubProperties();
  expect(properties).toMatchObject({ name: hub.name, partitionIds: ['0', '1', '2', '3'] });
  expect(Math.abs(Date.now() - properties.createdOn.getTime())).toBeLessThan(600_000);
  expect(await client.getPartitionProperties('0')).toMatchObject({
    eventHubName: hub.name,
    partitionId: '0',
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: -1,
    isEmpty: true,
  });
  await expect(client.getPartitionProperties('4')).rejects.toThrow(/does not exist/);
});

it('gives what devices send, with properties and annotations as IoT Hub sets them', async () => {
  const got = collect(consumer());

  await send('sender', '1', '2', '3');

  await eventually(() => expect(got.events).toHaveLength(3));
  expect(got.events.map(({ body }) => body as unknown)).toEqual([1, 2, 3]);
  const [first] = got.events;
  expect(first).toMatchObject({
    messageId: 'id-1',
    contentType: 'application/json',
    properties: { kind: 'test' },
    sequenceNumber: expect.any(Number) as number,
    offset: expect.any(String) as string,
    systemProperties: {
      'iothub-connection-device-id': 'sender',
      'iothub-message-source': 'Telemetry',
      contentEncoding: 'utf-8',
    },
  });
  expect(Math.abs(Date.now() - (first?.enqueuedTimeUtc.getTime() ?? 0))).toBeLessThan(600_000);
  expect(got.errors).toEqual([]);
});

it('gives them over websockets as well, and from a position on', async () => {
  await send('replayed', 'a', 'b', 'c');
  const first = collect(consumer());
  await eventually(() => expect(ofDevice(first.events, 'replayed')).toHaveLength(3));
  const [, second] = ofDevice(first.events, 'replayed');

  const overWebsockets = new EventHubConsumerClient('$Default', endpointOf(hub), {
    webSocketOptions: { webSocket: WebSocket },
  });
  open.push(overWebsockets);
  const after = collect(overWebsockets, { startPosition: { sequenceNumber: second?.sequenceNumber ?? 0 } });
  const from = collect(consumer(), { startPosition: { offset: second?.offset ?? '', isInclusive: true } });

  await eventually(() => expect(ofDevice(from.events, 'replayed')).toHaveLength(2));
  await eventually(() => expect(ofDevice(after.events, 'replayed')).toHaveLength(1));
});

it('begins at the end when told so', async () => {
  await send('early', 'before');
  const got = collect(consumer(), { startPosition: latestEventPosition });
  await eventually(async () => {
    await send(`later-${got.events.length}-${Date.now()}`, 'after'); // until the readers are there
    expect(got.events.length).toBeGreaterThan(0);
  });

  expect(ofDevice(got.events, 'early')).toEqual([]);
});

it('gives a partition to the reader of the highest owner level', async () => {
  const position = { ownerLevel: 1, startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 };
  await send('owned', 'x');
  const lower = collect(consumer(), position);
  await eventually(() => expect(lower.events.length).toBeGreaterThan(0));

  collect(consumer(), { ...position, ownerLevel: 2 });

  await eventually(() =>
    expect(lower.errors).toContainEqual(expect.objectContaining({ code: 'ReceiverDisconnectedError' })),
  );
});

it('refuses a wrong key, a missing right, an unknown consumer group', async () => {
  const wrong = endpointOf(hub).replace(/SharedAccessKey=[^;]*/, 'SharedAccessKey=d3Jvbmc=');
  const weak = endpointOf({ ...hub, connectionString: await hub.policy('registryRead') });
  const unknown = collect(consumer('none'));

  await expect(consumer('$Default', wrong).getPartitionIds()).rejects.toMatchObject({ code: 'UnauthorizedError' });
  await expect(consumer('$Default', weak).getPartitionIds()).rejects.toMatchObject({ code: 'UnauthorizedError' });
  await eventually(() =>
    expect(unknown.errors).toContainEqual(expect.objectContaining({ code: 'MessagingEntityNotFoundError' })),
  );
});

it('keeps events over a restart of a durable emulator', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'emulator-events-'));
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
  const script = (work: string): string[] => ['exec', '--state', stateDir, '--', process.execPath, '-e', work];
  const start = async (): Promise<ChildProcess> => {
    const args = ['start', '--durable', '--state', stateDir, '--hub', 'kept', '--json'];
    const started = spawn(process.execPath, [COMMAND, ...args], { env });
    await once(createInterface(started.stdout), 'line');
    return started;
  };
  const kill = async (started: ChildProcess): Promise<void> => {
    started.kill('SIGKILL');
    await once(started, 'exit');
  };
  const emulator = (...args: string[]) => run(process.execPath, [COMMAND, ...args], { env });
  let running = await start();
  try {
    const { stdout: owner } = await emulator('connection-string', 'kept', '--state', stateDir);
    const { stdout: endpoint } = await emulator('connection-string', 'kept', '--events', '--state', stateDir);
    await emulator(...script(sending(owner.trim())));
    await kill(running);
    running = await start();
    const { stdout } = await emulator(...script(reading(endpoint.trim())));
    expect(stdout).toBe('kept over a restart\n');
  } finally {
    await kill(running);
    await rm(stateDir, { recursive: true, force: true });
  }
});

const sending = (connectionString: string): string => `
  const { Registry } = require('azure-iothub');
  const { Client, Message } = require('azure-iot-device');
  const { Mqtt } = require('azure-iot-device-mqtt');
  const hub = '${connectionString}';
  (async () => {
    const { responseBody } = await Registry.fromConnectionString(hub).create({ deviceId: 'd' });
    const key = responseBody.authentication.symmetricKey.primaryKey;
    const device = Client.fromConnectionString(hub.split(';')[0] + ';DeviceId=d;SharedAccessKey=' + key, Mqtt);
    await device.sendEvent(new Message('kept over a restart'));
    process.exit(0);
  })();`;

const reading = (endpoint: string): string => `
  const { EventHubConsumerClient, earliestEventPosition } = require('@azure/event-hubs');
  new EventHubConsumerClient('$Default', '${endpoint}').subscribe({
    processEvents: async (events) => {
      for (const { body } of events) {
        console.log(String(body));
        process.exit(0);
      }
    },
    processError: async (error) => console.error(error),
  }, { startPosition: earliestEventPosition });`;

const ofDevice = (events: readonly ReceivedEventData[], deviceId: string): ReceivedEventData[] =>
  events.filter(({ systemProperties }) => systemProperties?.['iothub-connection-device-id'] === deviceId);
