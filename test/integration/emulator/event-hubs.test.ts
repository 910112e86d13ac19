import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { DefaultAzureCredential } from '@azure/identity';
import { WebSocket } from 'ws';

import {
  arm,
  collect,
  createNamespace,
  EVENTS_RECEIVER,
  EVENTS_SENDER,
  firstOf,
  sendAll,
  type Collected,
  type TestNamespace,
} from '../../support/event-hubs';
import { eventually } from '../../support/eventually';
import { assignRole, unassign } from '../../support/roles';

const credential = new DefaultAzureCredential();
const FAST = { retryOptions: { maxRetries: 0 } };
let space: TestNamespace;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  space = await createNamespace(credential);
  await assignRole(credential, space.group, EVENTS_SENDER);
  await assignRole(credential, space.group, EVENTS_RECEIVER);
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});
afterAll(async () => {
  await arm(credential, 'DELETE', space.group);
});

function producer(eventHub: string, options = {}): EventHubProducerClient {
  const client = new EventHubProducerClient(space.host, eventHub, credential, { ...FAST, ...options });
  open.push(client);
  return client;
}

function consumer(eventHub: string, group = '$Default', options = {}): EventHubConsumerClient {
  const client = new EventHubConsumerClient(group, space.host, eventHub, credential, { ...FAST, ...options });
  open.push(client);
  return client;
}

function read(client: EventHubConsumerClient, options = {}): Collected {
  const got = collect(client, options);
  open.push(got.subscription);
  return got;
}

const bodiesOf = ({ events }: Collected): unknown[] => events.map(({ body }) => body as unknown);

it('tells of an event hub and its partitions to senders and readers', async () => {
  await space.eventHub('told', { partitionCount: 3 });

  expect(await producer('told').getEventHubProperties()).toMatchObject({ name: 'told', partitionIds: ['0', '1', '2'] });
  expect(await consumer('told').getPartitionProperties('2')).toMatchObject({
    eventHubName: 'told',
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: -1,
    isEmpty: true,
  });
  await expect(producer('none').getPartitionIds()).rejects.toMatchObject({ code: 'MessagingEntityNotFoundError' });
  await expect(consumer('told').getPartitionProperties('7')).rejects.toThrow(/does not exist/);
});

it('gives readers what was sent as it was sent, with its place', async () => {
  await space.eventHub('sent', { partitionCount: 1 });
  const sent = {
    body: { Celsius: 21.5, parts: [1, 2] },
    properties: { site: 'west', n: 7, share: 0.5, flag: true },
    contentType: 'application/json',
    messageId: 'id-1',
    correlationId: 'c-1',
  };

  await producer('sent').sendBatch([sent, { body: 'text' }, { body: Buffer.from([0, 255]) }]);

  const got = read(consumer('sent'));
  await eventually(() => expect(got.events).toHaveLength(3));
  expect(got.events[0]).toMatchObject({ ...sent, sequenceNumber: 0, offset: '0' });
  expect(bodiesOf(got).slice(1)).toEqual(['text', Buffer.from([0, 255])]);
  expect(got.events.map(({ sequenceNumber }) => sequenceNumber)).toEqual([0, 1, 2]);
  expect(Math.abs(Date.now() - (got.events[0]?.enqueuedTimeUtc.getTime() ?? 0))).toBeLessThan(600_000);
  expect(got.errors).toEqual([]);
});

it('keeps events of one key in one partition, where the SDK expects them, and spreads those without', async () => {
  await space.eventHub('keyed', { partitionCount: 4 });
  const sender = producer('keyed');
  for (const key of ['pump-1', 'pump-2', 'a-key-of-more-than-twelve-bytes']) {
    await sendAll(sender, [key, key], { partitionKey: key });
    await sendAll(sender, [key], { partitionKey: key });
  }
  for (let i = 0; i < 4; i++) await sendAll(sender, ['none']);
  await sendAll(sender, ['third'], { partitionId: '3' });

  const got = read(consumer('keyed'));

  await eventually(() => expect(got.events).toHaveLength(14));
  const partitionsOf = (body: string): string[] => [
    ...new Set(got.events.filter((event) => event.body === body).map(({ partition }) => partition)),
  ];
  // As mapPartitionKeyToId of @azure/event-hubs says.
  expect(partitionsOf('pump-1')).toEqual(['3']);
  expect(partitionsOf('pump-2')).toEqual(['2']);
  expect(partitionsOf('a-key-of-more-than-twelve-bytes')).toEqual(['3']);
  expect(partitionsOf('none').sort()).toEqual(['0', '1', '2', '3']);
  expect(partitionsOf('third')).toEqual(['3']);
  expect(got.events.find(({ body }) => body === 'pump-1')?.partitionKey).toBe('pump-1');
});

it('begins where a reader says: by offset, number, time, at the end; over websockets too', async () => {
  await space.eventHub('placed', { partitionCount: 1 });
  const sender = producer('placed', { webSocketOptions: { webSocket: WebSocket } });
  await sendAll(sender, ['a', 'b', 'c']);
  const all = read(consumer('placed'));
  await eventually(() => expect(all.events).toHaveLength(3));
  const [, second] = all.events;
  const from = (startPosition: object): Collected =>
    read(consumer('placed', '$Default', { webSocketOptions: { webSocket: WebSocket } }), { startPosition });

  const byOffset = from({ offset: second?.offset, isInclusive: true });
  const byNumber = from({ sequenceNumber: second?.sequenceNumber });
  await eventually(() => expect(bodiesOf(byOffset)).toEqual(['b', 'c']));
  await eventually(() => expect(bodiesOf(byNumber)).toEqual(['c']));
  await Promise.all([byOffset, byNumber].map(({ subscription }) => subscription.close())); // five at most
  const byTime = from({ enqueuedOn: (second?.enqueuedTimeUtc.getTime() ?? 0) - 60_000 });
  await eventually(() => expect(bodiesOf(byTime)).toEqual(['a', 'b', 'c']));
  const atEnd = from({ offset: '@latest' });
  await eventually(async () => {
    await sendAll(sender, ['late']); // until the reader is there
    expect(bodiesOf(atEnd)).toContain('late');
  });
  expect(new Set(bodiesOf(atEnd))).toEqual(new Set(['late']));
});

it('gives a partition to the reader of the highest owner level', async () => {
  await space.eventHub('owned', { partitionCount: 1 });
  await sendAll(producer('owned'), ['x']);
  const lower = read(consumer('owned'), { ownerLevel: 1 });
  await eventually(() => expect(lower.events).toHaveLength(1));

  const higher = read(consumer('owned'), { ownerLevel: 2 });

  await eventually(() => expect(higher.events).toHaveLength(1));
  await eventually(() =>
    expect(lower.errors).toContainEqual(expect.objectContaining({ code: 'ReceiverDisconnectedError' })),
  );
});

it('takes batches as large as it says, and refuses larger ones whole', async () => {
  await space.eventHub('large', { partitionCount: 1 });
  const sender = producer('large');
  const batch = await sender.createBatch();
  expect(batch.maxSizeInBytes).toBe(1024 * 1024);
  while (batch.tryAdd({ body: Buffer.alloc(100_000) }));
  await sender.sendBatch(batch);

  const tooLarge = sendAll(sender, [Buffer.alloc(600_000), Buffer.alloc(600_000)]);

  await expect(tooLarge).rejects.toMatchObject({ code: 'MessageTooLargeError' });
  expect(await sender.getPartitionProperties('0')).toMatchObject({ lastEnqueuedSequenceNumber: batch.count - 1 });
});

it('asks roles: for the event hub to send, for the consumer group to read', async () => {
  const other = await createNamespace(credential);
  try {
    const eventHub = await other.eventHub('asked', { partitionCount: 1 });
    await arm(credential, 'PUT', `${eventHub}/consumergroups/mine`, { properties: {} });
    const sending = (): Promise<void> => {
      const client = new EventHubProducerClient(other.host, 'asked', credential, FAST);
      return sendAll(client, ['x']).finally(() => client.close());
    };
    const unauthorized = { code: 'UnauthorizedError' };
    await expect(sending()).rejects.toMatchObject(unauthorized);

    const role = await assignRole(credential, eventHub, EVENTS_SENDER);
    await sending();
    await assignRole(credential, `${eventHub}/consumergroups/mine`, EVENTS_RECEIVER);

    expect(await firstOf('$Default', other.host, 'asked')).toBe('UnauthorizedError');
    expect(await firstOf('mine', other.host, 'asked')).toBe('received');
    await unassign(credential, role);
    await expect(sending()).rejects.toMatchObject(unauthorized);
  } finally {
    await arm(credential, 'DELETE', other.group);
  }
});

it('opens to shared access policies with the right claim, until local authentication is off', async () => {
  const eventHub = await space.eventHub('keys', { partitionCount: 1 });
  const rule = `${eventHub}/authorizationRules/sender`;
  await arm(credential, 'PUT', rule, { properties: { rights: ['Send'] } });
  const keys = async (of: string): Promise<string> =>
    (await arm(credential, 'POST', `${of}/listKeys`)).body['primaryConnectionString'] as string;
  const root = await keys(`${space.id}/authorizationRules/RootManageSharedAccessKey`);
  const sender = await keys(rule);
  expect(sender).toMatch(/^Endpoint=sb:\/\/ns-\w+\.servicebus\.azure\.test\/;.*;EntityPath=keys$/);

  const bySender = new EventHubProducerClient(sender, FAST);
  const byRoot = new EventHubConsumerClient('$Default', root, 'keys', FAST);
  open.push(bySender, byRoot);
  await sendAll(bySender, ['by key']);
  const got = read(byRoot);
  await eventually(() => expect(bodiesOf(got)).toEqual(['by key']));
  expect(await firstOf('$Default', sender, 'keys')).toBe('UnauthorizedError');

  await arm(credential, 'POST', `${rule}/regenerateKeys`, { keyType: 'PrimaryKey' });
  const old = new EventHubProducerClient(sender, FAST);
  open.push(old);
  await expect(sendAll(old, ['old key'])).rejects.toMatchObject({ code: 'UnauthorizedError' });

  await space.put({ disableLocalAuth: true });
  const off = new EventHubProducerClient(root, 'keys', FAST);
  open.push(off);
  await expect(sendAll(off, ['off'])).rejects.toMatchObject({ code: 'UnauthorizedError' });
  await space.put();
});

it('keeps the rules of its tier', async () => {
  const basic = await createNamespace(credential);
  try {
    await basic.put({}, 'Basic');
    const eventHub = await basic.eventHub('plain', { messageRetentionInDays: 1 });
    const put = (path: string, properties: object) => arm(credential, 'PUT', path, { properties });
    expect(await put(`${eventHub}/consumergroups/more`, {})).toMatchObject({ status: 400 });
    expect(await put(eventHub, { messageRetentionInDays: 2 })).toMatchObject({ status: 400 });
    expect(await put(eventHub, { partitionCount: 7 })).toMatchObject({ status: 400 });
    expect(await put(`${basic.id}/eventhubs/captured`, { captureDescription: { enabled: true } })).toMatchObject({
      status: 501,
    });
    expect(await arm(credential, 'GET', `${eventHub}/consumergroups`)).toMatchObject({
      body: { value: [{ name: '$Default' }] },
    });
    expect(await arm(credential, 'DELETE', eventHub)).toMatchObject({ status: 200 });
    expect(await arm(credential, 'GET', eventHub)).toMatchObject({ status: 404 });
  } finally {
    await arm(credential, 'DELETE', basic.group);
  }
});
