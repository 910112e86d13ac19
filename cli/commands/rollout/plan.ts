import { Command } from 'commander';
import type { RolloutId } from '../../../domain/ids';
import { lazy } from '../../lazy';
import { type Cli, COMMAND, note, print, printJson } from '../../output';
import { planText } from '../../render/plan';
import { JSON_OPTION, rolloutIdArgument } from './arguments';
import { writePlanFile } from './plan-file';
import { readSpec } from './spec-file';

interface Options {
  readonly id?: RolloutId;
  readonly out?: string;
  readonly json?: true;
}

export const rolloutPlan = (cli: Cli): Command =>
  new Command('plan')
    .summary('Show what a rollout would do now: waves, skips, conflicts, quotas, gates, blast radius')
    .description(
      'Checks the spec, asks the hubs for the target devices and shows the plan. Changes nothing. With --out the plan is ' +
        'saved, and `rollout start --plan` runs exactly that or nothing.',
    )
    .argument('<spec>', 'rollout spec, YAML or JSON; - reads standard input')
    .option('--id <id>', "rollout id to plan for (default: the spec's name)", rolloutIdArgument)
    .option('--out <file>', 'save the plan as JSON, for `rollout start --plan`')
    .option(...JSON_OPTION)
    .action(async (file: string, { id, out, json }: Options) => {
      const spec = await readSpec(cli, file, json);
      const { withRollouts, noteMissingWorker } = lazy.connect();
      await withRollouts(cli.io, async (rollouts) => {
        await noteMissingWorker(cli.io, rollouts);
        const plan = await rollouts.preview(id ?? (spec.name as RolloutId), spec);
        if (json) printJson(cli.io, plan);
        else print(cli.io, planText(plan, spec));
        if (out === undefined) return;
        await writePlanFile(out, spec, plan);
        note(cli.io, `saved the plan; run exactly it: ${COMMAND} rollout start --plan ${out}`);
      });
    });
