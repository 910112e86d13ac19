import { Command } from 'commander';
import { deviceConnectionString, hubConnectionString } from '../exec/client';
import { runningEmulator, stateOption } from './options';

interface Options {
  readonly state?: string;
  readonly policy: string;
  readonly device?: string;
}

/** Prints a connection string on stdout. */
export const connectionString = (): Command =>
  new Command('connection-string')
    .summary('Print the connection string of a hub or of one of its devices')
    .addOption(stateOption())
    .argument('<hub>', 'name of the hub')
    .option('--policy <name>', 'shared access policy', 'iothubowner')
    .option('--device <id>', "print this device's connection string instead")
    .action(async (hub: string, { state: option, policy, device }: Options) => {
      const { state } = await runningEmulator(option);
      const text =
        device === undefined ? hubConnectionString(state, hub, policy) : deviceConnectionString(state, hub, device);
      process.stdout.write(`${await text}\n`);
    });
