import { Command } from 'commander';
import {
  deviceConnectionString,
  dpsConnectionString,
  eventsConnectionString,
  hubConnectionString,
} from '../exec/client';
import type { State } from '../exec/state';
import { runningEmulator, stateOption } from './options';

interface Options {
  readonly state?: string;
  readonly policy?: string;
  readonly dps?: string;
  readonly device?: string;
  readonly events?: boolean;
}

/** Prints a connection string on stdout. */
export const connectionString = (): Command =>
  new Command('connection-string')
    .summary('Print the connection string of a hub, of one of its devices, or of a provisioning service')
    .addOption(stateOption())
    .argument('[hub]', 'name of the hub')
    .option('--dps <name>', 'a provisioning service, in place of a hub')
    .option('--policy <name>', 'shared access policy (default: the one with every right)')
    .option('--device <id>', "print this device's connection string instead")
    .option('--events', 'print that of the Event-Hub-compatible endpoint instead')
    .action(async (hub: string | undefined, options: Options) => {
      const { state } = await runningEmulator(options.state);
      process.stdout.write(`${await textOf(state, hub, options)}\n`);
    });

function textOf(state: State, hub: string | undefined, { policy, dps, device, events }: Options): Promise<string> {
  if (dps !== undefined) return dpsConnectionString(state, dps, policy ?? 'provisioningserviceowner');
  if (hub === undefined) throw new Error('name a hub, or a provisioning service with --dps');
  if (device !== undefined) return deviceConnectionString(state, hub, device);
  return (events ? eventsConnectionString : hubConnectionString)(state, hub, policy ?? 'iothubowner');
}
