import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { GRACE_MS, isAlive, killWhole, signalTo } from './signals';

/**
 * The program behind Guard. Reads `+PID` and `-PID` lines; when stdin closes, asks the processes that are left to end,
 * in reverse order, and kills those that have not after the grace period.
 */
async function watch(): Promise<void> {
  const pids = new Set<number>();
  for await (const line of createInterface({ input: process.stdin })) {
    const pid = Number(line.slice(1));
    if (line.startsWith('+')) pids.add(pid);
    else pids.delete(pid);
  }
  const left = [...pids].reverse();
  for (const pid of left) signalTo(pid, 'SIGTERM');
  const deadline = Date.now() + GRACE_MS;
  while (left.some(isAlive) && Date.now() < deadline) await sleep(100);
  for (const pid of left) killWhole(pid);
}

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('SIGHUP', () => undefined);
void watch();
