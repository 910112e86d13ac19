import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, killWhole } from '../../../cli/stack/signals';

const ROOT = join(__dirname, '../../..');
const started: ChildProcess[] = [];
afterEach(() => {
  for (const { pid } of started.splice(0)) if (pid !== undefined) killWhole(pid);
});

/** Starts a child under a guard, as the stack does, prints its id, and waits. */
const PARENT = `
const { Guard } = require(${JSON.stringify(join(ROOT, 'dist/cli/stack/guard.js'))});
const { spawn } = require('node:child_process');
const guard = new Guard(${JSON.stringify(ROOT)});
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
guard.add(child.pid);
process.on('SIGUSR2', () => { guard.remove(child.pid); guard.close(); console.log('released'); });
console.log(child.pid);
setInterval(() => {}, 1000);
`;

async function parent() {
  const process_ = spawn(process.execPath, ['-e', PARENT], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(process_);
  const lines = createInterface({ input: process_.stdout })[Symbol.asyncIterator]();
  const pid = Number((await lines.next()).value);
  return { process: process_, pid, nextLine: async () => (await lines.next()).value as unknown };
}

/** Ended, or ended and not yet reaped. */
async function hasEnded(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return true;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return stat.includes(') Z');
}

it('ends the processes of a parent that is killed', async () => {
  const { process: stack, pid } = await parent();
  expect(await hasEnded(pid)).toBe(false);

  stack.kill('SIGKILL');
  await once(stack, 'exit');
  while (!(await hasEnded(pid))) await sleep(20);

  expect(await hasEnded(pid)).toBe(true);
});

it('leaves alone what has been released', async () => {
  const { process: stack, pid, nextLine } = await parent();

  stack.kill('SIGUSR2');
  expect(await nextLine()).toBe('released');
  stack.kill('SIGKILL');
  await once(stack, 'exit');
  await sleep(500); // that nothing happens has no event to wait for

  expect(await hasEnded(pid)).toBe(false);
  killWhole(pid);
});
