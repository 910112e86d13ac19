import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildSpec } from '../../../cli/stack/child';
import { Children } from '../../../cli/stack/children';
import type { Guard } from '../../../cli/stack/guard';
import { isAlive } from '../../../cli/stack/signals';
import { eventually } from '../../support/eventually';

let dir: string;
let children: Children;
const guarded = new Set<number>();
const guard = { add: (pid) => guarded.add(pid), remove: (pid) => guarded.delete(pid), close: () => undefined } as Pick<
  Guard,
  'add' | 'remove' | 'close'
> as Guard;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'children-test-'));
  children = new Children(guard);
});
afterEach(async () => {
  children.kill();
  await children.stop();
  await rm(dir, { recursive: true, force: true });
});

const script = (name: string, code: string, more: Partial<ChildSpec> = {}): ChildSpec => ({
  name,
  command: process.execPath,
  args: ['-e', code],
  env: { PATH: process.env['PATH'] },
  logFile: join(dir, `${name}.log`),
  ...more,
});
const isReady = (line: string): boolean => line === 'ready';

/** Stays until SIGTERM, then appends its name to a file and ends. */
const polite = (name: string) =>
  script(
    name,
    `process.on('SIGTERM', () => { require('fs').appendFileSync(${JSON.stringify(join(dir, 'ends'))}, '${name} '); process.exit(); });
     setInterval(() => {}, 1000); console.log('ready');`,
  );

it('stops the highest level first', async () => {
  for (const [level, name] of [
    [1, 'emulator'],
    [3, 'fleet'],
    [2, 'up'],
  ] as const) {
    await children.start(level, polite(name)).line(isReady);
  }

  await children.stop();

  expect(await readFile(join(dir, 'ends'), 'utf8')).toBe('fleet up emulator ');
  expect(guarded.size).toBe(0);
});

it('kills a process that does not end in time, with everything that it started', async () => {
  const stubborn = children.start(
    1,
    script(
      'stubborn',
      `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);
       const grandchild = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
       console.log('grandchild ' + grandchild.pid);`,
    ),
  );
  const grandchild = Number((await stubborn.line((line) => line.startsWith('grandchild'))).split(' ')[1]);

  await stubborn.stop(50);

  expect(await stubborn.exited).toEqual({ code: null, signal: 'SIGKILL' });
  await eventually(async () => expect(isAlive(grandchild) && (await stateOf(grandchild)) !== 'Z').toBe(false));
});

/** Z for a process that has ended but that nobody has reaped, as happens in containers. */
const stateOf = async (pid: number): Promise<string> =>
  (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')).split(') ')[1]?.[0] ?? 'Z';

it('says which process died, with its last lines and its log', async () => {
  children.start(1, script('worker', `console.log('one'); console.error('two'); process.exitCode = 7`));

  const { message } = await children.died;

  expect(message).toContain('worker ended with exit code 7');
  expect(message).toContain('  | one');
  expect(message).toContain('  | two');
  expect(message).toContain(join(dir, 'worker.log'));
});

it('does not take a stopped process for one that died', async () => {
  await children.start(1, polite('fleet')).line(isReady);
  const died = children.died.then(() => 'died');

  await children.stop();

  expect(await Promise.race([died, Promise.resolve('not died')])).toBe('not died');
});

it('fails to wait for a line when the process ends before it has printed it', async () => {
  const child = children.start(1, script('temporal', `console.log('almost')`));

  await expect(child.line(isReady)).rejects.toThrow('temporal ended with exit code 0');
});

it('names a command that cannot be started', async () => {
  const child = children.start(1, script('temporal', '', { command: join(dir, 'missing') }));

  await expect(child.line(isReady)).rejects.toThrow('temporal ended with exit code (not started)');
});

it('hands secrets over by stdin, and neither by arguments, nor environment, nor log', async () => {
  const program = `process.stdin.on('data', (data) => console.log(data.length === 6 ? 'ready' : 'wrong'))`;

  const child = children.start(1, script('worker', program, { input: 'secret' }));
  await child.line(isReady);

  expect(await readFile(join(dir, 'worker.log'), 'utf8')).not.toContain('secret');
});

it('starts nothing any more once it stops', async () => {
  await children.stop();

  expect(() => children.start(1, polite('late'))).toThrow('late is not started: the stack stops');
});
