import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startChild, type Child } from './child';

/** A real emulator, as a user starts it. */
export interface EmulatorProcess extends Child {
  readonly stateDir: string;
  /** Of each hub, in the order in which they were asked for. */
  readonly hubConnectionStrings: readonly string[];
  /** What leads a program to it. */
  readonly env: Readonly<Record<string, string>>;
}

const run = promisify(execFile);
const MAIN = join(__dirname, '../../../emulator/dist/main.js');

/** Hubs to begin with, all of one SKU. */
export interface WantedHubs {
  readonly names: readonly string[];
  readonly sku: 'S1' | 'S3';
}

/** Starts an emulator on an empty state directory. */
export async function startEmulator(stateDir: string, { names, sku }: WantedHubs): Promise<EmulatorProcess> {
  const node = process.env.BENCH_EMULATOR_NODE_OPTIONS?.split(' ') ?? [];
  const child = await startChild(process.execPath, [
    ...[...node, MAIN, 'start', '--state', stateDir],
    ...names.flatMap((name) => ['--hub', name]),
    ...['--sku', sku, '--json'],
  ]);
  const ask = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, [MAIN, ...args, '--state', stateDir])).stdout.trim();
  return {
    ...child,
    stateDir,
    hubConnectionStrings: await Promise.all(names.map((name) => ask('connection-string', name))),
    env: JSON.parse(await ask('env', '--json')) as Record<string, string>,
  };
}
