import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision, RolloutState } from '../../domain/progress';
import { KillableStack } from '../support/killable-stack';
import { end, launch } from '../support/launch';
import type { Programs } from '../support/program';
import { type KeptState, statesOf } from '../support/telemetry-programs';
import { Consumers } from './consumers';
import { LivePage } from './live-page';

export const HUB = 'main';
const FLEET = join(process.cwd(), 'dist/device/main.js');
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

/** A stack with telemetry, and its page in a browser; devices are the scenario's. */
export class PipelineStand {
  /** What a scenario has measured, in words. */
  readonly measured: string[] = [];
  readonly consumers: Consumers;
  #fleet: ChildProcess | undefined;
  #page: LivePage | undefined;

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
      stand.#page = await LivePage.open(stack);
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

  get page(): LivePage {
    if (this.#page === undefined) throw new Error('the page is not open');
    return this.#page;
  }

  states(): Promise<readonly KeptState[]> {
    return this.looks.run(statesOf, { tableEndpoint: this.#tableEndpoint });
  }

  /** Starts the simulated fleet and waits until it is connected. */
  async fleet(...args: readonly string[]): Promise<void> {
    const all = ['--outputs', this.stack.outputsFile, '--hub', HUB, '--admission', 'registry', '--light', ...args];
    const { env } = this.stack;
    const logFile = this.stack.logFile('fleet');
    const { child, ready } = launch({ name: 'the fleet', args: [FLEET, ...all], env, logFile });
    this.#fleet = child;
    await ready;
  }

  get #tableEndpoint(): string {
    const { telemetry } = JSON.parse(readFileSync(this.stack.outputsFile, 'utf8')) as {
      telemetry: { tableEndpoint: string };
    };
    return telemetry.tableEndpoint;
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
    if (fleet !== undefined) await end(fleet);
  }

  async stop(): Promise<void> {
    await this.endFleet();
    await this.#page?.close();
    await this.consumers.stop();
    this.looks.close();
    await this.stack.stop();
  }
}

/** The gate's decisions of a rollout, in order. */
export const verdictsOf = ({ decisions }: RolloutState): Extract<Decision, { kind: 'gate' }>[] =>
  decisions.filter((decision) => decision.kind === 'gate');
