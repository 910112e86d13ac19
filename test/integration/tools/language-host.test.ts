import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { eventually } from '../../support/eventually';

const ROOT = join(__dirname, '..', '..', '..');
const HOST_FOLDER = join(ROOT, 'tools', 'pulumi', 'bin');
let project: string;
let env: NodeJS.ProcessEnv;

/** A project whose program lies where the product's does: compiled, in the folder that `main` names. */
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'groundswell-language-host-'));
  mkdirSync(join(project, 'dist', 'infra'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'tiny', version: '1.0.0', dependencies: { '@pulumi/pulumi': '*' } }),
  );
  writeFileSync(join(project, 'Pulumi.yaml'), 'name: tiny\nruntime: nodejs\nmain: dist/infra/\n');
  env = {
    ...process.env,
    PATH: [HOST_FOLDER, process.env['PATH']].join(delimiter),
    PULUMI_HOME: join(project, 'home'),
    PULUMI_BACKEND_URL: `file://${project}`,
    PULUMI_CONFIG_PASSPHRASE: 'local',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
  };
  await pulumi('stack', 'init', 'dev');
  await pulumi('config', 'set', 'greeting', 'hello');
  await pulumi('config', 'set', '--secret', 'token', 'hunter2');
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs the real pulumi in the project. */
const pulumi = (...args: string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile('pulumi', [...args, '--non-interactive'], { cwd: project, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: stripVTControlCharacters(stdout + stderr) }),
    );
  });

const writeProgram = (source: string) => writeFileSync(join(project, 'dist', 'infra', 'index.js'), source);

const BOX = `
  const pulumi = require('@pulumi/pulumi');
  const config = new pulumi.Config();
  class Box extends pulumi.ComponentResource { constructor(name) { super('tiny:index:Box', name); this.registerOutputs({}); } }
`;

it('previews, makes, leaves alone and removes what a program declares, with its configuration and secrets', async () => {
  writeProgram(`${BOX}
    new Box(config.require('greeting'));
    exports.greeting = config.require('greeting');
    exports.token = config.requireSecret('token');
    exports.cwd = process.cwd();
  `);

  const preview = await pulumi('preview');
  const up = await pulumi('up', '--yes', '--skip-preview');
  const again = await pulumi('up', '--yes', '--skip-preview', '--expect-no-changes');
  const plain = await pulumi('stack', 'output', '--json', '--show-secrets');
  const state = await pulumi('stack', 'export');
  const destroy = await pulumi('destroy', '--yes', '--skip-preview');

  expect(preview).toMatchObject({ code: 0, output: expect.stringContaining('2 to create') as string });
  expect(up).toMatchObject({ code: 0, output: expect.stringContaining('2 created') as string });
  expect(again).toExitWith(0);
  expect(JSON.parse(plain.output)).toEqual({
    greeting: 'hello',
    token: 'hunter2',
    cwd: join(project, 'dist', 'infra'),
  });
  expect(state.output).toContain('tiny:index:Box::hello');
  expect([preview, up, again, state].filter(({ output }) => output.includes('hunter2'))).toEqual([]);
  expect(destroy).toMatchObject({ code: 0, output: expect.stringContaining('2 deleted') as string });
});

it('shows the error of a program that throws, with its place, and fails', async () => {
  writeProgram(`${BOX}
    const fail = () => { throw new Error('no such hub'); };
    fail();
  `);

  const { code, output } = await pulumi('preview');

  expect(code).not.toBe(0);
  expect(output).toMatch(/Error: no such hub\s+at fail \(.*dist\/infra\/index\.js:\d+:\d+\)/);
});

it('fails when a program ends early, and says how it ended', async () => {
  writeProgram(`${BOX}
    process.exit(3);
  `);

  const { code, output } = await pulumi('preview');

  expect(code).not.toBe(0);
  expect(output).toContain('the program ended with exit code 3');
});

it('starts a policy pack in its own folder, and shows why it cannot go on', async () => {
  writeProgram(BOX);
  const pack = join(project, 'pack');
  mkdirSync(pack);
  writeFileSync(join(pack, 'PulumiPolicy.yaml'), 'runtime: nodejs\n');
  writeFileSync(join(pack, 'package.json'), '{"name":"pack","version":"1.0.0"}');
  writeFileSync(join(pack, 'index.js'), "throw new Error('no rules in ' + process.cwd());");

  const { code, output } = await pulumi('preview', '--policy-pack', pack);

  expect(code).not.toBe(0);
  expect(output).toContain(`Error: no rules in ${pack}`);
});

it('says what to do when @pulumi/pulumi is not installed for the program', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'groundswell-language-host-'));
  writeFileSync(join(elsewhere, 'package.json'), '{"name":"elsewhere"}');
  writeFileSync(join(elsewhere, 'index.js'), '');
  writeFileSync(join(elsewhere, 'Pulumi.yaml'), 'name: elsewhere\nruntime: nodejs\n');

  const init = await pulumi('stack', 'init', 'bare', '--cwd', elsewhere);
  const { code, output } = await pulumi('preview', '--cwd', elsewhere, '--stack', 'bare');
  rmSync(elsewhere, { recursive: true });

  expect(init).toExitWith(0);
  expect(code).not.toBe(0);
  expect(output).toContain('@pulumi/pulumi is not installed for the program');
});

it('ends with its program when the engine is killed', async () => {
  const pids = join(project, 'pids.json');
  writeProgram(`${BOX}
    require('node:fs').writeFileSync(${JSON.stringify(pids)}, JSON.stringify([process.pid, process.ppid]));
    setInterval(() => {}, 1000);
    module.exports = async () => new Promise(() => {});
  `);

  const engine = spawn('pulumi', ['preview', '--non-interactive'], { cwd: project, env, stdio: 'ignore' });
  await eventually(() => expect(existsSync(pids) && readFileSync(pids, 'utf8')).toMatch(/\]$/));
  const [program, host] = JSON.parse(readFileSync(pids, 'utf8')) as [number, number];
  expect([program, host].map(isAlive)).toEqual([true, true]);
  await killed(engine);

  await eventually(() => expect([program, host].map(isAlive)).toEqual([false, false]));
});

const killed = (child: ChildProcess) =>
  new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGKILL');
  });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
