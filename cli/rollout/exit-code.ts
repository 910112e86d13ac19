import { EXIT, type ExitCode } from '../output';
import type { Look } from './look';

/**
 * The exit code that a rollout at rest gives its watcher: 0 completed; 3 held, paused, waiting for an approval, aborted,
 * denied or rolled back; 1 failed.
 */
export function exitCodeOf({ execution, state }: Look): ExitCode {
  if (execution !== 'RUNNING' && execution !== 'COMPLETED')
    return execution === 'CANCELLED' ? EXIT.stopped : EXIT.failed;
  return state?.status === 'completed' ? EXIT.done : EXIT.stopped;
}
