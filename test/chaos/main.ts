import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { sizeOf, type Tally } from '../../domain/tally';
import { ensure, temporalEnvironment, withTools } from '../../tools';
import { problemsOf } from './judge';
import { type Planned, run, type Run, type Stand, standIn } from './run';
import { nameOf, SCENARIOS, type Scenario } from './scenarios';
import { type Schedule, scheduleOf, scheduleText } from './schedule';

interface Options {
  readonly runs: number;
  readonly seed: readonly number[];
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

/** A lane's stand, made when it is needed and given up where a run has failed on it. */
class Lane {
  #stand: Stand | undefined;
  #made = 0;

  constructor(private readonly folder: string) {}

  get folderNow(): string {
    return `${this.folder}-${this.#made}`;
  }

  async run(planned: Planned): Promise<Run> {
    if (this.#stand === undefined) this.#made += 1;
    this.#stand ??= await standIn(this.folderNow);
    return run(this.#stand, planned);
  }

  /** Ends it; what it left stays for a look. */
  async giveUp(): Promise<void> {
    await this.#stand?.stop();
    this.#stand = undefined;
  }
}

/** What a scenario comes to when nobody is killed. */
async function undisturbedOf(lane: Lane, scenario: Scenario): Promise<Undisturbed> {
  const done = await lane.run({ seed: 0, scenario, schedule: { kills: [], control: { kind: 'none' } } });
  const problems = problemsOf(done, scenario, done.tally);
  if (problems.length > 0) throw new Error(`undisturbed ${nameOf(scenario)}: ${problems.join('; ')}`);
  say(`undisturbed  ${nameOf(scenario)}  ${seconds(done.tookMs)}  ${tallyText(done.tally)}`);
  return done;
}

async function disturbed(lane: Lane, seed: number, undisturbed: Undisturbed): Promise<Outcome> {
  const scenario = scenarioOf(seed);
  const schedule = scheduleOf(seed, undisturbed.tookMs);
  const known = { seed, scenario, kills: schedule.kills.length };
  const outcome: Outcome = await lane.run({ seed, scenario, schedule }).then(
    (done) => ({ ...known, run: done, problems: problemsOf(done, scenario, undisturbed.tally) }),
    (error: unknown) => ({ ...known, problems: [error instanceof Error ? error.message : String(error)] }),
  );
  tell(outcome, schedule);
  if (outcome.problems.length === 0) return outcome;
  say(`         alone: npm run chaos -- --runs 1 --seed ${seed}; what it left lies in ${lane.folderNow}`);
  await lane.giveUp();
  return outcome;
}

function tell({ seed, scenario, run: done, problems }: Outcome, schedule: Schedule): void {
  const how = problems.length === 0 ? 'ok    ' : 'FAILED';
  const repeats = done?.calls.filter(({ isFirst }) => !isFirst).length ?? 0;
  const parts = [
    `${how} seed ${seed}`,
    nameOf(scenario),
    ...(done === undefined ? [] : [done.rolloutId, seconds(done.tookMs), tallyText(done.tally)]),
    scheduleText(schedule),
    ...(done?.proceeds ? [`let go on ${done.proceeds}x`] : []),
    ...(repeats > 0 ? [`${repeats} calls repeated`] : []),
  ];
  say(parts.join('  '));
  for (const problem of problems) say(`         ${problem}`);
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

async function chaos({ runs, seed, parallel }: Options): Promise<void> {
  process.env = withTools(process.env, temporalEnvironment(await ensure('temporal')));
  const folder = await mkdtemp(join(tmpdir(), 'groundswell-chaos-'));
  const [first = 1] = seed;
  const queue = seed.length > 1 ? [...seed] : Array.from({ length: runs }, (_, index) => first + index);
  const known = new Map<Scenario, Promise<Undisturbed>>();
  const outcomes: Outcome[] = [];
  const work = async (lane: Lane): Promise<void> => {
    for (let seed = queue.shift(); seed !== undefined; seed = queue.shift()) {
      const scenario = scenarioOf(seed);
      const undisturbed = known.get(scenario) ?? undisturbedOf(lane, scenario);
      known.set(scenario, undisturbed);
      outcomes.push(await disturbed(lane, seed, await undisturbed));
    }
  };
  const lanes = Array.from({ length: parallel }, (_, index) => new Lane(join(folder, `lane-${index + 1}`)));
  const giveUp = () => Promise.all(lanes.map((lane) => lane.giveUp()));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void giveUp().then(() => process.exit(1)));
  await Promise.all(lanes.map(work)).finally(giveUp);
  const bad = outcomes.filter(({ problems }) => problems.length > 0);
  const counted = outcomes.reduce((sum, each) => sum + (each.run === undefined ? 0 : sizeOf(each.run.tally)), 0);
  say(
    `\n${table(outcomes)}\n\n${outcomes.length - bad.length} of ${outcomes.length} runs as undisturbed; ${counted} devices counted`,
  );
  if (bad.length > 0) process.exitCode = 1;
  else await rm(folder, { recursive: true });
}

/** `7`, or several such as `7,12,30`. */
const seeds = (value: string): number[] => value.split(',').map(whole);

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
  .option('--seed <n>', 'of the first, the others follow; or exactly these, as 7,12,30', seeds, [1])
  .option('--parallel <n>', 'lanes at a time, each on a stack of its own', whole, 1)
  .action(chaos)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
