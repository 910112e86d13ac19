import { Command } from 'commander';
import { admin } from './commands/admin';
import { connectionString } from './commands/connection-string';
import { env } from './commands/env';
import { exec } from './commands/exec';
import { start } from './commands/start';

const program = new Command('iothub-emulator')
  .description(
    'A local Azure IoT Hub, with the Resource Manager, Entra ID and storage around it, for the unmodified SDKs',
  )
  .version('0.1.0')
  .enablePositionalOptions()
  .addCommand(start())
  .addCommand(exec())
  .addCommand(env())
  .addCommand(admin())
  .addCommand(connectionString())
  .addHelpText(
    'after',
    `
Examples:
  iothub-emulator start --hub my-hub                       run until Ctrl-C, with one hub
  iothub-emulator connection-string my-hub                 what your program needs to reach it
  iothub-emulator exec -- node app.js                      run a program against it, unmodified`,
  )
  .showHelpAfterError('(run with --help for what is allowed)');

for (const command of program.commands) command.copyInheritedSettings(program);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`iothub-emulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
