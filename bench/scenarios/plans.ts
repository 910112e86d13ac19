import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Measure, Report } from '../measures';
import type { PlanCost } from '../run-plan';

const FLEETS = [10_000, 100_000, 1_000_000];
/** What the issue allows a plan of a million devices. */
const MOST_MB = 400;
/** A fleet ten times as large takes as much memory, but for noise, where garbage cannot lie about in an empty heap. */
const GROWTH = 1.25;
const HEAP_MB = 96;

async function costOf(devices: number, execArgv: readonly string[] = []): Promise<PlanCost> {
  const child = fork(join(__dirname, '..', 'run-plan.js'), [String(devices)], { execArgv: [...execArgv] });
  const [cost] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error(`planning ${devices} devices failed`);
    }),
  ])) as [PlanCost];
  return cost;
}

const megabytes = (bytes: number): number => bytes / 2 ** 20;
const nameOf = (devices: number): string => `plan of ${devices.toLocaleString('en')} devices`;

async function freely(devices: number): Promise<Measure[]> {
  const { ms, idleBytes, peakBytes } = await costOf(devices);
  const name = nameOf(devices);
  return [
    { name: `${name}: time`, value: ms / 1_000, unit: 's' },
    { name: `${name}: memory before`, value: megabytes(idleBytes), unit: 'MB' },
    { name: `${name}: memory at its peak`, value: megabytes(peakBytes), unit: 'MB', limit: { atMost: MOST_MB } },
  ];
}

/** In a small heap only what planning holds can grow, not what the garbage collector has not looked at yet. */
async function confined(): Promise<Measure> {
  const [small, large] = [100_000, 1_000_000];
  const heap = [`--max-old-space-size=${HEAP_MB}`];
  const value = (await costOf(large, heap)).peakBytes / (await costOf(small, heap)).peakBytes;
  const name = `peak memory in a heap of ${HEAP_MB} MB, ${nameOf(large)} : ${nameOf(small)}`;
  return { name, value, unit: 'x', limit: { atMost: GROWTH } };
}

/** The planner alone, over a hub and a ledger in memory: what planning costs by the size of the fleet. */
export async function plans(): Promise<Report> {
  const measures: Measure[] = [];
  for (const devices of FLEETS) measures.push(...(await freely(devices)));
  return { scenario: 'plans', measures: [...measures, await confined()], skipped: [] };
}
