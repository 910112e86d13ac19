import { rateOf, type Exchange } from '../load/exchange';
import { median, type Measure, type Report } from '../measures';
import { NO_MOSQUITTO } from '../servers/mosquitto';
import { processorSeconds } from '../servers/usage';
import type { Context } from './context';
import { methodJobs } from './method-jobs';
import { CALLERS, emulatorSide, mosquittoSide, type Side } from './sides';

const ROUNDS = 5;
const ROUND_MS = 1500;
const WARM_UP_MS = 1500;
/** What the emulator must reach of mosquitto's rate. */
const AT_LEAST = 0.5;
/** A call comes as HTTPS, with a token to check and JSON to read and write: mosquitto's side has neither. */
const CALLS_AT_LEAST = 0.25;

/** What is compared, one by one, on either side. */
const EXCHANGES: readonly (readonly [
  name: string,
  atLeast: number,
  of: (side: Side) => Exchange | Promise<Exchange>,
])[] = [
  ['telemetry at QoS 1, 1 in flight', AT_LEAST, (side) => side.telemetry(1)],
  ['telemetry at QoS 1, 10 in flight', AT_LEAST, (side) => side.telemetry(10)],
  ['twin read, 1 in flight', AT_LEAST, (side) => side.twinReads(1)],
  ['twin read, 10 in flight', AT_LEAST, (side) => side.twinReads(10)],
  [`method call, ${CALLERS} callers`, CALLS_AT_LEAST, (side) => side.methods()],
];

/** Round trips a second, by the same clients against the emulator and against mosquitto, in turns. */
export async function messages(context: Context): Promise<Report> {
  const { mosquitto } = context;
  const sides = [await emulatorSide(context), ...(mosquitto ? [await mosquittoSide(context, mosquitto)] : [])];
  const measures: Measure[] = [];
  for (const [name, atLeast, of] of EXCHANGES) {
    const exchanges: { pid: number; exchange: Exchange }[] = [];
    for (const side of sides) exchanges.push({ pid: side.pid, exchange: await of(side) });
    const results = await inTurns(exchanges);
    measures.push(...measuresOf(name, atLeast, sides, results));
  }
  for (const side of sides) side.close();
  measures.push(...(await methodJobs(context)));
  return { scenario: 'messages', measures, skipped: mosquitto ? [] : [NO_MOSQUITTO] };
}

interface Result {
  /** Round trips a second. */
  readonly rate: number;
  /** Processor time of the server for one, in microseconds. */
  readonly cost: number;
}

/** Round after round, each side in its turn: what else the machine does hits both. */
async function inTurns(sides: readonly { pid: number; exchange: Exchange }[]): Promise<Result[]> {
  for (const { exchange } of sides) await rateOf(exchange, WARM_UP_MS);
  const rounds = sides.map((): Result[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, { pid, exchange }] of sides.entries()) {
      const before = processorSeconds(pid);
      const rate = await rateOf(exchange, ROUND_MS);
      rounds[i]?.push({ rate, cost: ((processorSeconds(pid) - before) * 1e9) / (rate * ROUND_MS) });
    }
  }
  return rounds.map((results) => ({
    rate: median(results.map(({ rate }) => rate)),
    cost: median(results.map(({ cost }) => cost)),
  }));
}

function measuresOf(name: string, atLeast: number, sides: readonly Side[], results: readonly Result[]): Measure[] {
  const [own, other] = results;
  const ratio = own === undefined || other === undefined ? undefined : own.rate / other.rate;
  return [
    ...results.map(({ rate }, i): Measure => ({ name: `${name}: ${sides[i]?.name}`, value: rate, unit: '/s' })),
    ...results.map(({ cost }, i): Measure => ({
      ...{ name: `${name}: processor time of ${sides[i]?.name}`, value: cost, unit: 'µs' },
    })),
    ...(ratio === undefined
      ? []
      : [{ name: `${name}, emulator : mosquitto`, value: ratio, unit: 'x' as const, limit: { atLeast } }]),
  ];
}
