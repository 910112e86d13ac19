/** Milliseconds that a process gets to end by itself before it is killed. */
export const GRACE_MS = 10_000;

/**
 * Signals a process, or with it everything it started when it leads a process group.
 *
 * @returns false when there is no such process
 */
export function signalTo(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return true;
    return false;
  }
}

/** Whether a process with this id lives. */
export const isAlive = (pid: number): boolean => signalTo(pid, 0);

/** Kills what is left of a process and of the group that it leads. */
export function killWhole(pid: number): void {
  signalTo(-pid, 'SIGKILL');
  signalTo(pid, 'SIGKILL');
}
