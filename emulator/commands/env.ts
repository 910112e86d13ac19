import { Command } from 'commander';
import { environmentOf } from '../exec/environment';
import { runningEmulator, stateOption } from './options';

/** Prints what `exec` would set, for a shell or another program. */
export const env = (): Command =>
  new Command('env')
    .summary('Print the environment that leads programs to the running emulator')
    .description(
      'Prints shell commands: eval "$(iothub-emulator env)". The output holds the secret of the identity endpoint:\n' +
        'do not keep it in logs.',
    )
    .addOption(stateOption())
    .option('--json', 'print a JSON object instead')
    .action(async (options: { state?: string; json?: boolean }) => {
      const { stateDir, state } = await runningEmulator(options.state);
      const variables = await environmentOf(stateDir, state, process.env);
      process.stdout.write(`${options.json ? JSON.stringify(variables) : exportsOf(variables)}\n`);
    });

const exportsOf = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`)
    .join('\n');
