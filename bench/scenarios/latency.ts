import { setTimeout as sleep } from 'node:timers/promises';
import type { RolloutId } from '../../domain/ids';
import type { RolloutSpec } from '../../domain/spec';
import { type Engine, withEngine } from '../engine/engine';
import { gapOf, type JobTimes, jobTimesOf } from '../engine/job-times';
import type { BenchHub, Place } from '../engine/place';
import { specOf, tagging } from '../engine/specs';
import { median, type Measure, type Report } from '../measures';
import { idsOf, register } from './context';

const LOOK_MS = 20;
const SOAK_MS = 2_000;
const order = { actor: 'bench approver', reason: 'to measure' };

const waveOf = ({ jobId }: JobTimes): string => /-w(\d+)-/.exec(jobId)?.[1] ?? '';
const inOneWave = (before: JobTimes, after: JobTimes): boolean => waveOf(before) === waveOf(after);
const firstsOf = (times: readonly JobTimes[]): JobTimes[] =>
  times.filter((each, index) => index === 0 || waveOf(each) !== waveOf(times[index - 1] ?? each));

/** Approves each wave as soon as it is asked for. @returns when each approval was accepted, in the order of waves */
async function approveAll({ rollouts }: Engine, rolloutId: string): Promise<number[]> {
  const id = rolloutId as RolloutId;
  const at: number[] = [];
  for (;;) {
    const { state } = await rollouts.look(id);
    if (state?.status === 'completed') return at;
    if (state?.status === 'awaitingApproval') {
      const result = await rollouts.order('approve', id, order);
      if (result.kind === 'accepted') at.push(Date.now());
    }
    await sleep(LOOK_MS);
  }
}

/** The time from what a wave or batch waits for to the next job's creation, by the hub's clock. */
export async function latency(place: Place, devices: number): Promise<Report> {
  const [hub] = place.hubs;
  if (hub === undefined) throw new Error('a rollout needs a hub');
  await register({ hubConnectionString: hub.connectionString }, idsOf('l', devices));
  return withEngine(place, (engine) => latencies(engine, hub, devices));
}

async function latencies(engine: Engine, hub: BenchHub, devices: number): Promise<Report> {
  const spec = (name: string, change: Partial<RolloutSpec> = {}): RolloutSpec => ({
    ...specOf({ name, hubs: [hub.name], where: '*', action: tagging(name), batchSize: Math.ceil(devices / 40) }),
    ...change,
  });
  const timesOf = (name: string): Promise<JobTimes[]> => jobTimesOf(hub.connectionString, `${name}-`);
  const measures: Measure[] = [];
  const add = (name: string, value: number): void => void measures.push({ name, value, unit: 'ms' });

  await engine.run('plain', spec('plain'));
  const plain = await timesOf('plain');
  add("a job's end to the next batch's job", gapOf(plain, inOneWave));
  add(
    "a wave's last job's end to the next wave's first job",
    gapOf(plain, (before, after) => !inOneWave(before, after)),
  );

  const approvals = { before: 'everyWave', by: [], requesterMay: false, deadlineMs: 3_600_000 } as const;
  await engine.start('approved', spec('approved', { approvals }));
  const approvedAt = await approveAll(engine, 'approved');
  const firsts = firstsOf(await timesOf('approved'));
  add(
    "an approval's answer to the wave's first job",
    median(firsts.map((job, wave) => job.createdAt - (approvedAt[wave] ?? NaN))),
  );

  const { gate } = spec('soaked');
  await engine.run('soaked', spec('soaked', { gate: { ...gate, soakMs: SOAK_MS } }));
  const overAt = await soaksOverAt(engine, 'soaked');
  const after = firstsOf(await timesOf('soaked')).slice(1);
  add(
    "a soak's end to the next wave's first job",
    median(after.map((job, wave) => job.createdAt - (overAt[wave] ?? NaN))),
  );
  return { scenario: 'latency', measures, skipped: [] };
}

/** When each soak should have been over: its timer's start and length, from the history. */
async function soaksOverAt({ client }: Engine, rolloutId: string): Promise<number[]> {
  const { events } = await client.workflow.getHandle(rolloutId).fetchHistory();
  return (events ?? []).flatMap(({ timerStartedEventAttributes: timer, eventTime }) =>
    timer ? [Number(eventTime?.seconds) * 1_000 + Number(eventTime?.nanos) / 1e6 + SOAK_MS] : [],
  );
}
