import type * as Automation from '@pulumi/pulumi/automation';
import { Command, Option } from 'commander';
import { join } from 'node:path';
import { checkoutFolder } from '../../tools/checkout';
import { type Cli, CliError, EXIT, note, print, printJson } from '../output';
import { removeTornAttributes } from '../stack/file-backend';
import { pulumiOn } from '../stack/pulumi';
import { changesText, eventLines } from '../stack/pulumi-events';
import { settleInterrupted, unlocking } from '../stack/recovery';
import { Interrupted, type StopSignals, stopSignals } from '../stack/stop-signals';
import { withPulumi } from '../stack/toolchain';

/* eslint-disable @typescript-eslint/no-require-imports --
   Takes most of a second to load, and help is instant. */
const automation = () => require('@pulumi/pulumi/automation') as typeof Automation;

/** The folder of the policy pack in the checkout. */
const POLICIES = 'infra/policies/pack';

/** As Pulumi.yaml names it. */
const PROJECT = 'groundswell';

interface Options {
  readonly stack: string;
  readonly preview?: true;
  readonly json?: true;
}

/** What `up` prints. */
interface Result {
  readonly stack: string;
  readonly preview: boolean;
  readonly changes: Automation.OpMap | undefined;
  /** Secrets are masked. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

export const up = (cli: Cli): Command =>
  new Command('up')
    .summary('Create or change the hubs and the storage, with Pulumi')
    .description(
      'Runs the Pulumi program of this checkout, as plain `pulumi up` does, against the Azure and the Pulumi backend that ' +
        'the environment names; after `eval "$(npx groundswell env)"` that is the local stack. A program that breaks a ' +
        'rule of infra/policies is refused: --preview tells so before anything changes.',
    )
    .addOption(new Option('--stack <name>', 'Pulumi stack; made if missing').env('PULUMI_STACK').default('dev'))
    .option('--preview', 'only tell what would change')
    .option('--json', 'print one JSON object')
    .action(async (options: Options) => {
      const signals = stopSignals();
      try {
        const result = await bringUp(cli, options, signals);
        if (options.json) printJson(cli.io, result);
        else print(cli.io, resultText(result));
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        note(cli.io, error.message);
        cli.exit(EXIT.interrupted);
      } finally {
        signals.close();
      }
    });

async function bringUp(cli: Cli, options: Options, { signal }: StopSignals): Promise<Result> {
  const say = (component: string, message: string): void => note(cli.io, `${component}: ${message}`);
  // The Automation API looks for the pulumi command on this process's PATH only.
  Object.assign(process.env, await withPulumi(process.env, say, signal));
  signal.throwIfAborted();
  const stack = await stackOf(options.stack);
  signal.throwIfAborted();
  const preview = options.preview === true;
  const show = (line: string): void => note(cli.io, line);
  const pulumi = pulumiOn(options.stack, signal);
  const change = () => operate(stack, preview, show, signal);
  const changes = preview ? await change() : await resumed(pulumi, show, change);
  return { stack: options.stack, preview, changes, outputs: await maskedOutputs(pulumi) };
}

/** Runs an update after whatever a killed one has left behind is settled. */
const resumed = <Changes>(
  pulumi: ReturnType<typeof pulumiOn>,
  show: (line: string) => void,
  change: () => Promise<Changes>,
): Promise<Changes> =>
  unlocking(pulumi, show, async () => {
    await settleInterrupted(pulumi, process.env['ARM_SUBSCRIPTION_ID'], show);
    return change();
  });

/**
 * Asks the command line, which masks each secret where it stands. The Automation API's outputs give secrets inside of an
 * output in clear, and do not mark that output as secret.
 */
async function maskedOutputs(pulumi: ReturnType<typeof pulumiOn>): Promise<Record<string, unknown>> {
  return JSON.parse(await pulumi('stack', 'output', '--json')) as Record<string, unknown>;
}

async function stackOf(stackName: string): Promise<Automation.Stack> {
  const { LocalWorkspace } = automation();
  const workDir = checkoutFolder();
  try {
    await removeTornAttributes(process.env['PULUMI_BACKEND_URL'], PROJECT, stackName);
    return await LocalWorkspace.createOrSelectStack({ stackName, workDir });
  } catch (error) {
    throw new CliError(
      EXIT.failed,
      `Pulumi cannot use the stack ${stackName}: ${stderrOf(error)}`,
      'sign in with `pulumi login`, or take over the local stack with `eval "$(npx groundswell env)"`',
      { cause: error },
    );
  }
}

async function operate(
  stack: Automation.Stack,
  preview: boolean,
  show: (line: string) => void,
  signal: AbortSignal,
): Promise<Automation.OpMap | undefined> {
  const lines = eventLines(preview);
  const seen: { changes?: Automation.OpMap; error?: true } = {};
  const onEvent = (event: Automation.EngineEvent): void => {
    if (event.summaryEvent !== undefined) seen.changes = event.summaryEvent.resourceChanges;
    if (event.diagnosticEvent?.severity === 'error' || event.policyEvent !== undefined) seen.error = true;
    for (const line of lines(event)) show(line);
  };
  // In a terminal Ctrl-C reaches pulumi by itself; a second interrupt would make it leave the resources half done.
  const own = process.stdin.isTTY ? undefined : signal;
  try {
    const policyPacks = [join(checkoutFolder(), POLICIES)];
    const options = { onEvent, signal: own, color: 'never', policyPacks } as const;
    if (preview) await stack.preview(options);
    else await stack.up(options);
    return seen.changes;
  } catch (error) {
    signal.throwIfAborted();
    const reason = seen.error ? '' : `: ${stderrOf(error)}`; // errors that came as events have been shown
    throw new CliError(EXIT.failed, `pulumi ${preview ? 'preview' : 'up'} failed${reason}`, undefined, {
      cause: error,
    });
  }
}

/** The message of the Automation API's error holds code, stdout and stderr; the last part tells what is wrong. */
const stderrOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('stderr:').at(1) ?? message).split('\n err?:')[0]?.trim() ?? message;
};

function resultText({ stack, preview, changes, outputs }: Result): string {
  const head = `${preview ? 'would change' : 'changed'} stack ${stack}: ${changesText(changes)}`;
  return Object.keys(outputs).length === 0 ? head : `${head}\noutputs: ${JSON.stringify(outputs, undefined, 2)}`;
}
