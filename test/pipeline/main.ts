import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ensure, temporalEnvironment, withTools } from '../../tools';
import { COUNTS_SETTINGS, countsProblems } from './counts';
import { firmwareProblems } from './firmware';
import { PipelineStand } from './stand';

interface Options {
  readonly devices?: number;
  readonly minutes: number;
  readonly scenario: readonly string[];
}

interface Scenario {
  readonly name: string;
  readonly what: string;
  readonly devices: number;
  readonly settings: object;
  /** @returns what is wrong, in words */
  readonly run: (stand: PipelineStand, devices: number, minutes: number) => Promise<string[]>;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'counts',
    what: 'every second a message of each device, two consumers, one of them killed in the middle and started again',
    devices: 1_000,
    settings: COUNTS_SETTINGS,
    run(stand, devices, minutes) {
      const phase = (minutes * 60_000) / 3;
      return countsProblems(stand, { devices, everyMs: 1_000, phasesMs: [phase, phase, phase] });
    },
  },
  {
    name: 'firmware',
    what: 'one canary in twenty reads 200 degrees with new firmware; telemetry stops the second wave and brings all back',
    devices: 100,
    // Short, so that there is a past soon; kept for more than ten minutes.
    settings: { windowMinutes: 0.2, windowCount: 60 },
    run: (stand, devices) =>
      firmwareProblems(stand, { devices, canaries: Math.ceil(devices / 5), telemetryMs: 1_000, past: true }),
  },
];

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function judged(scenario: Scenario, { devices, minutes }: Options, folder: string): Promise<boolean> {
  const count = devices ?? scenario.devices;
  const stand = await PipelineStand.make({ folder, consumers: 2, settings: scenario.settings });
  try {
    const startedAt = Date.now();
    const problems = await scenario.run(stand, count, minutes).catch((error: unknown) => [String(error)]);
    const seconds = ((Date.now() - startedAt) / 1_000).toFixed(0);
    say(
      `${problems.length === 0 ? 'ok    ' : 'FAILED'} ${scenario.name}: ${scenario.what}; ${count} devices, ${seconds} s`,
    );
    for (const measure of stand.measured) say(`         ${measure}`);
    for (const problem of problems.slice(0, 20)) say(`         ${problem}`);
    if (problems.length > 20) say(`         and ${problems.length - 20} more`);
    return problems.length === 0;
  } finally {
    await stand.stop();
  }
}

async function telemetry(options: Options): Promise<void> {
  process.env = withTools(process.env, temporalEnvironment(await ensure('temporal')));
  const folder = await mkdtemp(join(tmpdir(), 'groundswell-telemetry-'));
  const named = SCENARIOS.filter(({ name }) => options.scenario.length === 0 || options.scenario.includes(name));
  const failed: string[] = [];
  for (const scenario of named)
    if (!(await judged(scenario, options, join(folder, scenario.name)))) failed.push(scenario.name);
  say(`\n${named.length - failed.length} of ${named.length} scenarios as they should be`);
  if (failed.length === 0) return rm(folder, { recursive: true });
  say(`what ${failed.join(', ')} left lies in ${folder}`);
  process.exitCode = 1;
}

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

void new Command('telemetry')
  .description('Runs the telemetry of a fleet over the local Azure, and judges what came of it.')
  .option('--devices <n>', 'how many (default: the number of each scenario)', whole(50, 10_000))
  .option('--minutes <n>', 'how long devices send in counts', whole(1, 60), 3)
  .addOption(
    new Option('--scenario <name...>', 'which; all unless named')
      .choices(SCENARIOS.map(({ name }) => name))
      .default([], 'all'),
  )
  .addHelpText(
    'after',
    `\nScenarios:\n${SCENARIOS.map(({ name, what, devices }) => `  ${name.padEnd(10)}${what}; ${devices} devices`).join('\n')}`,
  )
  .action(telemetry)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`telemetry: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  });
