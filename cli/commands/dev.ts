import { Command, InvalidArgumentError } from 'commander';
import { type Cli, COMMAND, EXIT, note, print } from '../output';
import { closingTable } from '../stack/closing-table';
import { deviceCount } from '../stack/device-count';
import { progressTo } from '../stack/progress';
import { type StackOptions, startStack } from '../stack/stack';
import { DEFAULT_STATE_DIR } from '../stack/state';
import { Interrupted, type StopSignals, stopSignals } from '../stack/stop-signals';

interface Options {
  readonly devices: number;
  readonly state: string;
  readonly worker: boolean;
  readonly telemetry: boolean;
  readonly telemetryHosts: number;
}

/** Temporal's own default, so that its tools find the stack without settings. */
const TEMPORAL_PORT = 7233;
const PAGE_PORT = 4280;
const MOST_HOSTS = 32;

/** Reads the value of `--telemetry-hosts`: more than the event hub has partitions would have nothing to do. */
function hostCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_HOSTS) return count;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_HOSTS}.`);
}

export const dev = (cli: Cli): Command =>
  new Command('dev')
    .summary('Run the whole stack on this machine: local Azure, Temporal, worker, devices, page')
    .description(
      'Starts the local Azure, a Temporal server, the infrastructure by `groundswell up`, the functions, a worker, simulated ' +
        'devices that send readings, what keeps their states, and the page; and stops them all at Ctrl-C (a second Ctrl-C ' +
        'kills them). Everything listens on 127.0.0.1 only. The local Azure keeps its state in memory, so each start begins ' +
        'afresh and empties the state folder.',
    )
    .option('--devices <n>', 'simulated devices on the hub main', deviceCount, 100)
    .option('--state <dir>', 'folder for state and logs; emptied at each start', DEFAULT_STATE_DIR)
    .option('--no-worker', 'leave the worker out, to run one of your own')
    .option('--no-telemetry', 'leave out readings, states of devices and the page')
    .option('--telemetry-hosts <n>', 'processes that keep the states of devices', hostCount, 1)
    .action(async (options: Options) => {
      const signals = stopSignals();
      try {
        cli.exit((await run(cli, options, signals)) ? EXIT.done : EXIT.failed);
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        note(cli.io, 'stopped before the stack was up');
        cli.exit(EXIT.interrupted);
      } finally {
        signals.close();
      }
    });

/** @returns false when a part of the stack ended by itself */
async function run(cli: Cli, options: Options, signals: StopSignals): Promise<boolean> {
  const { io } = cli;
  const stack = await startStack(stackOptions(options), progressTo(io), signals.signal);
  signals.onSecond(() => stack.kill());
  print(io, closingTable(stack, options.devices, options.worker));
  print(io, nextCommands(options));
  const death = await Promise.race([stack.died, signals.first.then(() => undefined)]);
  if (death !== undefined) note(io, death.message);
  note(io, 'stopping');
  await stack.stop();
  note(io, `stopped; logs are in ${stack.paths.dir}/logs until the next start`);
  return death === undefined;
}

const stackOptions = ({ state, devices, worker, telemetry, telemetryHosts }: Options): StackOptions => ({
  stateDir: state,
  devices,
  worker,
  temporalPort: TEMPORAL_PORT,
  telemetry: telemetry ? { hosts: telemetryHosts, pagePort: PAGE_PORT } : undefined,
});

function nextCommands({ state, worker }: Options): string {
  const flag = state === DEFAULT_STATE_DIR ? '' : ` --state ${state}`;
  const lines = [
    'In another terminal:',
    `  eval "$(${COMMAND} env${flag})"`,
    ...(worker ? [] : ['  pulumi stack output --json --show-secrets | groundswell-worker --outputs -']),
    '  groundswell rollout start examples/lock-doors.yaml --watch',
    '  groundswell rollout start examples/move-in.yaml --watch',
    '  groundswell audit lock-doors',
    '  groundswell rollout start examples/rollouts/move-hub.yaml --watch',
    'Ctrl-C stops everything.',
  ];
  return lines.join('\n');
}
