import { Command, Option } from 'commander';
import { faultCodeOf } from '../../domain/errors';
import { parseStackOutputs } from '../../spec/stack-outputs';
import { type Cli, CliError, EXIT, note, printJson } from '../output';
import { pulumiOn } from '../stack/pulumi';
import { Interrupted, stopSignals } from '../stack/stop-signals';
import { withPulumi } from '../stack/toolchain';
import { outputsText } from './outputs-text';

interface Options {
  readonly stack: string;
  readonly outputs?: string;
  readonly showSecrets?: true;
}

export const outputs = (cli: Cli): Command =>
  new Command('outputs')
    .summary('Print what the infrastructure tells worker, command line and devices')
    .description(
      'Prints the outputs of a Pulumi stack as JSON, checked, with secrets masked. With `--show-secrets` into a pipe it ' +
        'is what `groundswell-worker --outputs -` and `groundswell-fleet --outputs -` read.',
    )
    .addOption(new Option('--stack <name>', 'Pulumi stack').env('PULUMI_STACK').default('dev'))
    .addOption(new Option('--outputs <file>', 'a file of the same shape in its place; - reads stdin'))
    .option('--show-secrets', 'with keys in clear, where the stack has any')
    .action(async (options: Options) => {
      const signals = stopSignals();
      try {
        const found = await readOutputs(cli, options, signals.signal);
        check(found);
        printJson(cli.io, options.showSecrets ? found : masked(found));
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        cli.exit(EXIT.interrupted);
      } finally {
        signals.close();
      }
    });

async function readOutputs(cli: Cli, { stack, outputs: file }: Options, signal: AbortSignal): Promise<unknown> {
  if (file !== undefined) return jsonOf(await outputsText(file));
  Object.assign(process.env, await withPulumi(process.env, (part, line) => note(cli.io, `${part}: ${line}`), signal));
  return jsonOf(await pulumiOn(stack, signal)('stack', 'output', '--json', '--show-secrets'));
}

/** The parser's own message would quote the text, which holds keys. */
function jsonOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new CliError(EXIT.usage, 'the stack outputs are not JSON');
  }
}

function check(found: unknown): void {
  try {
    parseStackOutputs(found);
  } catch (error) {
    if (faultCodeOf(error) === undefined || !(error instanceof Error)) throw error;
    throw new CliError(EXIT.failed, error.message, 'run `groundswell up`: the stack is empty, or of another version', {
      cause: error,
    });
  }
}

/** Fields of spec/stack-outputs.ts that are secrets. */
const SECRETS: ReadonlySet<string> = new Set(['connectionString', 'webhookUrl', 'functionKey']);

/** The same with `[secret]` in place of every secret. */
export const masked = (found: unknown): unknown =>
  JSON.parse(JSON.stringify(found, (key, value: unknown) => (SECRETS.has(key) ? '[secret]' : value)));
