import { type Engine, withEngine } from '../engine/engine';
import type { Place } from '../engine/place';
import { SHARES, specOf, tagging } from '../engine/specs';
import type { Measure, Report } from '../measures';
import { idsOf, register } from './context';

/** What the issue allows for a wave and hub. */
const MOST_EVENTS = 20;
/** A fleet a hundred times as large makes the same events, and only longer numbers in them. */
const MOST_GROWTH = 1.1;
const BATCH = 500;
const WAVES = SHARES.length + 1;

interface Size {
  readonly events: number;
  readonly bytes: number;
}

async function sizeOf({ client }: Engine, rolloutId: string): Promise<Size> {
  const description = await client.workflow.getHandle(rolloutId).describe();
  return { events: description.historyLength, bytes: description.historySize ?? NaN };
}

const nameOf = (devices: number): string => `rollout of ${devices.toLocaleString('en')} devices in ${WAVES} waves`;

/** Events and bytes of a rollout's history at a hundredth, a tenth and all of a fleet, which lies on one or two hubs. */
export const history = (place: Place, devices: number): Promise<Report> =>
  withEngine(place, (engine) => histories(engine, place, devices));

async function histories(engine: Engine, place: Place, devices: number): Promise<Report> {
  const measures: Measure[] = [];
  const sizes: Size[] = [];
  let registered = 0;
  for (const part of [100, 10, 1]) {
    const count = Math.ceil(devices / part);
    const ids = idsOf('h', count).slice(registered);
    registered = count;
    for (const { connectionString } of place.hubs.slice(0, 1))
      await register({ hubConnectionString: connectionString }, ids);
    const { size, perWave } = await one(engine, place, `one-hub-${count}`, 1);
    sizes.push(size);
    measures.push(
      { name: `${nameOf(count)}: events`, value: size.events, unit: 'events' },
      { name: `${nameOf(count)}: bytes`, value: size.bytes / 1_024, unit: 'KB' },
      { name: `${nameOf(count)}: events a wave`, value: perWave, unit: 'events', limit: { atMost: MOST_EVENTS } },
    );
  }
  const [first, , last] = sizes;
  const ratio = (of: keyof Size): number => (last?.[of] ?? NaN) / (first?.[of] ?? NaN);
  for (const of of ['events', 'bytes'] as const)
    measures.push({ name: `${of}, all : a hundredth`, value: ratio(of), unit: 'x', limit: { atMost: MOST_GROWTH } });

  for (const { connectionString } of place.hubs.slice(1))
    await register({ hubConnectionString: connectionString }, idsOf('o', Math.ceil(devices / 100)));
  const { size, perWave } = await one(engine, place, 'two-hubs', 2);
  measures.push(
    { name: 'the same on two hubs: events', value: size.events, unit: 'events' },
    {
      name: 'the same on two hubs: events a wave and hub',
      value: perWave,
      unit: 'events',
      limit: { atMost: MOST_EVENTS },
    },
  );
  return { scenario: 'history', measures, skipped: [] };
}

async function one(engine: Engine, place: Place, name: string, hubCount: number) {
  const hubs = place.hubs.slice(0, hubCount).map((hub) => hub.name);
  await engine.run(name, specOf({ name, hubs, where: '*', action: tagging(name), batchSize: BATCH, parallel: 10 }));
  const size = await sizeOf(engine, name);
  return { size, perWave: size.events / WAVES / hubCount };
}
