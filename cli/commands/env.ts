import { Command } from 'commander';
import { checkoutFolder } from '../../tools/checkout';
import { type Cli, CliError, COMMAND, EXIT, note, print, printJson } from '../output';
import { emulatorEnvironment } from '../stack/emulator';
import { changeOf, type Environment, shellLines, withoutForeign } from '../stack/environment';
import { pulumiSettings } from '../stack/infrastructure';
import { DEFAULT_STATE_DIR, readRecord, statePaths } from '../stack/state';
import { temporalClientEnvironment } from '../stack/temporal';
import { binFolders, withToolchain } from '../stack/toolchain';

export const env = (cli: Cli): Command =>
  new Command('env')
    .summary('Print the environment in which programs work on the running local stack')
    .description(
      'Prints shell commands: after `eval "$(npx groundswell env)"`, `pulumi up`, `groundswell rollout start` and any ' +
        'program on the Azure SDKs work on the local stack. Variables that lead elsewhere (TEMPORAL_*, AZURE_*, ARM_*, ' +
        'PULUMI_*) are replaced or unset.',
    )
    .option('--state <dir>', 'state folder of the stack', DEFAULT_STATE_DIR)
    .option('--json', 'print one JSON object: {set: {NAME: VALUE}, unset: [NAME]}')
    .action(async ({ state, json }: { state: string; json?: true }) => {
      const change = changeOf(process.env, await stackEnvironment(cli, state));
      if (json) printJson(cli.io, change);
      else print(cli.io, shellLines(change).join('\n'));
    });

/** @throws CliError when no stack runs on the folder */
async function stackEnvironment(cli: Cli, stateDir: string): Promise<Environment> {
  const paths = statePaths(stateDir);
  const record = await readRecord(paths);
  if (record === undefined) {
    throw new CliError(
      EXIT.failed,
      `no local stack runs on ${paths.dir}`,
      `start one with \`${COMMAND} dev\` in another terminal, or name its folder with --state`,
    );
  }
  const root = checkoutFolder();
  const tools = await withToolchain(withoutForeign(process.env), binFolders(root, paths), (component, message) =>
    note(cli.io, `${component}: ${message}`),
  );
  const azure = await emulatorEnvironment(paths.emulator, tools);
  return pulumiSettings(temporalClientEnvironment(azure, record.temporal, paths), root, paths);
}
