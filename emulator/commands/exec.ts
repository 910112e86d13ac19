import { Command } from 'commander';
import { environmentOf } from '../exec/environment';
import { run } from '../exec/run';
import { readState, removeState, stateDirOf, stateOf, writeState, type State } from '../exec/state';
import {
  adminOption,
  durableOption,
  type EmulatorFlags,
  sitesOption,
  startAsAsked,
  stateOption,
  throttleOption,
} from './options';

interface ExecOptions extends EmulatorFlags {
  readonly state?: string;
}

/** Runs a program against the running emulator, or against one that lives as long as the program. */
export const exec = (): Command =>
  new Command('exec')
    .summary('Run a program against the emulator, unmodified')
    .description(
      'Runs a Node, Python or Java program (and the programs that it starts) so that the names of the emulator lead to it: by\n' +
        'environment alone. Uses the emulator that runs on the state directory; where none does, one lives as long as the program.\n' +
        "The exit code is the program's.",
    )
    .addOption(stateOption())
    .addOption(throttleOption())
    .addOption(durableOption())
    .addOption(adminOption())
    .addOption(sitesOption())
    .argument('<program>', 'what to run, after --')
    .argument('[args...]', 'its arguments')
    .passThroughOptions()
    .action(async (program: string, args: string[], options: ExecOptions) => {
      const stateDir = stateDirOf(options.state);
      const running = await readState(stateDir);
      if (running !== undefined) process.exitCode = await runIn(stateDir, running, program, args);
      else process.exitCode = await runWithOwn(stateDir, options, program, args);
    });

async function runIn(stateDir: string, state: State, program: string, args: readonly string[]): Promise<number> {
  return run(program, args, { ...process.env, ...(await environmentOf(stateDir, state, process.env)) });
}

async function runWithOwn(
  stateDir: string,
  options: ExecOptions,
  program: string,
  args: readonly string[],
): Promise<number> {
  const emulator = await startAsAsked(stateDir, options);
  try {
    await writeState(stateDir, stateOf(emulator));
    return await runIn(stateDir, stateOf(emulator), program, args);
  } finally {
    await removeState(stateDir);
    await emulator.close();
  }
}
