import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

import type {
  EventHubConsumerClient,
  EventHubProducerClient,
  ReceivedEventData,
  Subscription,
} from '@azure/event-hubs';
import type { TokenCredential } from '@azure/identity';

/** Azure built-in roles: Azure Event Hubs Data Sender, Azure Event Hubs Data Receiver. */
export const EVENTS_SENDER = '2b629674-e913-4c01-ae53-ef4638d8f975';
export const EVENTS_RECEIVER = 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde';

const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';

/** Calls the Resource Manager. @param path from `/subscriptions` or relative to the subscription */
export async function arm(
  credential: TokenCredential,
  method: string,
  path: string,
  body?: object,
  version = '2024-01-01',
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const token = await credential.getToken('https://management.azure.com/.default');
  const response = await fetch(`https://management.azure.test${path}?api-version=${version}`, {
    method,
    headers: { authorization: `Bearer ${token?.token ?? ''}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text === '' ? '{}' : text) as Record<string, unknown> };
}

/** A namespace in a group of its own. */
export interface TestNamespace {
  readonly name: string;
  readonly host: string;
  /** Resource ids. */
  readonly group: string;
  readonly id: string;
  readonly put: (properties?: object, sku?: string) => Promise<{ readonly status: number }>;
  /** Makes an event hub, or changes it. @returns its resource id */
  readonly eventHub: (name: string, properties?: object) => Promise<string>;
}

export async function createNamespace(credential: TokenCredential): Promise<TestNamespace> {
  const name = `ns-${randomBytes(5).toString('hex')}`;
  const group = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${name}`;
  const id = `${group}/providers/Microsoft.EventHub/namespaces/${name}`;
  await arm(credential, 'PUT', group, { location: 'westeurope' });
  const put: TestNamespace['put'] = (properties = {}, sku = 'Standard') =>
    arm(credential, 'PUT', id, { location: 'westeurope', sku: { name: sku }, properties });
  await put();
  return {
    ...{ name, group, id, put, host: `${name}.servicebus.azure.test` },
    async eventHub(eventHub, properties = {}) {
      const { status, body } = await arm(credential, 'PUT', `${id}/eventhubs/${eventHub}`, { properties });
      if (status >= 300) throw new Error(JSON.stringify(body));
      return `${id}/eventhubs/${eventHub}`;
    },
  };
}

/** What a subscription has got so far. */
export interface Collected {
  readonly events: (ReceivedEventData & { readonly partition: string })[];
  readonly errors: Error[];
  readonly subscription: Subscription;
}

/** Reads until it is closed. @param options of `subscribe` */
export function collect(client: EventHubConsumerClient, options: object = {}): Collected {
  const got = { events: [] as Collected['events'], errors: [] as Error[] };
  const subscription = client.subscribe(
    {
      processEvents: (events, { partitionId: partition }) =>
        Promise.resolve(void got.events.push(...events.map((event) => ({ ...event, partition })))),
      processError: (error) => Promise.resolve(void got.errors.push(error)),
    },
    { startPosition: { offset: '-1' }, maxWaitTimeInSeconds: 1, ...options },
  );
  return { ...got, subscription };
}

/** Sends bodies together. */
export const sendAll = (producer: EventHubProducerClient, bodies: readonly unknown[], options = {}): Promise<void> =>
  producer.sendBatch(
    bodies.map((body) => ({ body })),
    options,
  );

const READER = `
  const { EventHubConsumerClient } = require('@azure/event-hubs');
  const { DefaultAzureCredential } = require('@azure/identity');
  const [group, at, eventHub] = process.argv.slice(1);
  const options = { retryOptions: { maxRetries: 0 } };
  const client = at.startsWith('Endpoint=')
    ? new EventHubConsumerClient(group, at, eventHub, options)
    : new EventHubConsumerClient(group, at, eventHub, new DefaultAzureCredential(), options);
  const end = (text) => { process.stdout.write(text); process.exit(0); };
  client.subscribe({
    processEvents: async (events) => events.length > 0 && end('received'),
    processError: async (error) => end(error.code ?? error.name),
  }, { startPosition: { offset: '-1' }, maxWaitTimeInSeconds: 1 });`;

/**
 * What a reader gets first: `received`, or the code of an error. In a process of its own, for of each receiver that is
 * refused the SDK leaves a timer of a day behind (@azure/event-hubs, partitionReceiver.js), which would keep jest from ending.
 *
 * @param at host name, or connection string
 */
export async function firstOf(group: string, at: string, eventHub: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', READER, group, at, eventHub]);
  return stdout;
}
