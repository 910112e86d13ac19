import { hostname, userInfo } from 'node:os';
import { InvalidArgumentError } from 'commander';
import { type RolloutId, rolloutIdOf } from '../../../domain/ids';
import type { Order } from '../../../domain/progress';

/** Reads a rollout id from the command line; commander shows the error and exits with the code of a usage error. */
export function rolloutIdArgument(text: string): RolloutId {
  const id = rolloutIdOf(text);
  if (id === undefined) {
    throw new InvalidArgumentError('A rollout id is lower-case letters, digits and single dashes, 1 to 60 characters.');
  }
  return id;
}

export const JSON_OPTION = ['--json', 'print JSON instead of text'] as const;
export const AS_OPTION = ['--as <name>', 'who you are, for the history (default: user@host)'] as const;

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a user id without an account, as in some containers
  }
}

export interface OrderOptions {
  readonly as?: string;
  readonly reason?: string;
}

/** Who asks, and why. The name is the caller's own word. */
export const orderOf = ({ as, reason }: OrderOptions): Order => ({
  actor: as ?? `${userName()}@${hostname()}`,
  reason: reason ?? 'no reason given',
});
