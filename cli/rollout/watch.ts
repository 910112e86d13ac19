import { setTimeout as sleep } from 'node:timers/promises';
import type { RolloutId } from '../../domain/ids';
import { isFinal } from '../../domain/progress';
import { waitsForPerson } from '../render/wait';
import type { Rollouts } from '../rollouts';
import { grpcStatusOf } from './errors';
import type { Look } from './look';

const SHORTEST_MS = 1_000;
const LONGEST_MS = 5_000;

/** What a watcher sees: the rollout, or trouble in seeing it. */
export type Sight = { readonly kind: 'look'; readonly look: Look } | { readonly kind: 'notice'; readonly text: string };

/** A rollout that has ended, or that goes no further without a person. */
export const isAtRest = ({ closedAt, state }: Look): boolean =>
  closedAt !== undefined || (state !== undefined && (isFinal(state) || waitsForPerson(state)));

/** Rests, or returns at once when the signal comes. */
const rest = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });

/** Looks once; a server that does not answer gives undefined, since it may come back. */
async function tryLook(rollouts: Rollouts, rolloutId: RolloutId): Promise<Look | undefined> {
  try {
    return await rollouts.look(rolloutId);
  } catch (error) {
    if (grpcStatusOf(error) === undefined || (error instanceof Error && error.name === 'CliError')) throw error;
    return undefined;
  }
}

/** Says when an answerer goes and when it is back, each once. */
function trouble(gone: string, back: string): (lost: boolean) => Sight[] {
  let wasLost = false;
  return (lost) => {
    if (lost === wasLost) return [];
    wasLost = lost;
    return [{ kind: 'notice', text: `note: ${lost ? gone : back}` }];
  };
}

/**
 * Looks about once a second while something changes, less often while nothing does, until the rollout is at rest or the
 * signal comes. Outlives restarts of server and workers.
 *
 * @throws CliError (exit code 1) when there is no such rollout
 */
export async function* watchRollout(
  rollouts: Rollouts,
  rolloutId: RolloutId,
  signal: AbortSignal,
): AsyncGenerator<Sight> {
  const server = trouble('Temporal does not answer; trying again.', 'Temporal answers again.');
  const worker = trouble(
    'no worker answers; the rollout waits for one, and so does this watch.',
    'a worker answers again.',
  );
  let last: Look | undefined;
  let pause = SHORTEST_MS;
  while (!signal.aborted) {
    const seen = await tryLook(rollouts, rolloutId);
    yield* server(seen === undefined);
    if (seen !== undefined) {
      yield* worker(seen.unanswered !== undefined && seen.closedAt === undefined);
      const changed = JSON.stringify(seen) !== JSON.stringify(last);
      if (changed) yield { kind: 'look', look: seen };
      if (isAtRest(seen)) return;
      pause = changed ? SHORTEST_MS : Math.min(pause * 1.5, LONGEST_MS);
      last = seen;
    }
    await rest(pause, signal);
  }
}
