import { dirname, join } from 'node:path';
import { capture } from './capture';
import type { Component } from './context';
import type { Environment } from './environment';

/** The command of the local Azure, a package of its own that knows nothing of Groundswell. */
export const emulatorCommand = (): string =>
  join(dirname(require.resolve('iothub-emulator/package.json')), 'dist', 'main.js');

/** @returns `env` with all that leads a program to the emulator that runs on a state folder */
export async function emulatorEnvironment(
  stateDir: string,
  env: Environment,
  signal?: AbortSignal,
): Promise<Environment> {
  const args = [emulatorCommand(), 'env', '--state', stateDir, '--json'];
  const added = JSON.parse(await capture(process.execPath, args, { env, signal })) as Record<string, string>;
  return { ...env, ...added };
}

interface Needs {
  /** Of 127.0.0.1, where a server stands in for function apps. */
  readonly sites: number;
}

/** The local Azure. Gives the environment in which programs find it. */
export const emulator: Component<Needs, Environment> = {
  name: 'emulator',
  async start({ children, env, paths, root, say, signal }, { sites }) {
    const child = children.start(1, {
      name: this.name,
      command: process.execPath,
      args: [emulatorCommand(), 'start', '--state', paths.emulator, '--sites', String(sites), '--json'],
      env,
      cwd: root,
      logFile: paths.log(this.name),
    });
    await child.line((line) => line.startsWith('{'));
    const environment = await emulatorEnvironment(paths.emulator, env, signal);
    say(this.name, 'the local Azure answers');
    return environment;
  },
};
