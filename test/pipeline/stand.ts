import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision, RolloutState } from '../../domain/progress';
import { KillableStack } from '../support/killable-stack';
import type { Programs } from '../support/program';
import { type KeptState, statesOf } from '../support/telemetry-programs';
import { Consumers } from './consumers';

export const HUB = 'main';
/** What never comes within this will not come. */
const PATIENCE_MS = 600_000;
const LOOK_EVERY_MS = 500;

export interface StandOptions {
  readonly folder: string;
  /** Processes that read the messages. */
  readonly consumers: number;
  /** Of the pipeline. */
  readonly settings: object;
}

/** A stack with telemetry: devices are the scenario's. */
export class PipelineStand {
  /** What a scenario has measured, in words. */
  readonly measured: string[] = [];
  readonly consumers: Consumers;
  #fleet: ChildProcess | undefined;

  private constructor(
    readonly stack: KillableStack,
    /** Looks at hub and tables. */
    readonly looks: Programs,
  ) {
    this.consumers = new Consumers(stack);
  }

  /** Needs `temporal` on PATH, and a build. */
  static async make({ folder, consumers, settings }: StandOptions): Promise<PipelineStand> {
    mkdirSync(folder, { recursive: true });
    const stack = await KillableStack.start({ folder, hubs: [HUB], durable: false, telemetry: { settings } });
    const stand = new PipelineStand(stack, stack.programs());
    try {
      for (let started = 0; started < consumers; started += 1) await stand.consumers.start();
      return stand;
    } catch (error) {
      await stand.stop();
      throw error;
    }
  }

  /** Of the hub's owner. A secret. */
  get hub(): string {
    return this.stack.connectionStrings.get(HUB) ?? '';
  }

  get places(): { readonly tableEndpoint: string; readonly signalrHost: string } {
    const { telemetry } = JSON.parse(readFileSync(this.stack.outputsFile, 'utf8')) as {
      telemetry: { tableEndpoint: string; signalrHost: string };
    };
    return telemetry;
  }

  states(): Promise<readonly KeptState[]> {
    return this.looks.run(statesOf, { tableEndpoint: this.places.tableEndpoint });
  }

  /** Starts the simulated fleet and waits until it is connected. */
  async fleet(...args: readonly string[]): Promise<void> {
    const all = ['--outputs', this.stack.outputsFile, '--hub', HUB, '--admission', 'registry', '--light', ...args];
    const child = spawn(process.execPath, [join(process.cwd(), 'dist/device/main.js'), ...all], {
      env: this.stack.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#fleet = child;
    const log = createWriteStream(join(this.stack.folder, 'logs', 'fleet.log'));
    child.stderr.pipe(log);
    const ended = once(child, 'exit').then(() => {
      throw new Error(`the fleet has ended; see ${String(log.path)}`);
    });
    ended.catch(() => undefined);
    await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
  }

  /** Starts a rollout. */
  async start(rolloutId: string, spec: string): Promise<void> {
    const file = join(this.stack.folder, `${rolloutId}.yaml`);
    await writeFile(file, spec);
    await this.groundswell('rollout', 'start', file, '--id', rolloutId, '--as', 'pipeline');
  }

  /** Waits until the rollout has ended, or is held for a person. */
  async rest(rolloutId: string): Promise<RolloutState> {
    let state: RolloutState | undefined;
    await this.until(`rollout ${rolloutId} is at rest`, async () => {
      state = (JSON.parse(await this.groundswell('rollout', 'status', rolloutId, '--json')) as { state?: RolloutState })
        .state;
      return state !== undefined && (state.endedAt !== undefined || state.status === 'held');
    });
    if (state === undefined) throw new Error('a rollout at rest has a state');
    return state;
  }

  /** @returns what the command line prints. @throws with what it says when it fails */
  async groundswell(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.stack.groundswell(...args);
    if (![0, 3].includes(code)) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; !(await holds());) {
      if (Date.now() > deadline) throw new Error(`it never came to this: ${what}`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  async endFleet(): Promise<void> {
    const fleet = this.#fleet;
    this.#fleet = undefined;
    if (fleet === undefined || fleet.exitCode !== null || fleet.signalCode !== null) return;
    fleet.kill('SIGTERM');
    await once(fleet, 'exit');
  }

  async stop(): Promise<void> {
    await this.endFleet();
    await this.consumers.stop();
    this.looks.close();
    await this.stack.stop();
  }
}

/** The gate's decisions of a rollout, in order. */
export const verdictsOf = ({ decisions }: RolloutState): Extract<Decision, { kind: 'gate' }>[] =>
  decisions.filter((decision) => decision.kind === 'gate');
