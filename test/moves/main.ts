import { Command } from 'commander';
import { type Judged, judgeAll, runCommand, scenarioOption, secondsSince, whole } from '../support/judging';
import { moversOf } from './fleet';
import { type MoveScenario, SCENARIOS } from './scenarios';
import { MoveStand } from './stand';

interface Options {
  readonly devices: number;
  readonly scenario: readonly string[];
}

/** Each scenario has a stack of its own, since a move is not to find what another one has left. */
async function judged(scenario: MoveScenario, devices: number, folder: string): Promise<Judged> {
  const stand = await MoveStand.make({ folder, movers: moversOf(devices), ...scenario.stand?.(devices) });
  try {
    const startedAt = Date.now();
    const problems = await scenario.run(stand, `move-${scenario.name}`).catch((error: unknown) => [String(error)]);
    return { extent: `${devices} devices, ${secondsSince(startedAt)}`, measured: stand.measured, problems };
  } finally {
    await stand.stop();
  }
}

runCommand(
  new Command('moves')
    .description(
      'Moves a fleet of agents between hubs of the local Azure, disturbed in different ways, and judges what came of it.',
    )
    .option('--devices <n>', 'how many', whole(12, 10_000), 500)
    .addOption(scenarioOption(SCENARIOS))
    .addHelpText(
      'after',
      `\nScenarios:\n${SCENARIOS.map(({ name, what }) => `  ${name.padEnd(12)}${what}`).join('\n')}`,
    )
    .action(({ devices, scenario }: Options) =>
      judgeAll(SCENARIOS, scenario, (each, folder) => judged(each, devices, folder)),
    ),
);
