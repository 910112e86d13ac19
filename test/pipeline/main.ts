import { Command } from 'commander';
import {
  type Judged,
  judgeAll,
  runCommand,
  type Scenario,
  scenarioOption,
  secondsSince,
  whole,
} from '../support/judging';
import { COUNTS_SETTINGS, countsProblems } from './counts';
import { firmwareProblems } from './firmware';
import { PipelineStand } from './stand';

interface Options {
  readonly devices?: number;
  readonly minutes: number;
  readonly scenario: readonly string[];
}

interface PipelineScenario extends Scenario {
  readonly devices: number;
  readonly settings: object;
  /** @returns what is wrong, in words */
  readonly run: (stand: PipelineStand, devices: number, minutes: number) => Promise<string[]>;
}

const SCENARIOS: readonly PipelineScenario[] = [
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

async function judged(scenario: PipelineScenario, { devices, minutes }: Options, folder: string): Promise<Judged> {
  const count = devices ?? scenario.devices;
  const stand = await PipelineStand.make({ folder, consumers: 2, settings: scenario.settings });
  try {
    const startedAt = Date.now();
    const problems = await scenario.run(stand, count, minutes).catch((error: unknown) => [String(error)]);
    return { extent: `${count} devices, ${secondsSince(startedAt)}`, measured: stand.measured, problems };
  } finally {
    await stand.stop();
  }
}

runCommand(
  new Command('telemetry')
    .description('Runs the telemetry of a fleet over the local Azure, and judges what came of it.')
    .option('--devices <n>', 'how many (default: the number of each scenario)', whole(50, 10_000))
    .option('--minutes <n>', 'how long devices send in counts', whole(1, 60), 3)
    .addOption(scenarioOption(SCENARIOS))
    .addHelpText(
      'after',
      `\nScenarios:\n${SCENARIOS.map(({ name, what, devices }) => `  ${name.padEnd(10)}${what}; ${devices} devices`).join('\n')}`,
    )
    .action((options: Options) =>
      judgeAll(SCENARIOS, options.scenario, (each, folder) => judged(each, options, folder)),
    ),
);
