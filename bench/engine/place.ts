import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensure, temporalEnvironment, withTools } from '../../tools';
import type { Report } from '../measures';
import { startEmulator, type EmulatorProcess, type WantedHubs } from '../servers/emulator';

/** A hub of the emulator. */
export interface BenchHub {
  readonly name: string;
  readonly sku: WantedHubs['sku'];
  readonly connectionString: string;
}

/** What `main.ts` hands to the process of a scenario of the rollout engine. */
export interface Place {
  readonly ca: string;
  readonly stateDir: string;
  readonly emulator: { readonly pid: number; readonly mqttPort: number; readonly httpsPort: number };
  readonly hubs: readonly BenchHub[];
}

export interface EngineRun {
  readonly name: string;
  readonly devices: number;
}

/** How many and which hubs each scenario has. */
export const HUBS: Readonly<Record<string, WantedHubs>> = {
  rollout: { names: ['bench'], sku: 'S1' },
  'rollout-20s': { names: ['bench'], sku: 'S3' },
  history: { names: ['bench', 'beside'], sku: 'S3' },
  latency: { names: ['bench'], sku: 'S1' },
  many: { names: Array.from({ length: 20 }, (_, index) => `bench${index}`), sku: 'S1' },
};

const redirectOf = (env: EmulatorProcess['env'], port: number): number => {
  const redirects = JSON.parse(env.IOTHUB_EMULATOR_REDIRECTS ?? '[]') as { suffix: string; port: number; to: number }[];
  return redirects.find((each) => each.suffix === 'azure-devices.test' && each.port === port)?.to ?? 0;
};

async function placeOf(emulator: EmulatorProcess, { names, sku }: WantedHubs): Promise<Place> {
  const { pid, env, stateDir, hubConnectionStrings } = emulator;
  return {
    ca: await readFile(join(stateDir, 'tls', 'ca.pem'), 'utf8'),
    stateDir,
    emulator: { pid, mqttPort: redirectOf(env, 8883), httpsPort: redirectOf(env, 443) },
    hubs: names.map((name, index) => ({ name, sku, connectionString: hubConnectionStrings[index] ?? '' })),
  };
}

/**
 * Runs a scenario of the rollout engine in a process that an emulator of its own takes for Azure.
 *
 * @throws Error when the scenario ends without a report
 */
export async function measureEngine({ name, devices }: EngineRun): Promise<Report> {
  const hubs = HUBS[name];
  if (hubs === undefined) throw new Error(`there is no scenario ${name}`);
  const temporal = await ensure('temporal', () => undefined);
  const stateDir = await mkdtemp(join(tmpdir(), 'groundswell-bench-'));
  const emulator = await startEmulator(stateDir, hubs);
  try {
    const env = withTools({ ...process.env, ...emulator.env }, temporalEnvironment(temporal));
    const child = fork(join(__dirname, '..', 'run-engine.js'), { env });
    child.send({ name, devices, place: await placeOf(emulator, hubs) });
    const [report] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error(`the scenario ${name} failed`);
      }),
    ])) as [Report];
    await once(child, 'exit');
    return report;
  } finally {
    await emulator.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}
