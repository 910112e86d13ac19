import { openDoors } from '../engine/doors';
import { type Engine, withEngine } from '../engine/engine';
import { gapOf, jobTimesOf } from '../engine/job-times';
import type { BenchHub, Place } from '../engine/place';
import { runScript } from '../engine/script';
import { METHOD, specOf } from '../engine/specs';
import { median, type Measure, type Report } from '../measures';
import { idsOf, register } from './context';

/** What the issue allows. */
const AT_MOST = 1.05;
/** Ids are short here, so that so many fit into the condition of one job. */
const BATCH = 500;
const ROUNDS = 2;
const WHERE = "STARTSWITH(deviceId, 'd')";

export interface RolloutCase {
  /** How long a device takes to answer. */
  readonly answerMs: number;
  /** Jobs at once: as many as the hub runs. */
  readonly parallel: number;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

async function spanOf(work: () => Promise<unknown>): Promise<Span> {
  const from = Date.now();
  await work();
  return { from, to: Date.now() };
}

const secondsOf = (spans: readonly Span[]): number => median(spans.map(({ from, to }) => to - from)) / 1_000;

const inOneWave = (jobId: string, other: string): boolean =>
  /-w(\d+)-/.exec(jobId)?.[1] === /-w(\d+)-/.exec(other)?.[1];

/** Wall time of a rollout of five waves, against a script on the raw client that does the same batches; in turns. */
export async function rollout(place: Place, devices: number, { answerMs, parallel }: RolloutCase): Promise<Report> {
  const [hub] = place.hubs;
  if (hub === undefined) throw new Error('a rollout needs a hub');
  const { connectionString } = hub;
  const deviceIds = idsOf('d', devices);
  await register({ hubConnectionString: connectionString }, deviceIds);
  const doors = await openDoors({ place, deviceIds, answerMs });
  try {
    return await withEngine(place, (engine) => compared(engine, hub, devices, { answerMs, parallel }));
  } finally {
    await doors.close();
  }
}

/** Both sides in turns: what else the machine does hits both. */
async function compared(
  engine: Engine,
  { name: hubName, connectionString }: BenchHub,
  devices: number,
  { answerMs, parallel }: RolloutCase,
): Promise<Report> {
  const [scripts, products]: [Span[], Span[]] = [[], []];
  const script = async (name: string): Promise<void> => {
    const { succeeded } = await runScript(connectionString, { name, where: WHERE, batchSize: BATCH, parallel });
    if (succeeded !== devices) throw new Error(`the script reached ${succeeded} of ${devices} devices`);
  };
  const product = async (name: string): Promise<void> => {
    const rest = { hubs: [hubName], where: WHERE, action: METHOD, batchSize: BATCH, parallel };
    await engine.run(name, specOf({ name, ...rest }));
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    scripts.push(await spanOf(() => script(`script-${round}`)));
    products.push(await spanOf(() => product(`product-${round}`)));
  }
  const parts = [
    ...(await partsOf(connectionString, 'script', scripts, parallel)),
    ...(await partsOf(connectionString, 'product', products, parallel)),
  ];
  const name = `${devices.toLocaleString('en')} devices that answer in ${answerMs / 1_000} s, ${parallel} jobs at once`;
  return {
    scenario: 'rollout',
    measures: [
      { name: `${name}: script`, value: secondsOf(scripts), unit: 's' },
      { name: `${name}: rollout`, value: secondsOf(products), unit: 's' },
      {
        name: `${name}, rollout : script`,
        value: secondsOf(products) / secondsOf(scripts),
        unit: 'x',
        limit: { atMost: AT_MOST },
      },
      ...parts,
    ],
    skipped: [],
  };
}

/** Where the time of the last round went, by the hub's clock. */
async function partsOf(
  connectionString: string,
  side: 'script' | 'product',
  spans: readonly Span[],
  parallel: number,
): Promise<Measure[]> {
  const times = await jobTimesOf(connectionString, `${side}-${ROUNDS - 1}-`);
  const { from, to } = spans[ROUNDS - 1] ?? { from: NaN, to: NaN };
  const firstAt = times[0]?.createdAt ?? NaN;
  const lastAt = Math.max(...times.map(({ endedAt }) => endedAt));
  const within = gapOf(times, (before, after) => inOneWave(before.jobId, after.jobId));
  const between = gapOf(times, (before, after) => !inOneWave(before.jobId, after.jobId));
  const oneByOne: Measure[] = [
    { name: `${side}: a job's end to the next one in the wave`, value: within, unit: 'ms' },
    { name: `${side}: a wave's last job's end to the next wave's first`, value: between, unit: 'ms' },
  ];
  const measures: Measure[] = [
    { name: `${side}: until its first job`, value: firstAt - from, unit: 'ms' },
    ...(parallel > 1 ? [] : oneByOne),
    { name: `${side}: after its last job's end`, value: to - lastAt, unit: 'ms' },
  ];
  return measures.filter(({ value }) => Number.isFinite(value)); // a small fleet has one batch a wave
}
