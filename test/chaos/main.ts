import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { sizeOf, type Tally } from '../../domain/tally';
import { ensure, temporalEnvironment, withTools } from '../../tools';
import { problemsOf } from './judge';
import { run, type Run } from './run';
import { nameOf, SCENARIOS, type Scenario } from './scenarios';
import { scheduleOf, scheduleText } from './schedule';

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly parallel: number;
}

interface Undisturbed {
  readonly tally: Tally;
  readonly tookMs: number;
}

interface Outcome {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly kills: number;
  readonly run?: Run;
  readonly problems: readonly string[];
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(0)} s`;
const scenarioOf = (seed: number): Scenario => SCENARIOS[seed % SCENARIOS.length] as Scenario; // never past its end

const tallyText = (tally: Tally): string =>
  Object.entries(tally)
    .filter(([, count]) => count !== 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');

/** What a scenario comes to when nobody is killed. */
async function undisturbedOf(scenario: Scenario, folder: string): Promise<Undisturbed> {
  const at = join(folder, `undisturbed-${nameOf(scenario).replace('/', '-')}`);
  const done = await run(0, scenario, { kills: [], control: { kind: 'none' } }, at);
  const problems = problemsOf(done, scenario, done.tally);
  if (problems.length > 0) throw new Error(`undisturbed ${nameOf(scenario)}: ${problems.join('; ')} (${at})`);
  say(`undisturbed  ${nameOf(scenario)}  ${seconds(done.tookMs)}  ${tallyText(done.tally)}`);
  await rm(at, { recursive: true });
  return done;
}

async function disturbed(seed: number, undisturbed: Undisturbed, folder: string): Promise<Outcome> {
  const scenario = scenarioOf(seed);
  const schedule = scheduleOf(seed, undisturbed.tookMs);
  const at = join(folder, `seed-${seed}`);
  const known = { seed, scenario, kills: schedule.kills.length };
  const outcome: Outcome = await run(seed, scenario, schedule, at).then(
    (done) => ({ ...known, run: done, problems: problemsOf(done, scenario, undisturbed.tally) }),
    (error: unknown) => ({ ...known, problems: [error instanceof Error ? error.message : String(error)] }),
  );
  const how = outcome.problems.length === 0 ? 'ok    ' : 'FAILED';
  const took = outcome.run === undefined ? '' : seconds(outcome.run.tookMs);
  const helped = outcome.run?.proceeds ? `  let go on ${outcome.run.proceeds}x` : '';
  const repeats = outcome.run?.calls.filter(({ isFirst }) => !isFirst).length ?? 0;
  say(
    `${how} seed ${seed}  ${nameOf(scenario)}  ${took}  ${scheduleText(schedule)}${helped}${repeats > 0 ? `  ${repeats} calls repeated` : ''}`,
  );
  if (outcome.problems.length === 0) await rm(at, { recursive: true });
  else {
    for (const problem of outcome.problems) say(`         ${problem}`);
    say(`         alone: npm run chaos -- --runs 1 --seed ${seed}; what it left lies in ${at}`);
  }
  return outcome;
}

function table(outcomes: readonly Outcome[]): string {
  const lines = SCENARIOS.map((scenario) => {
    const of = outcomes.filter((each) => each.scenario === scenario);
    const bad = of.filter(({ problems }) => problems.length > 0).length;
    const kills = of.reduce((sum, each) => sum + each.kills, 0);
    const longest = Math.max(0, ...of.map((each) => each.run?.tookMs ?? 0));
    return [nameOf(scenario), of.length, kills, bad, of.length === 0 ? '' : seconds(longest)];
  });
  return [['scenario', 'runs', 'kills', 'differ', 'longest'], ...lines]
    .map((cells) => cells.map((cell) => String(cell).padEnd(16)).join(''))
    .join('\n');
}

async function chaos({ runs, seed: first, parallel }: Options): Promise<void> {
  process.env = withTools(process.env, temporalEnvironment(await ensure('temporal')));
  const folder = await mkdtemp(join(tmpdir(), 'groundswell-chaos-'));
  const seeds = Array.from({ length: runs }, (_, index) => first + index);
  const known = new Map<Scenario, Promise<Undisturbed>>();
  const outcomes: Outcome[] = [];
  const queue = [...seeds];
  const lane = async (): Promise<void> => {
    for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
      const scenario = scenarioOf(seed);
      const undisturbed = known.get(scenario) ?? undisturbedOf(scenario, folder);
      known.set(scenario, undisturbed);
      outcomes.push(await disturbed(seed, await undisturbed, folder));
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  const bad = outcomes.filter(({ problems }) => problems.length > 0);
  const counted = outcomes.reduce((sum, each) => sum + (each.run === undefined ? 0 : sizeOf(each.run.tally)), 0);
  say(
    `\n${table(outcomes)}\n\n${outcomes.length - bad.length} of ${outcomes.length} runs as undisturbed; ${counted} devices counted`,
  );
  if (bad.length > 0) process.exitCode = 1;
  else await rm(folder, { recursive: true });
}

const whole = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${value} is no whole number from 1`);
  return number;
};

new Command('chaos')
  .description(
    'Runs rollouts while worker, Temporal server and local Azure are killed by SIGKILL at random points, and compares each with an undisturbed one. Exit code 1 when any differs.',
  )
  .option('--runs <n>', 'how many', whole, 50)
  .option('--seed <n>', 'of the first; the others follow', whole, 1)
  .option('--parallel <n>', 'runs at a time, each on a stack of its own', whole, 1)
  .action(chaos)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
