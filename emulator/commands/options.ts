import { InvalidArgumentError, Option } from 'commander';
import { DEFAULT_STATE_DIR, STATE_VARIABLE } from '../names';
import { readState, stateDirOf, type State } from '../exec/state';
import type { Emulator } from '../server';

/** `--state DIR`, which every command has. */
export const stateOption = (): Option =>
  new Option('--state <dir>', `where the emulator keeps its state (else ${STATE_VARIABLE}, else ${DEFAULT_STATE_DIR})`);

/** `--throttle`, for commands that may start an emulator. */
export const throttleOption = (): Option =>
  new Option('--throttle', 'pace jobs to the device operations per second of the SKU').env('IOTHUB_EMULATOR_THROTTLE');

/** `--durable`, for commands that may start an emulator. */
export const durableOption = (): Option =>
  new Option('--durable', 'keep hubs, devices and all else in the state directory, for the next start').env(
    'IOTHUB_EMULATOR_DURABLE',
  );

/** `--admin`, for commands that may start an emulator. */
export const adminOption = (): Option =>
  new Option('--admin', 'serve clock, faults, snapshots, journal and counters (see iothub-emulator admin)').env(
    'IOTHUB_EMULATOR_ADMIN',
  );

/** `--sites PORT`, for commands that may start an emulator. */
export const sitesOption = (): Option =>
  new Option(
    '--sites <port>',
    'where on 127.0.0.1 a server of yours stands in for function apps (*.azurewebsites.test)',
  )
    .env('IOTHUB_EMULATOR_SITES')
    .argParser(portOf);

/** @throws InvalidArgumentError when it is none */
function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError('A port from 1 to 65535 is allowed.');
}

/** What those options say of the emulator. */
export interface EmulatorFlags {
  readonly throttle?: boolean;
  readonly durable?: boolean;
  readonly admin?: boolean;
  readonly sites?: number;
}

/** Starts an emulator. Its code is loaded by this call, so that help and refusals are instant. */
export async function startAsAsked(
  stateDir: string,
  { throttle = false, durable = false, admin = false, sites }: EmulatorFlags,
): Promise<Emulator> {
  const { startEmulator } = await import('../server.js');
  return startEmulator({ stateDir, throttle, durable, admin, ...(sites !== undefined && { sites }) });
}

/** The running emulator and its directory. @throws Error that says how to start one */
export async function runningEmulator(option: string | undefined): Promise<{ stateDir: string; state: State }> {
  const stateDir = stateDirOf(option);
  const state = await readState(stateDir);
  if (state === undefined) {
    throw new Error(
      `no emulator runs on ${stateDir}; start one with 'iothub-emulator start', or name another with --state`,
    );
  }
  return { stateDir, state };
}
