import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Cli, COMMAND, EXIT, type ExitCode, note, print } from '../output';
import type { Say } from '../stack/context';
import { deviceCount } from '../stack/device-count';
import { runForeground } from '../stack/foreground';
import { progressTo } from '../stack/progress';
import { type Stack, startStack } from '../stack/stack';
import { Interrupted, type StopSignals, stopSignals } from '../stack/stop-signals';

const SPEC = 'examples/lock-doors.yaml';
const ROLLOUT_ID = 'quickstart';

export const quickstart = (cli: Cli): Command =>
  new Command('quickstart')
    .summary('Show one whole rollout on this machine, from nothing to the audit, and leave nothing running')
    .description(
      `Starts the local stack in a temporary folder and on free ports, brings the infrastructure up, connects simulated ` +
        `devices, rolls ${SPEC} out, prints the audit, and stops everything. The exit code is the rollout's.`,
    )
    .option('--devices <n>', 'simulated devices', deviceCount, 100)
    .action(async ({ devices }: { devices: number }) => {
      const signals = stopSignals();
      const stateDir = await mkdtemp(join(tmpdir(), 'groundswell-quickstart-'));
      try {
        cli.exit(await run(cli, { stateDir, devices }, signals));
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        note(cli.io, 'interrupted; everything is stopped');
        cli.exit(EXIT.interrupted);
      } finally {
        signals.close();
        await rm(stateDir, { recursive: true, force: true });
      }
    });

interface Where {
  readonly stateDir: string;
  readonly devices: number;
}

async function run({ io }: Cli, { stateDir, devices }: Where, signals: StopSignals): Promise<ExitCode> {
  const say = progressTo(io);
  const options = { stateDir, devices, worker: true, temporalPort: 0, telemetry: undefined };
  const stack = await startStack(options, say, signals.signal);
  signals.onSecond(() => stack.kill());
  try {
    const code = await Promise.race([rollOut(stack, say, signals.signal), failureOf(stack)]);
    if (code === EXIT.done) print(io, NEXT_STEPS);
    return code;
  } finally {
    say('stack', 'stopping');
    await stack.stop();
    say('stack', 'everything is stopped');
  }
}

async function rollOut(stack: Stack, say: Say, signal: AbortSignal): Promise<ExitCode> {
  say('rollout', `starting ${SPEC}`);
  const start = ['rollout', 'start', SPEC, '--id', ROLLOUT_ID, '--reason', 'first light', '--watch'];
  const code = await runForeground(stack, start, signal);
  signal.throwIfAborted();
  say('rollout', `the history of ${ROLLOUT_ID}:`);
  const audited = await runForeground(stack, ['audit', ROLLOUT_ID], signal);
  return (code === 0 ? audited : code) as ExitCode; // our own command's, so one of them
}

const failureOf = async (stack: Stack): Promise<never> => {
  throw await stack.died;
};

const NEXT_STEPS = `
Next:
  ${COMMAND} dev                          run the stack and keep it, then, in another terminal:
  eval "$(${COMMAND} env)"                  point programs at it
  ${COMMAND} rollout plan ${SPEC}
  ${COMMAND} rollout start examples/move-in.yaml --watch`;
