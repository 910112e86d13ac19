import { setTimeout as sleep } from 'node:timers/promises';
import type { RolloutId } from '../../domain/ids';
import { type Engine, withEngine } from '../engine/engine';
import type { BenchHub, Place } from '../engine/place';
import { specOf, tagging } from '../engine/specs';
import { median, type Measure, type Report } from '../measures';
import { peakBytes } from '../servers/usage';
import { idsOf, register } from './context';

/** Devices of one rollout. */
const FLEET = 10;
const BATCH = 5;
/** Time between two pauses of running rollouts, and how many are asked. */
const PAUSE_EVERY_MS = 1_000;

const order = { actor: 'bench', reason: 'to measure' };

interface One {
  readonly rolloutId: string;
  readonly hub: BenchHub;
}

const specFor = ({ rolloutId, hub }: One) => {
  const where = `STARTSWITH(deviceId, '${rolloutId}-')`;
  return specOf({ name: rolloutId, hubs: [hub.name], where, action: tagging(rolloutId), batchSize: BATCH });
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await work();
  return performance.now() - from;
};

/** Pauses one running rollout after another and lets it go on, until told to stop. @returns how long the answers took */
async function pauseNowAndThen({ rollouts }: Engine, ids: readonly string[], over: () => boolean): Promise<number[]> {
  const answers: number[] = [];
  for (let index = 0; !over(); index += 1) {
    const id = (ids[(index * 37) % ids.length] ?? '') as RolloutId;
    const from = performance.now();
    const { kind } = await rollouts.order('pause', id, order);
    if (kind === 'accepted') {
      answers.push(performance.now() - from);
      await rollouts.order('resume', id, order);
    }
    await sleep(PAUSE_EVERY_MS);
  }
  return answers;
}

/** Many rollouts at once on one worker, ten of them on each hub, which runs one job at a time. */
export async function many(place: Place, devices: number): Promise<Report> {
  const count = Math.ceil(devices / FLEET);
  const hubs = place.hubs.slice(0, Math.max(1, Math.min(place.hubs.length, Math.ceil(count / 10))));
  const hubOf = (index: number): BenchHub => hubs[index % hubs.length] as BenchHub; // there is at least one
  const ones = Array.from({ length: count }, (_, index): One => ({ rolloutId: `r${index}`, hub: hubOf(index) }));
  const alone: One = { rolloutId: 'alone', hub: hubOf(0) };
  for (const { rolloutId, hub } of [...ones, alone])
    await register({ hubConnectionString: hub.connectionString }, idsOf(`${rolloutId}-`, FLEET));
  return withEngine(place, (engine) => together(engine, ones, alone));
}

async function together(engine: Engine, ones: readonly One[], alone: One): Promise<Report> {
  const aloneMs = await timed(() => engine.run(alone.rolloutId, specFor(alone)));
  let ended = false;
  const ids = ones.map(({ rolloutId }) => rolloutId);
  let answers: number[] = [];
  const manyMs = await timed(async () => {
    await Promise.all(ones.map((each) => engine.start(each.rolloutId, specFor(each))));
    const pausing = pauseNowAndThen(engine, ids, () => ended);
    await Promise.all(ids.map((id) => engine.ended(id))).finally(() => (ended = true));
    answers = (await pausing).sort((a, b) => a - b);
  });
  const peak = peakBytes(engine.worker.pid) / 2 ** 20;

  const name = `${ones.length} rollouts at once on ${new Set(ones.map(({ hub }) => hub.name)).size} hubs`;
  const measures: Measure[] = [
    { name: 'one rollout alone', value: aloneMs / 1_000, unit: 's' },
    { name: `${name}: until all have ended`, value: manyMs / 1_000, unit: 's' },
    { name: `${name} : one alone`, value: manyMs / aloneMs, unit: 'x' },
    { name: `${name}: the worker's memory at its peak`, value: peak, unit: 'MB' },
    { name: `${name}: pauses answered`, value: answers.length, unit: '' },
    { name: `${name}: a pause is answered, median`, value: median(answers), unit: 'ms' },
    { name: `${name}: a pause is answered, at most`, value: answers.at(-1) ?? NaN, unit: 'ms' },
  ];
  return { scenario: 'many', measures, skipped: [] };
}
