import { Command } from 'commander';
import { type ArbiterState, freeSlots, inOrder, type Slot } from '../../domain/arbiter';
import { type HubName, hubNameOf } from '../../domain/ids';
import { lazy } from '../lazy';
import { type Cli, print, printJson } from '../output';
import { count, utc } from '../render/format';
import { JSON_OPTION } from './rollout/arguments';

const lineOf = (word: string, { id, rolloutId, priority, slots, since }: Slot): string =>
  `  ${word}  ${rolloutId}  ${count(slots, 'slot')}, priority ${priority}, since ${utc(since)} (${id})`;

/** Who uses a hub's job slots, in words. */
export function hubText(state: ArbiterState): string {
  const { hub, slots, held, claims } = state;
  return [
    `hub ${hub}: ${count(slots, 'job slot')}, ${freeSlots(state)} free`,
    ...held.map((slot) => lineOf('holds', slot)),
    ...inOrder(state).map((slot) => lineOf('waits', slot)),
    `changed by: ${claims.length === 0 ? 'no rollout' : claims.join(', ')}`,
  ].join('\n');
}

export const hub = (cli: Cli): Command =>
  new Command('hub')
    .summary("Show who holds a hub's job slots, who waits for them, and which rollouts change its devices")
    .description(
      'Asks the arbiter of the hub, a workflow that shares its job slots out among rollouts. It lives while a rollout ' +
        'needs it; without one nobody holds a slot. Rollouts that wait are listed in the order in which they come next.',
    )
    .argument('<hub>', "the hub's name in the stack's outputs", hubNameOf)
    .option(...JSON_OPTION)
    .action(async (name: HubName, { json }: { json?: true }) =>
      lazy.connect().withRollouts(cli.io, async (rollouts) => {
        const state = await rollouts.arbiterOf(name);
        if (json) printJson(cli.io, state ?? null);
        else print(cli.io, state === undefined ? `hub ${name}: no rollout uses it now` : hubText(state));
      }),
    );
