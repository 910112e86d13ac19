import { Command } from 'commander';
import type { RolloutId } from '../../../domain/ids';
import type { Inspection } from '../../../tools';
import { lazy } from '../../lazy';
import { type Cli, print, printJson } from '../../output';
import { lookText } from '../../render/look';
import type { Look } from '../../rollout/look';
import { webhookStackOption } from '../webhook-stack';
import { JSON_OPTION, rolloutIdArgument } from './arguments';

interface Options {
  readonly json?: true;
  readonly stack?: string;
}

export const rolloutStatus = (cli: Cli): Command =>
  new Command('status')
    .summary('Show how a rollout stands now')
    .description(
      'Looks once. The exit code is 0 whenever there is such a rollout, however it stands. While a rollout moves devices of ' +
        'enrollment groups, the allocation webhook that they ask is looked at, too.',
    )
    .argument('<rollout>', 'rollout id, as `rollout start` printed it', rolloutIdArgument)
    .addOption(webhookStackOption())
    .option(...JSON_OPTION)
    .action(async (rolloutId: RolloutId, { json, stack }: Options) =>
      lazy.connect().withRollouts(cli.io, async (rollouts) => {
        const look = await rollouts.look(rolloutId);
        const checks = needsWebhook(look) ? await lazy.webhook().inspectStackWebhook(stack) : [];
        if (json) printJson(cli.io, { ...look, ...(checks.length > 0 && { checks }) });
        else print(cli.io, [lookText(look, Date.now()), ...checks.map(checkText)].join('\n'));
      }),
    );

const needsWebhook = ({ closedAt, state }: Look): boolean =>
  closedAt === undefined && (state?.plan?.move?.group ?? 0) > 0;

const checkText = ({ name, path, note }: Inspection): string =>
  `${name}: ${note}${path === undefined ? '' : ` (${path})`}`;
