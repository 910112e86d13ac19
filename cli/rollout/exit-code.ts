import { EXIT, type ExitCode } from '../output';
import type { Look } from './look';

/** The exit code that a rollout at rest gives its watcher: 0 completed, 1 failed, 3 held or aborted. */
export function exitCodeOf({ execution, state }: Look): ExitCode {
  if (execution === 'COMPLETED') return state?.status === 'completed' ? EXIT.done : EXIT.stopped;
  return execution === 'RUNNING' || execution === 'CANCELLED' ? EXIT.stopped : EXIT.failed;
}
