import { upsertSearchAttributes } from '@temporalio/workflow';
import type { RolloutInput, RolloutState } from '../../domain/progress';
import { SEARCH_KEYS } from '../messages';
import type { Index } from './journal';

const waveOf = ({ waves }: RolloutState): number => waves.findLast(({ status }) => status !== 'pending')?.index ?? 0;

/**
 * Keeps the search attributes in step with the state: one event a change, of both. Hubs, requester and the spec's hash are
 * set by whoever starts the rollout.
 */
export function indexOf({ indexed }: RolloutInput): Index {
  if (indexed !== true) return () => undefined;
  let last = '';
  return (state) => {
    const wave = waveOf(state);
    const shown = `${state.status} ${wave}`;
    if (shown === last) return;
    last = shown;
    upsertSearchAttributes([
      { key: SEARCH_KEYS.state, value: state.status },
      { key: SEARCH_KEYS.wave, value: wave },
    ]);
  };
}
