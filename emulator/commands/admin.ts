import { Command } from 'commander';
import { AdminClient } from '../admin/client';
import type { Allowances } from '../dps/limits';
import { runningEmulator, stateOption } from './options';

type Call = (client: AdminClient, ...args: string[]) => Promise<unknown>;

/** `admin <noun> <verb>`: the admin API from a shell. Answers are JSON on stdout. */
export const admin = (): Command =>
  new Command('admin')
    .summary('Clock, faults, snapshots, journal and counters of an emulator started with --admin')
    .addCommand(
      group('clock', [
        verb('show', [], (client) => client.clock()),
        verb('set', ['<iso-time>'], (client, now = '') => client.setClock({ now })),
        verb('advance', ['<ms>'], (client, ms) => client.advanceClock(Number(ms))),
        verb('freeze', [], (client) => client.setClock({ isFrozen: true })),
        verb('unfreeze', [], (client) => client.setClock({ isFrozen: false })),
        verb('speed', ['<factor>'], (client, speed) => client.setClock({ speed: Number(speed) })),
      ]),
    )
    .addCommand(
      group('faults', [
        verb('list', [], (client) => client.faults()),
        verb(
          'add',
          ['<rule-json>'],
          (client, rule = '') => client.addFault(JSON.parse(rule) as Parameters<AdminClient['addFault']>[0]), // the API checks it
        ),
        verb('remove', ['<id>'], (client, id) => client.removeFaults(id)),
        verb('clear', [], (client) => client.removeFaults()),
      ]),
    )
    .addCommand(
      group('snapshot', [
        verb('list', [], (client) => client.snapshots()),
        verb('take', ['<name>'], (client, name = '') => client.takeSnapshot(name)),
        verb('restore', ['<name>'], (client, name = '') => client.restoreSnapshot(name)),
        verb('delete', ['<name>'], (client, name = '') => client.deleteSnapshot(name)),
      ]),
    )
    .addCommand(verb('journal', ['[after]'], (client, after = '0') => client.journal(Number(after))))
    .addCommand(
      verb('latency', ['<dps>', '<hub-host-name>', '<ms>'], (client, service = '', hostName = '', ms) =>
        client.setLatency(service, hostName, Number(ms)),
      ),
    )
    .addCommand(
      verb(
        'limits',
        ['<dps>', '<limits-json>'],
        (client, service = '', limits = '') => client.setLimits(service, JSON.parse(limits) as Allowances), // the API checks it
      ),
    )
    .addCommand(verb('counters', [], (client) => client.counters()));

function group(name: string, verbs: readonly Command[]): Command {
  return verbs.reduce((command, each) => command.addCommand(each), new Command(name));
}

function verb(name: string, args: readonly string[], call: Call): Command {
  const command = new Command(name).addOption(stateOption());
  for (const argument of args) command.argument(argument);
  return command.action(async (...given: unknown[]) => {
    const values = given.slice(0, args.length) as string[]; // commander gives the arguments, the options, the command
    const { stateDir, state } = await runningEmulator(command.opts<{ state?: string }>().state);
    if (state.admin === undefined)
      throw new Error(`the emulator on ${stateDir} has no admin API: start it with --admin`);
    const answer = await call(new AdminClient(state.admin), ...values);
    if (answer !== undefined) process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  });
}
