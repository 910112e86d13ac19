import { checkoutFolder } from '../../tools/checkout';
import type { ChildDiedError } from './child';
import { Children } from './children';
import type { Say, StackContext } from './context';
import { emulator } from './emulator';
import { type Environment, withoutForeign } from './environment';
import { fleet } from './fleet';
import { functions, functionsPort } from './functions';
import { Guard } from './guard';
import { infrastructure, pulumiSettings } from './infrastructure';
import { page } from './page';
import { LOCAL_PULUMI_STACK } from './passphrase';
import { writeShims } from './shims';
import { releaseState, type StatePaths, takeState, writeRecord } from './state';
import { telemetry } from './telemetry';
import { temporal, type TemporalAddress, temporalClientEnvironment } from './temporal';
import { makeToken } from '../page/token';
import { binFolders, withToolchain } from './toolchain';
import { worker } from './worker';

export interface StackOptions {
  readonly stateDir: string;
  /** Simulated devices; 0 for none. */
  readonly devices: number;
  /** False leaves out the worker, for whoever runs one in a debugger. */
  readonly worker: boolean;
  /** Port of the Temporal server when it is free; 0 for any free one. */
  readonly temporalPort: number;
  /** Undefined leaves telemetry and the page out. */
  readonly telemetry: TelemetryOptions | undefined;
}

export interface TelemetryOptions {
  /** Processes that read the messages of devices, 1 or more. */
  readonly hosts: number;
  /** Port of the page when it is free; 0 for any free one. */
  readonly pagePort: number;
}

/** A running local stack. */
export interface Stack {
  readonly root: string;
  readonly paths: StatePaths;
  readonly temporal: TemporalAddress;
  /** Enrollment group of the simulated devices; undefined where they are registered on their hub itself. */
  readonly group: string | undefined;
  /** Where a person opens the page, with the token: a secret. */
  readonly pageAddress: string | undefined;
  /** For programs that shall work on this stack. */
  readonly env: Environment;
  /** Resolves when one of its processes has ended unasked. */
  readonly died: Promise<ChildDiedError>;
  /** Lets the watchdog know of a process that shall not outlive us. */
  readonly guard: Guard;
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

/**
 * Starts the local stack: emulator and Temporal, then infrastructure, then worker and devices. What was started is
 * stopped again when a later part fails.
 *
 * @throws CliError when the state folder is taken, ChildDiedError when a process ends, the signal's reason when aborted
 */
export async function startStack(options: StackOptions, say: Say, signal: AbortSignal): Promise<Stack> {
  const root = checkoutFolder();
  const paths = await takeState(options.stateDir);
  const guard = new Guard(root);
  const children = new Children(guard);
  const stop = async (): Promise<void> => {
    await children.stop();
    guard.close();
    await releaseState(paths);
  };
  try {
    const env = await withToolchain(withoutForeign(process.env), binFolders(root, paths), say, signal);
    await writeShims(paths.bin, root);
    const started = await startAll({ root, paths, children, env, signal, say }, options);
    await writeRecord(paths, recordOf(started.temporal, options));
    return { ...started, root, paths, guard, died: children.died, stop, kill: () => children.kill() };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(context: StackContext, options: StackOptions) {
  const { root, paths, children } = context;
  const starting = async () => {
    const port = await functionsPort();
    const [azureEnv, server] = await Promise.all([
      emulator.start(context, { sites: port }),
      temporal.start(context, { port: options.temporalPort }),
    ]);
    const env = await pulumiSettings(temporalClientEnvironment(azureEnv, server, paths), root, paths);
    const watched = options.telemetry !== undefined;
    const { outputs, group } = await infrastructure.start(context, { env, telemetry: watched });
    const token = watched ? await makeToken(paths.pageToken) : undefined;
    const tokenFile = watched ? paths.pageToken : undefined;
    await functions.start(context, { env, outputs, port, tokenFile }); // devices of the fleet may ask DPS at once
    const { devices } = options;
    const [address] = await Promise.all([
      options.telemetry &&
        page.start(context, { env, outputs, tokenFile: paths.pageToken, port: options.telemetry.pagePort }),
      options.telemetry && telemetry.start(context, { env, outputs, hosts: options.telemetry.hosts }),
      options.worker ? worker.start(context, { env, outputs }) : undefined,
      devices > 0 ? fleet.start(context, { env, outputs, group, devices, telemetry: watched }) : undefined,
    ]);
    const pageAddress = address === undefined || token === undefined ? undefined : `${address}/#token=${token}`;
    return { env, temporal: server, group, pageAddress };
  };
  return Promise.race([starting(), rejection(children.died), rejection(abortOf(context.signal))]);
}

const rejection = async (reason: Promise<unknown>): Promise<never> => {
  throw await reason;
};

const abortOf = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });

const recordOf = (server: TemporalAddress, { devices }: StackOptions) => ({
  pid: process.pid,
  startedAt: new Date().toISOString(),
  temporal: server,
  devices,
  pulumiStack: LOCAL_PULUMI_STACK,
});
