import { Command } from 'commander';
import { inspect, type Inspection, sufficient } from '../../tools';
import { lazy } from '../lazy';
import { type Cli, EXIT, note, print, printJson } from '../output';
import { processIo } from '../process-io';
import { webhookStackOption } from './webhook-stack';

interface Options {
  readonly json?: boolean;
  readonly stack?: string;
}

/**
 * Shows what a run needs, what this machine has, how the Temporal server stands, and whether a stack's allocation webhook answers.
 * Installs nothing; exit code 1 when something cannot be had.
 */
export const doctor = (cli: Cli = ofProcess()) =>
  new Command('doctor')
    .summary(
      'Show what Groundswell needs on this machine, of Temporal and of a stack, what was found where, and how to mend what is missing',
    )
    .addOption(webhookStackOption())
    .option('--json', 'print one JSON object')
    .action(async (_options, command: Command) => {
      const { stack, json } = command.optsWithGlobals<Options>();
      const checks = (
        await Promise.all([
          inspect(),
          lazy.serverChecks().inspectServer(cli.io),
          lazy.webhook().inspectStackWebhook(stack, true),
        ])
      ).flat();
      const ok = sufficient(checks);
      if (json) printJson(cli.io, { ok, checks });
      else print(cli.io, doctorText(checks));
      if (!ok) note(cli.io, 'What is marked "missing" must be mended before a run.');
      cli.exit(ok ? EXIT.done : EXIT.failed);
    });

const ofProcess = (): Cli => ({ io: processIo(), exit: (code) => void (process.exitCode = code) });

/** Two lines a thing: what was found against what is needed, and where it lies or how to get it. */
export function doctorText(checks: readonly Inspection[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .map(({ name, status, version, needed, path, note }) => {
      const known = [name.padEnd(width), version ?? '-', `(needed: ${needed})`].join('  ');
      return `${status.padEnd(10)}  ${known}\n${' '.repeat(12)}${path === undefined ? '' : `${path}: `}${note}`;
    })
    .join('\n');
}
