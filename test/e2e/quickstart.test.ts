import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { processesWith, Program, ROOT } from './support/processes';

let dir: string;
beforeAll(async () => (dir = await mkdtemp(join(tmpdir(), 'fresh-clone-'))));
afterAll(() => rm(dir, { recursive: true, force: true }));

it('takes a fresh clone to a finished rollout by `npm run quickstart`, and leaves nothing running', async () => {
  const [clone, temporary] = [join(dir, 'groundswell'), join(dir, 'tmp')];
  await mkdir(temporary);
  const env = { ...process.env, TMPDIR: temporary };
  expect(await new Program('git', ['clone', '--quiet', ROOT, clone], { env }).finished).toExitWith(0);

  const { code, stdout, stderr } = await new Program('npm', ['run', 'quickstart'], { env, cwd: clone }).finished;

  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  for (const wave of [1, 2, 3]) expect(stdout).toMatch(new RegExp(`wave ${wave}/3 ended .* succeeded`));
  expect(stdout).toMatch(/│ all\s+│ completed │\s+100 │\s+100 │\s+0 │/);
  expect(stdout).toContain('completed: 100 succeeded');
  expect((await readdir(temporary)).filter((name) => name.startsWith('groundswell-quickstart-'))).toEqual([]);
  // The watchdog, which outlives the command by a moment, must go too.
  await eventually(() => expect(processesWith(dir)).toEqual([]));
}, 600_000);
