import { Command } from 'commander';
import type { Cli } from '../../output';
import { pageDeploy } from './deploy';
import { pageLocal } from './local';
import { pageServe } from './serve';

export const page = (cli: Cli): Command =>
  new Command('page')
    .summary('The page over devices and rollouts: its API, all of it on this machine, and its deployment')
    .description('What the page is and shows: docs/dashboard.md.')
    .addCommand(pageServe(cli))
    .addCommand(pageLocal(cli))
    .addCommand(pageDeploy(cli));
