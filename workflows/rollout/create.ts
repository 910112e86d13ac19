import type { RolloutInput } from '../../domain/progress';
import { Crew } from './crew';
import { type Index, Journal } from './journal';
import { Notices } from './notices';
import type { Run } from './run';

/** A run at its beginning, or where the one before it had come to. */
export function createRun(input: RolloutInput, index: Index): Run {
  const { rolloutId, spec, carried } = input;
  return {
    input,
    rolloutId,
    spec,
    journal: new Journal(input, index),
    crew: new Crew(),
    notices: new Notices(carried?.noticeCount ?? 0),
    orders: { ...carried?.orders },
    steps: 0,
  };
}
