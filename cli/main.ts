#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { audit } from './commands/audit';
import { codecServer } from './commands/codec-server';
import { dev } from './commands/dev';
import { device } from './commands/device';
import { doctor } from './commands/doctor';
import { env } from './commands/env';
import { hub } from './commands/hub';
import { outputs } from './commands/outputs';
import { page } from './commands/page';
import { quickstart } from './commands/quickstart';
import { rollout } from './commands/rollout';
import { schedule } from './commands/schedule';
import { searchAttributes } from './commands/search-attributes';
import { up } from './commands/up';
import { type Cli, EXIT, type ExitCode, type Io, reportError } from './output';
import { processIo } from './process-io';
import { VERSION } from './version';

const EXIT_CODES = `
Exit codes:
  0    done; with a watch: the rollout completed
  1    failed: the rollout did, or the command could not do its work
  2    wrong usage or a bad spec: nothing was done
  3    held, aborted, or an order that the rollout refused
  130  watching was interrupted; the rollout goes on

Environment: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE and the other standard TEMPORAL_* settings.`;

/** All commands. */
export const programOf = (cli: Cli): Command =>
  new Command('groundswell')
    .description('Safe, staged changes for device fleets on Azure IoT Hub')
    .version(VERSION)
    .addCommand(rollout(cli))
    .addCommand(schedule(cli))
    .addCommand(audit(cli))
    .addCommand(device(cli))
    .addCommand(hub(cli))
    .addCommand(codecServer(cli))
    .addCommand(page(cli))
    .addCommand(searchAttributes(cli))
    .addCommand(quickstart(cli))
    .addCommand(dev(cli))
    .addCommand(env(cli))
    .addCommand(up(cli))
    .addCommand(outputs(cli))
    .addCommand(doctor(cli))
    .addHelpText('after', EXIT_CODES);

/** Makes a command and all below it throw instead of exiting, and write to the given streams. */
function contain(command: Command, io: Io): Command {
  const { stdout, stderr } = io;
  command.exitOverride().configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
    getOutHelpWidth: () => stdout.columns ?? 100,
    getErrHelpWidth: () => stderr.columns ?? 100,
  });
  for (const child of command.commands) contain(child, io);
  return command;
}

/** Help and version end in an error, too, with exit code 0; all other complaints of commander are about usage. */
const codeOf = (error: unknown, io: Io): ExitCode =>
  error instanceof CommanderError ? (error.exitCode === 0 ? EXIT.done : EXIT.usage) : reportError(io, error);

/**
 * Runs one command line.
 *
 * @param argv arguments after the program's name
 * @returns    the exit code, of those that the help names
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  const program = contain(programOf({ io, exit: (next) => void (code = next) }), io);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return codeOf(error, io);
  }
}

if (require.main === module) {
  void main(process.argv.slice(2)).then((code) => {
    if (code !== EXIT.done) process.exitCode = code;
  });
}
