import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

/**
 * Ends our processes should this one be killed without a chance to do so itself (SIGKILL, out of memory). It is a small
 * process in a session of its own that knows their ids and waits for its stdin to close.
 */
export class Guard {
  private readonly watchdog: ChildProcess;

  /** @param root the checkout; the watchdog runs compiled */
  constructor(root: string) {
    this.watchdog = spawn(process.execPath, [join(root, 'dist/cli/stack/watchdog.js')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
    });
    this.watchdog.stdin?.on('error', () => undefined); // a watchdog that is gone guards nothing; all else works on
    this.watchdog.unref();
  }

  add(pid: number): void {
    this.watchdog.stdin?.write(`+${pid}\n`);
  }

  remove(pid: number): void {
    this.watchdog.stdin?.write(`-${pid}\n`);
  }

  /** The watchdog ends what has not been removed, then itself. */
  close(): void {
    this.watchdog.stdin?.end();
  }
}
