import { Command, Option } from 'commander';
import { createHub, createProvisioning } from '../exec/client';
import { readState, removeState, stateDirOf, stateOf, writeState, type State } from '../exec/state';
import { DPS_GLOBAL_HOST, dpsHostName, hubHostName } from '../names';
import {
  adminOption,
  durableOption,
  type EmulatorFlags,
  sitesOption,
  startAsAsked,
  stateOption,
  throttleOption,
} from './options';

interface StartOptions extends EmulatorFlags {
  readonly state?: string;
  readonly hub: readonly string[];
  readonly sku: string;
  readonly dps: readonly string[];
  readonly json?: boolean;
}

/** Runs an emulator until a signal ends it. */
export const start = (): Command =>
  new Command('start')
    .summary('Run the emulator until Ctrl-C')
    .description('Runs the emulator in the foreground, on free ports of 127.0.0.1, until SIGINT or SIGTERM.')
    .addOption(stateOption())
    .option('--hub <name>', 'make a hub at the start; may be repeated', collect, [])
    .addOption(
      new Option('--sku <sku>', 'of those hubs').choices(['F1', 'S1', 'S2', 'S3', 'B1', 'B2', 'B3']).default('S1'),
    )
    .option('--dps <name>', 'make a provisioning service, linked to those hubs; may be repeated', collect, [])
    .addOption(throttleOption())
    .addOption(durableOption())
    .addOption(adminOption())
    .addOption(sitesOption())
    .option('--json', 'print one line of JSON when ready')
    .action(run);

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

async function run(options: StartOptions): Promise<void> {
  const stateDir = stateDirOf(options.state);
  const running = await readState(stateDir);
  if (running !== undefined) {
    throw new Error(
      `an emulator (process ${running.pid}) runs on ${stateDir} already; stop it, or name another directory with --state`,
    );
  }
  // Listening from here on, so that a signal during the start ends what was started; a second one ends at once.
  const signal = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
  });
  const emulator = await startAsAsked(stateDir, options);
  try {
    const state = stateOf(emulator);
    await writeState(stateDir, state);
    for (const name of options.hub) await createHub(state, name, options.sku);
    const services: Service[] = [];
    for (const name of options.dps) {
      services.push({ name, idScope: await createProvisioning(state, name, options.hub) });
    }
    const ready = { stateDir, state, hubs: options.hub, services };
    process.stdout.write(options.json ? json(ready) : text(ready));
    await signal;
  } finally {
    await removeState(stateDir);
    await emulator.close();
  }
}

interface Service {
  readonly name: string;
  readonly idScope: string;
}

interface Ready {
  readonly stateDir: string;
  readonly state: State;
  readonly hubs: readonly string[];
  readonly services: readonly Service[];
}

/** The public part of the state: no secret is printed. */
function json({ stateDir, state, hubs, services }: Ready): string {
  const { pid, caFile, redirects, subscriptionId, tenantId } = state;
  const command = (what: string): string =>
    `iothub-emulator connection-string ${what} --state ${JSON.stringify(stateDir)}`;
  const made = {
    hubs: hubs.map((name) => ({ name, hostName: hubHostName(name), connectionString: command(name) })),
    dps: services.map(({ name, idScope }) => ({
      name,
      idScope,
      hostName: dpsHostName(name),
      deviceHostName: DPS_GLOBAL_HOST,
      connectionString: command(`--dps ${name}`),
    })),
  };
  return `${JSON.stringify({ stateDir, pid, caFile, redirects, subscriptionId, tenantId, ...made })}\n`;
}

function text({ stateDir, state, hubs, services }: Ready): string {
  const lines = [
    `IoT Hub emulator ready; state in ${stateDir}`,
    ...state.redirects.map(({ suffix, port, to }) => `  ${`${suffix}:${port}`.padEnd(36)} 127.0.0.1:${to}`),
    ...hubs.map((name) => `  hub ${hubHostName(name)}: iothub-emulator connection-string ${name}`),
    ...services.map(
      ({ name, idScope }) => `  dps ${name}, id scope ${idScope}: iothub-emulator connection-string --dps ${name}`,
    ),
    'Run a program against it: iothub-emulator exec -- PROGRAM ARGS...   Stop with Ctrl-C.',
  ];
  return `${lines.join('\n')}\n`;
}
