import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AdminClient } from '../../emulator/admin/client';
import { KillableStack, QUARANTINE, type StackProvisioning } from '../support/killable-stack';
import type { Programs } from '../support/program';
import { AWAY, DPS, GROUPS, HOME, INITIAL, type Mover } from './fleet';
import type { Outcome } from './judge';
import {
  agentLogs,
  type AgentsInput,
  enroll,
  type PlacedTwin,
  pointings,
  type Reading,
  readingsOf,
  seedTwins,
  startAgents,
  twinsOf,
} from './programs';

export const HUBS = [HOME, AWAY, QUARANTINE];
/** A rollout that is not at rest by then never will be. */
const PATIENCE_MS = 1_800_000;
const LOOK_EVERY_MS = 500;
/** Seldom where much is to be done meanwhile: a look is a process of the command line, and costs a second of a processor. */
const LOOK_FOR_REST_MS = 3_000;

export interface StandOptions {
  readonly folder: string;
  readonly movers: readonly Mover[];
  /** These say yes to a wish to move, and do nothing. */
  readonly deaf?: readonly string[];
  /** These fail whatever the method `update` asks of them. */
  readonly ailing?: readonly string[];
  readonly telemetryEveryMs?: number;
  /** Agents on MQTT.js in place of the SDK. */
  readonly light?: boolean;
}

/** How a rollout stands when it is at rest. */
export interface Rest {
  readonly status: string;
  readonly why: string;
}

/** A stack whose devices are at home, connected, and have what they are to take along. */
export class MoveStand {
  /** What a scenario has measured, in words. */
  readonly measured: string[] = [];

  private constructor(
    readonly stack: KillableStack,
    readonly movers: readonly Mover[],
    /** The process of the devices, which is not killed. */
    private readonly devices: Programs,
    private readonly telemetryEveryMs: number,
    /** Looks at hubs and provisioning. */
    readonly looks: Programs,
  ) {}

  /** Needs `temporal` on PATH, and a build. */
  static async make(options: StandOptions): Promise<MoveStand> {
    const { folder, movers, deaf = [], ailing = [], telemetryEveryMs = 2_000, light = false } = options;
    mkdirSync(folder, { recursive: true });
    const stack = await KillableStack.start({ folder, hubs: HUBS, provisioning: DPS, enrollmentGroups: GROUPS });
    const stand = new MoveStand(stack, movers, stack.programs(), telemetryEveryMs, stack.programs());
    try {
      await stand.#settleDevices({ deaf, ailing, light });
      return stand;
    } catch (error) {
      await stand.stop();
      throw error;
    }
  }

  get admin(): AdminClient {
    return new AdminClient(this.stack.admin);
  }

  get provisioning(): StackProvisioning {
    const { provisioning } = this.stack;
    if (provisioning === undefined) throw new Error('the stand has no provisioning service');
    return provisioning;
  }

  async #settleDevices(manners: Pick<AgentsInput, 'deaf' | 'ailing' | 'light'>): Promise<void> {
    const { connectionString, webhookUrl, idScope, deviceHostName: endpoint } = this.provisioning;
    const { telemetryEveryMs } = this;
    const newKey = (): string => randomBytes(32).toString('base64');
    const groupKeys: Record<string, string> = { migrate: newKey(), reset: newKey() };
    const movers = this.movers.map((mover) => ({
      ...mover,
      key: mover.enrolled === 'individual' ? newKey() : derived(groupKeys[mover.policy] ?? '', mover.deviceId),
    }));
    const hubs = HUBS.map((hub) => `${hub}.azure-devices.test`);
    await this.looks.run(enroll, { connectionString, movers, groupKeys, hubs, webhookUrl, initial: INITIAL });
    await this.devices.run(startAgents, { movers, idScope, endpoint, ...manners, telemetryEveryMs });
    await this.looks.run(seedTwins, { connectionString: this.hub(HOME), movers: this.movers });
    await this.#until('the devices have reported what they were asked for', async () =>
      (await this.twins(HOME)).every(({ desired, reported }) => Object.keys(desired).every((name) => name in reported)),
    );
  }

  /** Connection string of a hub's owner. A secret. */
  hub(name: string): string {
    return this.stack.connectionStrings.get(name) ?? '';
  }

  /** Waits until all devices of a hub are connected. */
  connected(hub: string): Promise<void> {
    return this.#until(`the devices of ${hub} are connected`, async () =>
      (await this.twins(hub)).every(({ connectionState }) => connectionState === 'Connected'),
    );
  }

  twins(hub: string) {
    return this.looks.run(twinsOf, { connectionString: this.hub(hub) });
  }

  /** Host names that the enrollments of single devices lead to, by registration id. */
  pointings(ids: readonly string[]) {
    return this.looks.run(pointings, { connectionString: this.provisioning.connectionString, ids });
  }

  /** Starts a rollout. */
  async start(rolloutId: string, spec: string): Promise<void> {
    const file = join(this.stack.folder, `${rolloutId}.yaml`);
    await writeFile(file, spec);
    await this.order('start', file, '--id', rolloutId);
  }

  /** Gives an order. @throws with what the command line says when it is not taken */
  async order(verb: string, ...args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await this.stack.groundswell('rollout', verb, ...args, '--as', 'moves');
    if (code !== 0) throw new Error(`rollout ${verb} ended with ${code}: ${stderr}${stdout}`);
  }

  /** Waits until the rollout has ended, or is held for a person. */
  async rest(rolloutId: string): Promise<Rest> {
    let found: Rest | undefined;
    await this.#until(
      `rollout ${rolloutId} is at rest`,
      async () => {
        const { state } = await this.look(rolloutId);
        const isAtRest = state !== undefined && (state.endedAt !== undefined || state.status === 'held');
        if (isAtRest) found = { status: state.status, why: state.waitsFor?.why ?? '' };
        return isAtRest;
      },
      LOOK_FOR_REST_MS,
    );
    return found ?? { status: 'unknown', why: '' };
  }

  /** Waits until a wave has begun. */
  wave(rolloutId: string, index: number): Promise<void> {
    return this.#until(`wave ${index} of ${rolloutId} has begun`, async () => {
      const { state } = await this.look(rolloutId);
      return state?.waves.some((wave) => wave.index >= index && wave.startedAt !== undefined) ?? false;
    });
  }

  /** Waits until the rollout waits for this: only a person ends that. */
  waits(rolloutId: string, what: 'approval'): Promise<void> {
    return this.#until(`rollout ${rolloutId} waits for ${what}`, async () => {
      const { state } = await this.look(rolloutId);
      if (state?.endedAt !== undefined) throw new Error(`rollout ${rolloutId} is ${state.status} already`);
      return state?.waitsFor?.for === what;
    });
  }

  /** How a rollout stands now; nothing while nobody can tell. */
  async look(rolloutId: string): Promise<{ readonly state?: State }> {
    const { code, stdout } = await this.stack.groundswell('rollout', 'status', rolloutId, '--json');
    return code === 0 ? (JSON.parse(stdout) as { state?: State }) : {};
  }

  /** What there is to judge now. */
  async outcome(): Promise<Outcome> {
    const twins: Record<string, readonly PlacedTwin[]> = {};
    const readings: (readonly Reading[])[] = [];
    for (const hub of HUBS) {
      twins[hub] = await this.twins(hub);
      const eventsConnectionString = await this.stack.eventsConnectionString(hub);
      readings.push(await this.looks.run(readingsOf, { eventsConnectionString }));
    }
    const { movers, telemetryEveryMs } = this;
    return {
      movers,
      twins,
      readings: readings.flat(),
      telemetryEveryMs,
      logs: await this.devices.run(agentLogs, null),
    };
  }

  async stop(): Promise<void> {
    this.devices.close();
    this.looks.close();
    await this.stack.stop();
  }

  async #until(what: string, holds: () => Promise<boolean>, everyMs = LOOK_EVERY_MS): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; !(await holds());) {
      if (Date.now() > deadline) throw new Error(`it never came to this: ${what}`);
      await sleep(everyMs);
    }
  }
}

interface State {
  readonly status: string;
  readonly endedAt?: string;
  readonly waves: readonly { readonly index: number; readonly startedAt?: string }[];
  readonly waitsFor?: { readonly for: string; readonly why?: string };
}

const derived = (groupKey: string, registrationId: string): string =>
  createHmac('sha256', Buffer.from(groupKey, 'base64')).update(registrationId).digest('base64');
