import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DefaultAzureCredential } from '@azure/identity';
import { generate } from 'mqtt-packet';
import { streamSettingsOf } from '../../functions/local/stream-settings';
import { parseStackOutputs } from '../../spec/stack-outputs';
import { telemetrySettings } from '../../telemetry/settings';
import { createTelemetryStand } from '../../test/support/telemetry-stand';
import { TYPE } from '../load/mqtt-client';
import { median, type Measure, type Report } from '../measures';
import type { Reading, ReadingCost } from '../run-reader';
import { connectAll, connectDevice, type Context, contextOf, idsOf, register } from './context';

const DEVICES = 500;
const EACH = 10;
const PARTITIONS = 4;
const ROUNDS = 3;
/** One write for each device and batch, and one for its checkpoint; another only where two writes met. */
const WRITES_AT_MOST = 1.05;

const groupOf = (side: Reading['side'], round: number): string => `${side}-${round}`;
const rounds = Array.from({ length: ROUNDS }, (_, round) => round);
const SIDES = ['bare', 'pipeline'] as const;

/** Devices take turns, as they do when each sends now and then. */
async function send(context: Context, connectionString: string): Promise<void> {
  const ids = idsOf('sensor-', DEVICES);
  await register({ hubConnectionString: connectionString }, ids);
  const hub = contextOf({ ...context, hubConnectionString: connectionString });
  const clients = await connectAll(ids, (id) => connectDevice(hub, id));
  for (let turn = 0; turn < EACH; turn += 1)
    await Promise.all(
      clients.map(async (client) => {
        const acknowledged = client.next(TYPE.puback);
        const topic = `devices/${client.clientId}/messages/events/site=north`;
        const payload = `{"Celsius":${20 + turn / 10},"hPa":1013,"Humidity":40}`;
        client.send(
          generate({ cmd: 'publish', qos: 1, messageId: turn + 1, topic, payload, dup: false, retain: false }),
        );
        await acknowledged;
      }),
    );
  for (const client of clients) client.close();
}

/** In a process of its own, as a host is. */
async function read(reading: Reading): Promise<ReadingCost> {
  const child = fork(join(__dirname, '..', 'run-reader.js'));
  child.send(reading);
  const [cost] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`reading by ${reading.side} failed`))),
  ])) as [ReadingCost];
  await once(child, 'exit');
  return cost;
}

/** The pipeline, with tables, publishing and checkpoints, beside a reader of the same event hub that only counts. */
export async function telemetry(context: Context): Promise<Report> {
  const consumerGroups = rounds.flatMap((round) => SIDES.map((side) => groupOf(side, round)));
  const options = { partitions: PARTITIONS, sku: 'S3', consumerGroups } as const;
  const stand = await createTelemetryStand(new DefaultAzureCredential(), options);
  await send(context, stand.connectionString);
  const messages = DEVICES * EACH;
  const found = streamSettingsOf(parseStackOutputs(stand.outputs));
  const costs = { bare: [] as ReadingCost[], pipeline: [] as ReadingCost[] };
  for (const round of rounds)
    for (const side of SIDES) {
      const settings = telemetrySettings({ hubs: { west: `west-${round}` } }); // fresh rows
      const reading = { side, messages, settings: { ...found, consumerGroup: groupOf(side, round), settings } };
      costs[side].push(await read(reading));
    }
  return { scenario: 'telemetry', measures: measuresOf(costs, messages), skipped: [] };
}

function measuresOf(costs: Record<Reading['side'], readonly ReadingCost[]>, messages: number): Measure[] {
  const rate = (side: Reading['side']): number => messages / (median(costs[side].map(({ ms }) => ms)) / 1_000);
  const of = (pick: (cost: ReadingCost) => number): number => median(costs.pipeline.map(pick)) / messages;
  return [
    { name: 'messages through the pipeline', value: rate('pipeline'), unit: '/s' },
    { name: 'messages through a reader that counts', value: rate('bare'), unit: '/s' },
    { name: 'messages, pipeline : reader that counts', value: rate('pipeline') / rate('bare'), unit: 'x' },
    { name: 'messages a batch', value: 1 / of(({ batches }) => batches), unit: '' },
    { name: 'writes to rows of devices, a message', value: of(({ rowWrites }) => rowWrites), unit: '' },
    {
      name: 'writes to storage, a message, checkpoints included',
      value: of(({ rowWrites, batches }) => rowWrites + batches),
      unit: '',
      limit: { atMost: WRITES_AT_MOST },
    },
  ];
}
