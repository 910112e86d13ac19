import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry } from '../../cli/audit/entry';
import type { RolloutState } from '../../domain/progress';
import type { Tally } from '../../domain/tally';
import { KillableStack } from '../support/killable-stack';
import type { Programs } from '../support/program';
import {
  type Call,
  callsOfDevices,
  connectDevices,
  type HubView,
  inspectHub,
  makeDevices,
} from '../support/stack-programs';
import { fleet, HUB_NAMES, type HubName, rolloutIdOf, type Scenario, specOf } from './scenarios';
import type { Schedule } from './schedule';

/** A run that is not at rest by then never will be. */
const PATIENCE_MS = 400_000;
const ORDER_EVERY_MS = 500;
/** How often somebody lets a held rollout go on, at most. */
const MOST_PROCEEDS = 5;

/** What is left of a run to judge. */
export interface Run {
  readonly rolloutId: string;
  readonly tookMs: number;
  readonly status: string;
  /** Of the devices as they stand at the end, by the audit. */
  readonly tally: Tally;
  readonly state: RolloutState;
  /** What `audit --verify` says; empty when all is well. */
  readonly verification: string;
  readonly calls: readonly Call[];
  readonly hubs: Readonly<Record<HubName, HubView>>;
  /** When an abort was accepted, ms since the epoch. */
  readonly abortedAt?: number;
  /** How often a person had to let it go on. */
  readonly proceeds: number;
}

/** A stack with its fleet, on which one rollout after the other runs. */
export interface Stand {
  readonly stack: KillableStack;
  /** The process of the devices, which is not killed. */
  readonly devices: Programs;
  stop(): Promise<void>;
}

export async function standIn(folder: string): Promise<Stand> {
  mkdirSync(folder, { recursive: true });
  const stack = await KillableStack.start({ folder, hubs: HUB_NAMES });
  const devices = stack.programs();
  const stop = async (): Promise<void> => {
    devices.close();
    await stack.stop();
  };
  try {
    await connectFleet(stack, devices);
    return { stack, devices, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One rollout, disturbed as the schedule says. All parts run again once it is over. */
export async function run(
  { stack, devices }: Stand,
  { seed, scenario, schedule: { kills, control } }: Planned,
): Promise<Run> {
  const rolloutId = rolloutIdOf(seed);
  const spec = join(stack.folder, 'spec.yaml');
  await writeFile(spec, specOf(scenario, rolloutId));
  const startedAt = Date.now();
  await ordered(stack, 'start', spec, '--id', rolloutId);
  const acting = Promise.all([
    killAll(stack, kills, startedAt),
    control.kind === 'none' ? undefined : steered(stack, rolloutId, control.kind, startedAt + control.at),
  ]);
  acting.catch(() => undefined); // awaited below
  const proceeds = await watched(stack, rolloutId, startedAt + PATIENCE_MS);
  const tookMs = Date.now() - startedAt;
  const [, abortedAt] = await acting;
  return { ...(await found(stack, devices, rolloutId)), rolloutId, tookMs, proceeds, ...(abortedAt && { abortedAt }) };
}

export interface Planned {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly schedule: Schedule;
}

async function connectFleet(stack: KillableStack, programs: Programs): Promise<void> {
  const all = fleet();
  for (const hub of HUB_NAMES) {
    const here = all.filter((device) => device.hub === hub);
    const made = await programs.run(makeDevices, {
      connectionString: stack.connectionStrings.get(hub) ?? '',
      devices: here.map(({ deviceId, isMeant }) => ({ deviceId, tags: { kind: isMeant ? 'meant' : 'bystander' } })),
    });
    const connected = here.flatMap((device, index) =>
      device.isAway ? [] : { ...device, connectionString: made[index] ?? '' },
    );
    await programs.run(connectDevices, { devices: connected });
  }
}

/** Kills and restarts; what is killed while it starts again is killed once it has. */
async function killAll(stack: KillableStack, kills: Schedule['kills'], startedAt: number): Promise<void> {
  const turns = new Map<string, Promise<void>>();
  const one = async ({ at, part, downMs }: Schedule['kills'][number]): Promise<void> => {
    await sleep(Math.max(0, startedAt + at - Date.now()));
    const turn = (turns.get(part) ?? Promise.resolve()).then(async () => {
      await stack.kill(part);
      await sleep(downMs);
      await stack.restart(part);
    });
    turns.set(part, turn);
    await turn;
  };
  await Promise.all(kills.map(one));
}

/** Gives an order, again and again while Temporal or the worker is away. @returns whether the rollout took it */
async function ordered(stack: KillableStack, verb: string, ...args: readonly string[]): Promise<boolean> {
  for (const deadline = Date.now() + PATIENCE_MS; ;) {
    const { code, stderr } = await stack.groundswell('rollout', verb, ...args, '--as', 'chaos');
    if (code === 0) return true;
    if (code === 3) return false;
    if (code === 2 || Date.now() > deadline) throw new Error(`rollout ${verb} ended with ${code}: ${stderr}`);
    await sleep(ORDER_EVERY_MS);
  }
}

/** @returns when an abort was accepted */
async function steered(
  stack: KillableStack,
  rolloutId: string,
  kind: 'abort' | 'pauseAndResume',
  at: number,
): Promise<number | undefined> {
  await sleep(Math.max(0, at - Date.now()));
  const give = (verb: string) => ordered(stack, verb, rolloutId, '--reason', 'in the midst of chaos');
  if (kind === 'abort') return (await give('abort')) ? Date.now() : undefined;
  if (!(await give('pause'))) return undefined;
  await sleep(2_000); // kills may fall into the pause, too
  await give('resume');
  return undefined;
}

/** Watches until the rollout has ended; lets it go on where it is held. @returns how often that was */
async function watched(stack: KillableStack, rolloutId: string, until: number): Promise<number> {
  for (let proceeds = 0; ;) {
    const watching = stack.start('rollout', 'watch', rolloutId, '--json');
    const timer = setTimeout(() => watching.child.kill(), until - Date.now());
    const { stdout } = await watching.answer;
    clearTimeout(timer);
    if (Date.now() > until) throw new Error(`the rollout was not at its end after ${PATIENCE_MS / 1_000} s`);
    const { state } = JSON.parse(stdout.trimEnd().split('\n').at(-1) || '{}') as { readonly state?: RolloutState };
    if (state?.endedAt !== undefined) return proceeds;
    if (state?.status === 'held') {
      if (++proceeds > MOST_PROCEEDS) throw new Error(`held again and again: ${state.waitsFor?.why ?? ''}`);
      await ordered(stack, 'proceed', rolloutId, '--reason', 'the devices are back');
    }
    await sleep(ORDER_EVERY_MS); // it is paused, or Temporal did not answer when the watch began
  }
}

/** Waits until its workflow has ended: what is recorded after the last wave is not there before. */
async function closedStateOf(stack: KillableStack, rolloutId: string): Promise<RolloutState> {
  for (const deadline = Date.now() + PATIENCE_MS; ;) {
    const { code, stdout, stderr } = await stack.groundswell('rollout', 'status', rolloutId, '--json');
    const look = JSON.parse(code === 0 ? stdout : '{}') as {
      readonly execution?: string;
      readonly state?: RolloutState;
    };
    if (look.execution !== undefined && look.execution !== 'RUNNING' && look.state !== undefined) return look.state;
    if (Date.now() > deadline) throw new Error(`nobody tells how the rollout ended, though all parts run: ${stderr}`);
    await sleep(ORDER_EVERY_MS);
  }
}

/** Looks at everything once all parts are back. */
async function found(stack: KillableStack, devices: Programs, rolloutId: string) {
  const state = await closedStateOf(stack, rolloutId);
  const audit = await stack.groundswell('audit', rolloutId, '--json');
  const { entries } = JSON.parse(audit.stdout) as { readonly entries: readonly Entry[] };
  const verified = await stack.groundswell('audit', rolloutId, '--verify', '--json');
  const hubs = {} as Record<HubName, HubView>;
  for (const hub of HUB_NAMES) {
    const all = await devices.run(inspectHub, { connectionString: stack.connectionStrings.get(hub) ?? '' });
    const isOurs = ({ jobId }: { readonly jobId: string }): boolean => jobId.startsWith(`${rolloutId}-`);
    hubs[hub] = { ...all, jobs: all.jobs.filter(isOurs), rows: all.rows.filter(isOurs) };
  }
  const calls = await devices.run(callsOfDevices, null);
  return {
    state,
    status: state.status,
    tally: tallyOfAudit(entries),
    verification: verified.code === 0 ? '' : `${verified.stdout}${verified.stderr}`,
    calls: calls.filter(({ operationId }) => operationId.startsWith(rolloutId)),
    hubs,
  };
}

/** The last word of each share; in the place of the offline ones, the catch-up's. */
export function tallyOfAudit(entries: readonly Entry[]): Tally {
  const last = new Map<string, Tally>();
  for (const entry of entries) if (entry.kind === 'shareEnded') last.set(entry.share, entry.tally);
  const total: Record<string, number> = {};
  for (const [share, tally] of last) {
    const isCatchUp = /catch/i.test(share);
    if (isCatchUp) total.offline = (total.offline ?? 0) - Object.values(tally).reduce((sum, count) => sum + count, 0);
    for (const [kind, count] of Object.entries(tally)) total[kind] = (total[kind] ?? 0) + count;
  }
  return total as Tally;
}
