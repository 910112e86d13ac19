import { Command } from 'commander';
import type { SpecProblem } from '../../../spec/rollout/parse';
import type { Warning } from '../../../spec/rollout/lint';
import { type Cli, EXIT, note, print, printJson } from '../../output';
import { count } from '../../render/format';
import { lintFile, problemText } from './spec-file';

interface Options {
  readonly strict?: true;
  readonly json?: true;
}

interface Report {
  readonly file: string;
  readonly problems: readonly SpecProblem[];
  readonly warnings: readonly Warning[];
}

async function reportOn(file: string): Promise<Report> {
  const found = await lintFile(file);
  const shown = file === '-' ? 'stdin' : file;
  return found.kind === 'valid'
    ? { file: shown, problems: [], warnings: found.warnings }
    : { file: shown, problems: found.problems, warnings: [] };
}

/** One warning: `file:line:column path: warning: why; write: … [rule]`. */
function warningText(file: string, { path, why, write, rule, line, column }: Warning): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return `${place} ${path}: warning: ${why}; write: ${write} [${rule}]`;
}

const linesOf = ({ file, problems, warnings }: Report): string[] => [
  ...problems.map((problem) => problemText(file, problem)),
  ...warnings.map((warning) => warningText(file, warning)),
];

const verdictText = ({ file, problems, warnings }: Report): string =>
  problems.length > 0
    ? `${file}: ${count(problems.length, 'mistake')}`
    : `${file}: right${warnings.length > 0 ? `, with ${count(warnings.length, 'warning')}` : ''}`;

export const rolloutLint = (cli: Cli): Command =>
  new Command('lint')
    .summary('Check rollout specs, and warn of what is most likely not meant; contacts nothing')
    .argument('<specs...>', 'rollout specs, YAML or JSON; - reads standard input')
    .option('--strict', 'count warnings as mistakes')
    .option('--json', 'print JSON instead of text')
    .addHelpText('after', '\nExit code 0, or 2 when there are mistakes.')
    .action(async (files: readonly string[], { strict, json }: Options) => {
      const { io } = cli;
      const reports = await Promise.all(files.map(reportOn));
      if (json) printJson(io, { specs: reports });
      for (const report of json ? [] : reports) {
        for (const line of linesOf(report)) note(io, line);
        print(io, verdictText(report));
      }
      const wrong = ({ problems, warnings }: Report): boolean =>
        problems.length > 0 || (strict === true && warnings.length > 0);
      if (reports.some(wrong)) cli.exit(EXIT.usage);
    });
