import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadClient } from '../load/mqtt-client';
import { median, type Measure, type Report } from '../measures';
import { residentBytes } from '../servers/usage';
import { connectAll, connectDevice, connectTo, idsOf, register, type Context } from './context';

const SIZES = [2500, 5000, 10_000] as const;
const ROUNDS = 5;
const CLIENTS_A_ROUND = 400;
/** Time for closed sockets to be noticed and for garbage to be seen by the collector. */
const SETTLE_MS = 1000;

type Connect = (id: string) => Promise<LoadClient>;

/** 10,000 devices on one emulator: how fast they come, what each costs, and whether that stays so as they get more. */
export async function connections(context: Context): Promise<Report> {
  const ids = idsOf('c', SIZES[2]);
  await register(context, ids);
  const { emulator, bareTls, mosquitto } = context;
  const toEmulator: Connect = (id) => connectDevice(context, id);
  const toBareTls: Connect = (id) => connectTo(context, bareTls.port, id);
  const toMosquitto = mosquitto && ((id: string) => connectTo(context, mosquitto.port, id));
  const rates = await connectRates(ids.slice(0, CLIENTS_A_ROUND), { toEmulator, toBareTls, toMosquitto });
  const own = await growth(ids, toEmulator, emulator.pid);
  const bare = await growth(ids, toBareTls, bareTls.pid);
  const other = mosquitto && toMosquitto && (await growth(ids, toMosquitto, mosquitto.pid));
  return {
    scenario: 'connections',
    measures: [
      ...rates,
      ...own.map(({ size, rate }) => ({ name: `connects to ${size} devices`, value: rate, unit: '/s' as const })),
      ratio('connects per second, last 5,000 : first 2,500', last(own).rate / first(own).rate, { atLeast: 0.7 }),
      ...own.map(({ size, bytes }) => kilobytes(`memory per device at ${size}`, bytes)),
      kilobytes('memory per connection, bare TLS server of node', last(bare).bytes),
      ...(other ? [kilobytes('memory per connection, mosquitto', last(other).bytes)] : []),
      ratio('memory per device, emulator : bare TLS', last(own).bytes / last(bare).bytes, { atMost: 1.5 }),
      ratio(
        'memory of a device more, last 5,000 : 2,500 before',
        addedBytes(own[2], own[1]) / addedBytes(own[1], own[0]),
        {
          atMost: 1.25,
        },
      ),
    ],
    skipped: [],
  };
}

/** Connects the same clients to each server in turn, round after round: what else the machine does hits all alike. */
async function connectRates(
  ids: readonly string[],
  servers: { toEmulator: Connect; toBareTls: Connect; toMosquitto: Connect | undefined },
): Promise<Measure[]> {
  const rates = { toEmulator: [] as number[], toBareTls: [] as number[], toMosquitto: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['toEmulator', 'toBareTls', 'toMosquitto'] as const) {
      const connect = servers[name];
      if (connect === undefined) continue;
      const { clients, rate } = await timed(ids, connect);
      rates[name].push(rate);
      for (const client of clients) client.close();
      await sleep(SETTLE_MS / 4);
    }
  }
  const [emulator, bareTls] = [median(rates.toEmulator), median(rates.toBareTls)];
  const own: Measure[] = [
    { name: 'connects, emulator', value: emulator, unit: '/s' },
    { name: 'connects, bare TLS server of node', value: bareTls, unit: '/s' },
    ratio('connects, emulator : bare TLS', emulator / bareTls, { atLeast: 0.5 }),
  ];
  if (rates.toMosquitto.length === 0) return own;
  const mosquitto = median(rates.toMosquitto);
  return [
    ...own,
    { name: 'connects, mosquitto', value: mosquitto, unit: '/s' },
    ratio('connects, emulator : mosquitto', emulator / mosquitto, { atLeast: 0.5 }),
  ];
}

interface Step {
  readonly size: number;
  readonly rate: number;
  /** Resident memory that each connection added, up to this size. */
  readonly bytes: number;
}

/** Connects up to each size in turn, then closes all. */
async function growth(ids: readonly string[], connect: Connect, pid: number): Promise<Step[]> {
  const before = residentBytes(pid);
  const clients: LoadClient[] = [];
  const steps: Step[] = [];
  for (const size of SIZES) {
    const { clients: more, rate } = await timed(ids.slice(clients.length, size), connect);
    clients.push(...more);
    await sleep(SETTLE_MS);
    steps.push({ size, rate, bytes: (residentBytes(pid) - before) / size });
  }
  for (const client of clients) client.close();
  await sleep(SETTLE_MS);
  return steps;
}

async function timed(ids: readonly string[], connect: Connect): Promise<{ clients: LoadClient[]; rate: number }> {
  const startedAt = performance.now();
  const clients = await connectAll(ids, connect);
  return { clients, rate: (ids.length * 1000) / (performance.now() - startedAt) };
}

const ratio = (name: string, value: number, limit: Measure['limit']): Measure => ({
  ...{ name, value, unit: 'x' },
  ...(limit && { limit }),
});
const kilobytes = (name: string, bytes: number): Measure => ({ name, value: bytes / 1024, unit: 'KB' });

/** What each connection of the later step cost; the first step also pays for, and uses up, what the process had free. */
function addedBytes(later: Step | undefined, earlier: Step | undefined): number {
  if (later === undefined || earlier === undefined) throw new Error('there are fewer steps than sizes');
  return (later.bytes * later.size - earlier.bytes * earlier.size) / (later.size - earlier.size);
}

/** There is one step a size. */
const first = (steps: readonly Step[]): Step => steps[0] as Step;
const last = (steps: readonly Step[]): Step => steps.at(-1) as Step;
