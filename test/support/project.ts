import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const CHECKOUT = resolve(__dirname, '../..');
const STACK = 'test';

export interface Result {
  readonly code: number | null;
  readonly text: string;
}
export interface Resource {
  readonly type: string;
  readonly urn: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** A project of its own, with the real engine and a state of its own. */
export class Project {
  /** Everything that the engine printed, outputs that were asked for left out. */
  printed = '';
  readonly #eventLogs: string[] = [];

  private constructor(
    readonly folder: string,
    private readonly backend: string,
  ) {}

  /** @param program a file that is the whole program; it finds our package by its name */
  static async create(program: string): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), 'enrollments-'));
    const project = new Project(join(folder, 'checkout'), join(folder, 'backend'));
    await mkdir(project.backend);
    await mkdir(join(project.folder, 'node_modules'), { recursive: true });
    await symlink(CHECKOUT, join(project.folder, 'node_modules', 'groundswell'));
    await symlink(join(CHECKOUT, 'node_modules', '@pulumi'), join(project.folder, 'node_modules', '@pulumi'));
    await copyFile(program, join(project.folder, 'index.js'));
    await writeFile(join(project.folder, 'Pulumi.yaml'), 'name: enrollments\nruntime: nodejs\nmain: index.js\n');
    const manifest = { name: 'enrollments', main: 'index.js', dependencies: { '@pulumi/pulumi': '*' } };
    await writeFile(join(project.folder, 'package.json'), JSON.stringify(manifest));
    await project.run('stack', 'init', STACK);
    return project;
  }

  /** The same project in another folder, with the same state: somebody else's clone. */
  clone(): Project {
    const folder = join(this.folder, '..', 'elsewhere', 'clone');
    cpSync(this.folder, folder, { recursive: true, verbatimSymlinks: true });
    return new Project(folder, this.backend);
  }

  declare(spec: object): Promise<void> {
    return writeFile(join(this.folder, 'spec.json'), JSON.stringify(spec));
  }

  up(...args: string[]): Promise<Result> {
    this.#eventLogs.push(join(this.folder, `events-${this.#eventLogs.length}.json`));
    return this.run('up', '--yes', '--skip-preview', '--event-log', this.#eventLogs.at(-1) ?? '', ...args);
  }

  run(...args: string[]): Promise<Result> {
    const env = {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${this.backend}`,
      PULUMI_HOME: join(this.backend, '..', 'home'),
      PULUMI_CONFIG_PASSPHRASE: 'of this test',
      PULUMI_SKIP_UPDATE_CHECK: '1',
      PULUMI_DEBUG_COMMANDS: '1', // unlocks --event-log
      PULUMI_STACK: args.includes('init') ? undefined : STACK,
    };
    const child = spawn('pulumi', [...args, '--non-interactive'], { cwd: this.folder, env });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    return new Promise((done, failed) => {
      child.once('error', (cause) => failed(new Error('pulumi is not on PATH: `npm test` puts it there', { cause })));
      child.once('close', (code) => {
        if (!args.includes('--show-secrets')) this.printed += text;
        done({ code, text });
      });
    });
  }

  async outputs<T>(): Promise<T> {
    const { text } = await this.run('stack', 'output', '--json', '--show-secrets');
    return JSON.parse(text) as T;
  }

  async state(): Promise<{ readonly text: string; readonly resources: readonly Resource[] }> {
    const { text } = await this.run('stack', 'export');
    const { deployment } = JSON.parse(text) as { deployment: { resources?: Resource[] } };
    return { text, resources: deployment.resources ?? [] };
  }

  async eventLog(): Promise<string> {
    return (await Promise.all(this.#eventLogs.map((file) => readFile(file, 'utf8')))).join('\n');
  }

  remove(): Promise<void> {
    return rm(join(this.folder, '..'), { recursive: true, force: true });
  }
}
