import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, Program, ROOT } from './processes';

/** The part of a twin that the tests look at. */
export interface TwinView {
  readonly deviceId: string;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly properties: {
    readonly desired: Readonly<Record<string, unknown>>;
    readonly reported: Readonly<Record<string, unknown>> & { readonly calls?: { readonly lockDoor?: number } };
  };
}

export interface HubView {
  readonly twins: readonly TwinView[];
  readonly jobs: readonly { readonly jobId: string; readonly status: string }[];
}

export interface Tampering {
  /** What storage said to the deletion by the stack's own identity, before it was given more rights. */
  readonly refused: { readonly status: number; readonly code: string };
}

/** A `groundswell dev` without worker and devices, and programs that work on it. */
export class LocalStack {
  private readonly programs: Program[] = [];

  private constructor(
    readonly dir: string,
    private readonly dev: Program,
    readonly env: NodeJS.ProcessEnv,
    /** The stack's outputs as JSON, with secrets in clear. */
    readonly outputs: string,
  ) {}

  static async start(): Promise<LocalStack> {
    const dir = await mkdtemp(join(tmpdir(), 'groundswell-e2e-'));
    const state = join(dir, 'state');
    const dev = groundswell(['dev', '--no-worker', '--devices', '0', '--state', state], process.env);
    await dev.line(/^Ctrl-C stops everything/);
    const { stdout } = await groundswell(['env', '--json', '--state', state], process.env).finished;
    const { set, unset } = JSON.parse(stdout) as { set: NodeJS.ProcessEnv; unset: string[] };
    const env = { ...process.env, ...set, ...Object.fromEntries(unset.map((name) => [name, undefined])) };
    const outputs = await new Program('pulumi', ['stack', 'output', '--json', '--show-secrets'], { env }).finished;
    return new LocalStack(dir, dev, env, outputs.stdout);
  }

  /** Ends all programs, then the stack; the answer is how `dev` ended. */
  async stop(): Promise<Finished> {
    await Promise.all(this.programs.map((program) => program.stop()));
    const finished = await this.dev.stop('SIGINT');
    await rm(this.dir, { recursive: true, force: true });
    return finished;
  }

  async startWorker(): Promise<Program> {
    const worker = this.run('groundswell-worker', ['--outputs', '-'], this.outputs);
    await worker.line(/^ready$/);
    return worker;
  }

  async startFleet(args: readonly string[]): Promise<Program> {
    const fleet = this.run('groundswell-fleet', ['--outputs', '-', ...args], this.outputs);
    await fleet.line(/^ready: /);
    return fleet;
  }

  /** Where the page is, with its token, as `dev` tells it. */
  get pageAddress(): string {
    const [address] = this.dev.lines.flatMap((line) => /http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]+/.exec(line) ?? []);
    if (address === undefined) throw new Error(`no page in:\n${this.dev.lines.join('\n')}`);
    return address;
  }

  /** Runs a program of Node on the stack. */
  node(args: readonly string[], input?: string): Program {
    return this.run(process.execPath, args, input);
  }

  /** Starts a command of `groundswell`. */
  groundswell(...args: string[]): Program {
    return this.run('groundswell', args);
  }

  /** Writes a rollout spec into the stack's folder. */
  async spec(name: string, text: string): Promise<string> {
    const file = join(this.dir, `${name}.yaml`);
    await writeFile(file, text);
    return file;
  }

  /** All that the parts of the stack have logged. */
  async logs(): Promise<string> {
    const folder = join(this.dir, 'state', 'logs');
    const texts = (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8'));
    return (await Promise.all(texts)).join('\n');
  }

  /** Reads a hub by the official service SDK. */
  async hub(name = 'main'): Promise<HubView> {
    const { hubs } = JSON.parse(this.outputs) as { hubs: Readonly<Record<string, { hostName: string }>> };
    return (await this.script('inspect-hub.cjs', hubs[name]?.hostName ?? name)) as HubView;
  }

  /** Names of a rollout's records in the ledger. */
  async records(rolloutId: string): Promise<string[]> {
    return (await this.script('ledger.cjs', this.container(), 'list', `rollouts/${rolloutId}/`)) as string[];
  }

  /** Forges one record and deletes another, as somebody with every right on the storage could. */
  async tamper(forged: string, deleted: string): Promise<Tampering> {
    return (await this.script('ledger.cjs', this.container(), 'tamper', forged, deleted)) as Tampering;
  }

  private container(): string {
    const { ledger } = JSON.parse(this.outputs) as { ledger: { blobEndpoint: string; container: string } };
    return `${ledger.blobEndpoint}${ledger.container}`;
  }

  private async script(name: string, ...args: string[]): Promise<unknown> {
    const { stdout, stderr } = await this.run(process.execPath, [join(__dirname, name), ...args]).finished;
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  }

  private run(command: string, args: readonly string[], input?: string): Program {
    const program = new Program(command, args, { env: this.env, input });
    this.programs.push(program);
    return program;
  }
}

/** A command of this checkout, in a given environment. */
export const groundswell = (args: readonly string[], env: NodeJS.ProcessEnv): Program =>
  new Program(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], { env });
