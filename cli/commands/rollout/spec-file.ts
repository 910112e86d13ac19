import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { RolloutSpec } from '../../../domain/spec';
import type { Findings } from '../../../spec/rollout/lint';
import type { SpecProblem } from '../../../spec/rollout/parse';
import { lazy } from '../../lazy';
import { type Cli, CliError, COMMAND, EXIT, note, printJson } from '../../output';
import { count } from '../../render/format';

async function textOf(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(EXIT.usage, `the spec cannot be read: ${why}`, `see \`${COMMAND} rollout plan --help\``, {
      cause,
    });
  }
}

/** One mistake as compilers show theirs: `file:line:column path: got VALUE; allowed: …`. */
export function problemText(file: string, { path, value, allowed, line, column }: SpecProblem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return `${place} ${path}: got ${value}; allowed: ${allowed}`;
}

/** Paths in a spec are relative to it, those of standard input to the working folder. */
const readerBeside = (file: string) => (path: string) =>
  readFileSync(resolve(file === '-' ? '.' : dirname(file), path), 'utf8');

/** @throws CliError (exit code 2) when the spec itself cannot be read */
export const lintFile = async (file: string): Promise<Findings> =>
  lazy.lint().lintRolloutSpec(await textOf(file), readerBeside(file));

/**
 * Reads and checks a spec. Contacts nothing.
 *
 * @param file a path, or `-` for standard input
 * @throws     CliError (exit code 2) when it cannot be read or has mistakes; all of them are printed before
 */
export async function readSpec({ io }: Cli, file: string, json = false): Promise<RolloutSpec> {
  const parsed = lazy.spec().parseRolloutSpec(await textOf(file), readerBeside(file));
  if (parsed.kind === 'valid') return parsed.spec;
  const shown = file === '-' ? 'stdin' : file;
  if (json) printJson(io, { problems: parsed.problems });
  else for (const problem of parsed.problems) note(io, problemText(shown, problem));
  throw new CliError(EXIT.usage, `${shown} has ${count(parsed.problems.length, 'mistake')}; nothing was contacted`);
}
