import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ensure, temporalEnvironment, withTools } from '../../tools';

/** Something that is played out on a stack of its own and judged. */
export interface Scenario {
  readonly name: string;
  readonly what: string;
}

/** What came of a scenario. */
export interface Judged {
  /** Its size and how long it took. */
  readonly extent: string;
  readonly measured: readonly string[];
  /** What is wrong, in words. */
  readonly problems: readonly string[];
}

const MOST_PROBLEMS = 20;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

export const secondsSince = (at: number): string => `${((Date.now() - at) / 1_000).toFixed(0)} s`;

/** The option `--scenario`. */
export const scenarioOption = (scenarios: readonly Scenario[]): Option =>
  new Option('--scenario <name...>', 'which; all unless named')
    .choices(scenarios.map(({ name }) => name))
    .default([], 'all');

/** For an option of commander. */
export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

function tell({ name, what }: Scenario, { extent, measured, problems }: Judged): void {
  say(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name}: ${what}; ${extent}`);
  for (const line of [...measured, ...problems.slice(0, MOST_PROBLEMS)]) say(`         ${line}`);
  if (problems.length > MOST_PROBLEMS) say(`         and ${problems.length - MOST_PROBLEMS} more`);
}

/**
 * Judges scenarios one after the other, with temporal on PATH. What they leave is kept when one has failed, and the exit code is 1.
 *
 * @param names of those that are wanted; all when there is none
 * @param judge plays a scenario in a folder of its own
 */
export async function judgeAll<S extends Scenario>(
  scenarios: readonly S[],
  names: readonly string[],
  judge: (scenario: S, folder: string) => Promise<Judged>,
): Promise<void> {
  process.env = withTools(process.env, temporalEnvironment(await ensure('temporal')));
  const folder = await mkdtemp(join(tmpdir(), 'groundswell-judged-'));
  const chosen = names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name));
  const failed: string[] = [];
  for (const scenario of chosen) {
    const judged = await judge(scenario, join(folder, scenario.name));
    tell(scenario, judged);
    if (judged.problems.length > 0) failed.push(scenario.name);
  }
  say(`\n${chosen.length - failed.length} of ${chosen.length} scenarios as they should be`);
  if (failed.length === 0) return rm(folder, { recursive: true });
  say(`what ${failed.join(', ')} left lies in ${folder}`);
  process.exitCode = 1;
}

/** Runs the command of this process. */
export function runCommand(command: Command): void {
  command.parseAsync().catch((error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${command.name()}: ${text}\n`);
    process.exitCode = 1;
  });
}
