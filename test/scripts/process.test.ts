import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { eventually } from '../support/eventually';
import { scriptUrl } from './script';

/** A script whose command starts a process of its own, tells both ids, and ends on no polite signal. */
const STUBBORN = `
  import { main, run } from '${scriptUrl('process.mjs')}';
  const command = "trap '' INT; sleep 600 & echo $$ $!; wait; wait; sleep 600";
  await main((signal) => run('sh', ['-c', command], { signal, show: true }).then(({ code }) => code));
`;

/** A script whose command fails and says why, first and last. */
const FAILING = `
  import { main, run, StepError } from '${scriptUrl('process.mjs')}';
  await main(async (signal) => {
    const command = 'echo the reason; seq 100; exit 4';
    const { how, lines } = await run('sh', ['-c', command], { signal });
    throw new StepError('Build', how, { lines, next: 'mend it' });
  });
`;

const start = (code: string) => spawn(process.execPath, ['--input-type=module', '-e', code]);
const exitOf = async (child: ChildProcess) => ((await once(child, 'exit')) as [number | null])[0];

it('ends a command with all it started, at once on a second signal, and exits with 130', async () => {
  const script = start(STUBBORN);
  const [ids] = (await once(script.stdout, 'data')) as [Buffer];
  const pids = ids.toString().trim().split(' ').map(Number);
  const exit = exitOf(script);

  script.kill('SIGINT');
  const insisting = setInterval(() => script.kill('SIGINT'), 600);
  const code = await exit;
  clearInterval(insisting);

  expect(code).toBe(130);
  expect(pids).toHaveLength(2);
  await eventually(() => expect(pids.filter(isAlive)).toEqual([]));
});

it('tells a failed step with the start and the end of its output and the next step', async () => {
  const script = start(FAILING);
  const [output, code] = await Promise.all([text(script.stderr), exitOf(script)]);

  expect(code).toBe(1);
  expect(output).toMatch(/^Build failed: ended with exit code 4\nIts output:\n {2}the reason\n {2}1\n/);
  expect(output).toMatch(/\n {2}100\nNext step: mend it\n$/);
  expect(output.split('\n').length).toBeLessThan(30);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
