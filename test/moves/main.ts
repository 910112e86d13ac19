import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ensure, temporalEnvironment, withTools } from '../../tools';
import { moversOf } from './fleet';
import { SCENARIOS, type Scenario } from './scenarios';
import { MoveStand } from './stand';

interface Options {
  readonly devices: number;
  readonly scenario: readonly string[];
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (since: number): string => `${((Date.now() - since) / 1_000).toFixed(0)} s`;

/** Each scenario has a stack of its own, since a move is not to find what another one has left. */
async function judged(scenario: Scenario, devices: number, folder: string): Promise<boolean> {
  const madeAt = Date.now();
  const stand = await MoveStand.make({ folder, movers: moversOf(devices), ...scenario.stand?.(devices) });
  try {
    const startedAt = Date.now();
    const problems = await scenario.run(stand, `move-${scenario.name}`).catch((error: unknown) => [String(error)]);
    const how = problems.length === 0 ? 'ok    ' : 'FAILED';
    say(`${how} ${scenario.name}: ${scenario.what}; ${devices} devices, ${seconds(startedAt)}`);
    for (const measure of stand.measured) say(`         ${measure}`);
    for (const problem of problems.slice(0, 20)) say(`         ${problem}`);
    if (problems.length > 20) say(`         and ${problems.length - 20} more`);
    return problems.length === 0;
  } finally {
    await stand.stop();
    say(`         with its stack ${seconds(madeAt)}`);
  }
}

async function moves({ devices, scenario: names }: Options): Promise<void> {
  process.env = withTools(process.env, temporalEnvironment(await ensure('temporal')));
  const folder = await mkdtemp(join(tmpdir(), 'groundswell-moves-'));
  const chosen = names.length === 0 ? SCENARIOS : SCENARIOS.filter(({ name }) => names.includes(name));
  const failed: string[] = [];
  for (const scenario of chosen)
    if (!(await judged(scenario, devices, join(folder, scenario.name)))) failed.push(scenario.name);
  say(`\n${chosen.length - failed.length} of ${chosen.length} scenarios as they should be`);
  if (failed.length === 0) return rm(folder, { recursive: true });
  say(`what ${failed.join(', ')} left lies in ${folder}`);
  process.exitCode = 1;
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 12 && value <= 10_000) return value;
  throw new InvalidArgumentError('It must be a whole number from 12 to 10000.');
}

void new Command('moves')
  .description(
    'Moves a fleet of agents between hubs of the local Azure, disturbed in different ways, and judges what came of it.',
  )
  .option('--devices <n>', 'how many', count, 500)
  .addOption(
    new Option('--scenario <name...>', 'which; all unless named')
      .choices(SCENARIOS.map(({ name }) => name))
      .default([], 'all'),
  )
  .addHelpText('after', `\nScenarios:\n${SCENARIOS.map(({ name, what }) => `  ${name.padEnd(12)}${what}`).join('\n')}`)
  .action(moves)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`moves: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  });
