import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startChild, type Child } from './child';

/** A real emulator, as a user starts it, with one hub. */
export interface EmulatorProcess extends Child {
  readonly stateDir: string;
  readonly hubConnectionString: string;
  /** What leads a program to it. */
  readonly env: Readonly<Record<string, string>>;
}

const run = promisify(execFile);
const MAIN = join(__dirname, '../../../emulator/dist/main.js');

/** Starts an emulator on an empty state directory, with the hub `bench` of S3. */
export async function startEmulator(stateDir: string): Promise<EmulatorProcess> {
  const node = process.env.BENCH_EMULATOR_NODE_OPTIONS?.split(' ') ?? [];
  const child = await startChild(process.execPath, [
    ...[...node, MAIN, 'start', '--state', stateDir],
    ...['--hub', 'bench', '--sku', 'S3', '--json'],
  ]);
  const ask = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, [MAIN, ...args, '--state', stateDir])).stdout.trim();
  return {
    ...child,
    stateDir,
    hubConnectionString: await ask('connection-string', 'bench'),
    env: JSON.parse(await ask('env', '--json')) as Record<string, string>,
  };
}
