import { Command } from 'commander';
import type { RolloutId } from '../../../domain/ids';
import type { PlanSummary } from '../../../domain/plan';
import type { RolloutSpec } from '../../../domain/spec';
import { lazy } from '../../lazy';
import { type Cli, CliError, COMMAND, EXIT, note, print, printJson, printJsonLine } from '../../output';
import { standing } from '../../render/look';
import type { Rollouts, Started } from '../../rollouts';
import { AS_OPTION, JSON_OPTION, orderOf, type OrderOptions, rolloutIdArgument } from './arguments';
import { follow } from './follow';
import { readPlanFile } from './plan-file';
import { readSpec } from './spec-file';

interface Options extends OrderOptions {
  readonly id?: RolloutId;
  readonly plan?: string;
  readonly watch?: true;
  readonly json?: true;
}

async function startedText(rollouts: Rollouts, { kind, rolloutId }: Started): Promise<string> {
  if (kind === 'started') return `started rollout ${rolloutId}`;
  const look = await rollouts.look(rolloutId);
  return `rollout ${rolloutId} exists with this very spec (${standing(look)}); started nothing`;
}

/** @throws CliError (exit code 2) when the id is in use for another spec */
function refuseTaken({ kind, rolloutId }: Started): void {
  if (kind !== 'taken') return;
  const next = `start this one under another id: --id ${rolloutId}-2, or look: ${COMMAND} rollout status ${rolloutId}`;
  throw new CliError(EXIT.usage, `the id ${rolloutId} is in use for another spec; started nothing`, next);
}

/** What to start: a spec as it is, or a saved plan and nothing else. */
interface Wanted {
  readonly rolloutId: RolloutId;
  readonly spec: RolloutSpec;
  readonly expects?: PlanSummary;
}

/** @throws CliError (exit code 2) unless either a spec or a plan is given, and it can be read */
async function wantedOf(cli: Cli, file: string | undefined, { id, plan, json }: Options): Promise<Wanted> {
  if ((file === undefined) === (plan === undefined) || (plan !== undefined && id !== undefined)) {
    throw new CliError(EXIT.usage, 'give a spec, or --plan with a saved plan, which has its spec and id in it');
  }
  if (plan !== undefined) {
    const { spec, summary } = await readPlanFile(plan);
    return { rolloutId: summary.rolloutId, spec, expects: summary };
  }
  const spec = await readSpec(cli, file ?? '-', json);
  return { rolloutId: id ?? (spec.name as RolloutId), spec };
}

/**
 * Waits for the plan of a rollout that was started from a saved one.
 *
 * @throws CliError (exit code 3) when it came out differently: nothing was begun then
 */
async function assertAsPlanned(rollouts: Rollouts, { rolloutId }: Wanted): Promise<void> {
  const failure = await lazy.planned().planningFailure(rollouts, rolloutId);
  if (failure === undefined) return;
  const stale = failure.startsWith('GS_PLAN_STALE');
  const next = stale ? `plan again: ${COMMAND} rollout plan SPEC --out FILE` : undefined;
  throw new CliError(stale ? EXIT.stopped : EXIT.failed, failure, next);
}

export const rolloutStart = (cli: Cli): Command =>
  new Command('start')
    .summary('Start a rollout; starting the same one again starts nothing')
    .description(
      'Starts a rollout. The id is its idempotency key: the same id with the same spec starts nothing and is no error; ' +
        'with another spec it is refused.',
    )
    .argument('[spec]', 'rollout spec, YAML or JSON; - reads standard input')
    .option('--plan <file>', 'run the plan that `rollout plan --out` saved; refused when fleet or quotas have changed')
    .option('--id <id>', "rollout id (default: the spec's name)", rolloutIdArgument)
    .option('--reason <text>', 'why, for the history')
    .option(...AS_OPTION)
    .option('--watch', 'watch it to its end; the exit code is then that of `rollout watch`')
    .option(...JSON_OPTION)
    .action(async (file: string | undefined, options: Options) => {
      const { io } = cli;
      const wanted = await wantedOf(cli, file, options);
      const { withRollouts, noteMissingWorker } = lazy.connect();
      await withRollouts(io, async (rollouts) => {
        await noteMissingWorker(io, rollouts);
        const started = await rollouts.start(wanted, orderOf(options));
        refuseTaken(started);
        if (wanted.expects !== undefined && started.kind === 'started') await assertAsPlanned(rollouts, wanted);
        if (options.json) (options.watch ? printJsonLine : printJson)(io, started);
        else print(io, await startedText(rollouts, started));
        if (options.watch) return follow(cli, rollouts, started.rolloutId, options.json);
        note(io, `watch it: ${COMMAND} rollout watch ${started.rolloutId}`);
      });
    });
