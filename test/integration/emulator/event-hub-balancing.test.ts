import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { EventHubProducerClient } from '@azure/event-hubs';
import { DefaultAzureCredential } from '@azure/identity';

import { arm, createNamespace, EVENTS_RECEIVER, EVENTS_SENDER, type TestNamespace } from '../../support/event-hubs';
import { eventually } from '../../support/eventually';
import { assignRole, BLOB_DATA_CONTRIBUTOR } from '../../support/roles';

const PARTITIONS = ['0', '1', '2', '3'];
const credential = new DefaultAzureCredential();
const account = `check${randomBytes(6).toString('hex')}`;
let space: TestNamespace;
let producer: EventHubProducerClient;

/** A reader in a process of its own, as hosts are: it says what it owns and what it gets, and notes where it is. */
const HOST = `
  const { EventHubConsumerClient } = require('@azure/event-hubs');
  const { BlobCheckpointStore } = require('@azure/eventhubs-checkpointstore-blob');
  const { ContainerClient } = require('@azure/storage-blob');
  const { DefaultAzureCredential } = require('@azure/identity');
  const [host, account] = process.argv.slice(1);
  const credential = new DefaultAzureCredential();
  const store = new BlobCheckpointStore(new ContainerClient('https://' + account + '.blob.azure.test/places', credential));
  const balancing = { strategy: 'balanced', updateIntervalInMs: 300, partitionOwnershipExpirationIntervalInMs: 5000 };
  const client = new EventHubConsumerClient('$Default', host, 'shared', credential, store, { loadBalancingOptions: balancing });
  const tell = (what, value) => process.stdout.write(JSON.stringify([what, value]) + '\\n');
  client.subscribe({
    processInitialize: async ({ partitionId }) => tell('owns', partitionId),
    processClose: async (_, { partitionId }) => tell('lost', partitionId),
    processEvents: async (events, context) => {
      for (const { body } of events) tell('event', body);
      if (events.length > 0) await context.updateCheckpoint(events.at(-1));
    },
    processError: async () => undefined,
  }, { startPosition: { offset: '-1' }, maxWaitTimeInSeconds: 1 });`;

interface Host {
  readonly process: ChildProcess;
  readonly owned: Set<string>;
  readonly events: number[];
}
const hosts: Host[] = [];

function startHost(): Host {
  const process_ = spawn(process.execPath, ['-e', HOST, space.host, account], { stdio: ['ignore', 'pipe', 'inherit'] });
  const host: Host = { process: process_, owned: new Set(), events: [] };
  createInterface(process_.stdout).on('line', (line) => {
    const [what, value] = JSON.parse(line) as ['owns' | 'lost', string] | ['event', number];
    if (what === 'event') host.events.push(value);
    else if (what === 'owns') host.owned.add(value);
    else host.owned.delete(value);
  });
  hosts.push(host);
  return host;
}

async function kill({ process: one }: Host): Promise<void> {
  if (one.exitCode !== null || one.signalCode !== null) return;
  one.kill('SIGKILL');
  await once(one, 'exit');
}

/** Sends numbers, some to each partition. */
async function send(from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  for (const partitionId of PARTITIONS) {
    const mine = numbers.filter((n) => String(n % PARTITIONS.length) === partitionId);
    await producer.sendBatch(
      mine.map((body) => ({ body })),
      { partitionId },
    );
  }
}

const seen = (): number[] => [...new Set(hosts.flatMap(({ events }) => events))].sort((a, b) => a - b);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

beforeAll(async () => {
  space = await createNamespace(credential);
  await space.eventHub('shared', { partitionCount: PARTITIONS.length });
  const id = `${space.group}/providers/Microsoft.Storage/storageAccounts/${account}`;
  await arm(credential, 'PUT', id, { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
  await arm(credential, 'PUT', `${id}/blobServices/default/containers/places`, {});
  for (const role of [EVENTS_SENDER, EVENTS_RECEIVER, BLOB_DATA_CONTRIBUTOR])
    await assignRole(credential, space.group, role);
  producer = new EventHubProducerClient(space.host, 'shared', credential);
});
afterAll(async () => {
  await Promise.all(hosts.map(kill));
  await producer.close();
  await arm(credential, 'DELETE', space.group);
});

it('lets two readers share the partitions by checkpoints in blobs, and one take over from the other when it is killed', async () => {
  const first = startHost();
  await eventually(() => expect([...first.owned].sort()).toEqual(PARTITIONS));
  await send(0, 40);
  await eventually(() => expect(seen()).toEqual(upTo(40)));

  const second = startHost();
  await eventually(() => expect([first.owned.size, second.owned.size]).toEqual([2, 2]));
  await send(40, 80);
  await eventually(() => expect(seen()).toEqual(upTo(80)));

  await kill(first);
  await send(80, 120);

  await eventually(() => expect([...second.owned].sort()).toEqual(PARTITIONS));
  await eventually(() => expect(seen()).toEqual(upTo(120)));
});
