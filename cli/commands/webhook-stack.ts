import { Option } from 'commander';

/** Of commands that look at a stack's allocation webhook. */
export const webhookStackOption = (): Option =>
  new Option('--stack <name>', 'Pulumi stack whose allocation webhook is looked at; without one, none is').env(
    'PULUMI_STACK',
  );
