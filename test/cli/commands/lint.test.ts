import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { main } from '../../../cli/main';
import { collectingIo } from '../collecting-io';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'groundswell-lint-'))));
afterAll(() => rm(folder, { recursive: true }));

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = collectingIo();
  return { code: await main(['rollout', ...argv], io), out: io.out(), err: io.err() };
}

const at = (name: string): string => join(folder, name);

it.each(['method', 'twin', 'migrate'])(
  'init writes a spec for a %s that lint finds right, strictly',
  async (action) => {
    const file = at(`lock-${action}.yaml`);

    const init = await run('init', file, '--action', action);
    const lint = await run('lint', '--strict', file);

    expect(init).toMatchObject({ code: 0, out: `wrote ${file}\n` });
    expect(lint).toEqual({ code: 0, out: `${file}: right\n`, err: '' });
    expect(await readFile(file, 'utf8')).toContain(`\nname: lock-${action} #`);
  },
);

it('init tells editors where the schema lies', async () => {
  await mkdir(at('deep/er'), { recursive: true });
  const file = at('deep/er/a.yaml');

  await run('init', file);
  const [, path = ''] = /^# yaml-language-server: \$schema=(.+)\n/.exec(await readFile(file, 'utf8')) ?? [];

  expect(JSON.parse(await readFile(resolve(dirname(file), path), 'utf8'))).toMatchObject({
    title: 'Groundswell rollout spec',
  });
});

it('init overwrites nothing unless it is told to', async () => {
  const file = at('mine.yaml');
  await writeFile(file, 'mine');

  const refused = await run('init', file);
  const kept = await readFile(file, 'utf8');
  const forced = await run('init', file, '--force');

  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toContain(`${file} exists; wrote nothing`);
  expect(kept).toBe('mine');
  expect(forced.code).toBe(0);
  expect(await readFile(file, 'utf8')).toContain('apiVersion');
});

const HEAD = 'apiVersion: groundswell/v1\nname: a\naction: { method: { name: lockDoor } }\nwaves: [5, rest]\n';

it('lint tells the mistakes of all files and answers 2; a list of devices is read beside the spec', async () => {
  const [good, bad] = [at('list.yaml'), at('bad.yaml')];
  await writeFile(at('ids.txt'), 'a\nb\n');
  await writeFile(good, `${HEAD}target: { hubs: [main], devicesFile: ids.txt }\noffline: true\n`);
  await writeFile(bad, `${HEAD}target: { hubs: [main], devicesFile: none.txt }\n`);

  const lint = await run('lint', good, bad);

  expect(lint.code).toBe(2);
  expect(lint.out).toBe(`${good}: right, with 3 warnings\n${bad}: 1 mistake\n`);
  expect(lint.err).toContain(`${good}:4:9 waves[0]: warning: one failed device of 5 is 20%`);
  expect(lint.err).toMatch(/bad\.yaml:5:\d+ target\.devicesFile: got "none\.txt"; allowed: .*ENOENT/);
});

it('lint answers 0 with warnings, 2 when strict, and prints them as JSON', async () => {
  const file = at('warned.yaml');
  await writeFile(file, `${HEAD}target: { hubs: [main], where: '*' }\n`);

  const [loose, strict, json] = [
    await run('lint', file),
    await run('lint', file, '--strict'),
    await run('lint', file, '--json'),
  ];

  expect([loose.code, strict.code, json.code]).toEqual([0, 2, 0]);
  expect(JSON.parse(json.out)).toMatchObject({
    specs: [
      {
        file,
        problems: [],
        warnings: expect.arrayContaining([expect.objectContaining({ rule: 'no-soak' })]) as object,
      },
    ],
  });
});

it('lint answers 2 for a file that is not there', async () => {
  expect(await run('lint', at('nowhere.yaml'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('ENOENT') as string,
  });
});
