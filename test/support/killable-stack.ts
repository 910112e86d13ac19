import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import type { AdminAccess } from '../../emulator/admin/client';
import { searchAttributeTypes } from '../../domain/search-attributes';
import { end, launch } from './launch';
import { Programs } from './program';
import { makeStorage } from './stack-programs';
import { makeTelemetry, type TelemetryPlaces } from './telemetry-programs';
import { makeWebhookFiles, type WebhookFiles } from './webhook-files';

const ROOT = process.cwd(); // of jest and of npm's scripts
const EMULATOR = join(ROOT, 'emulator/dist/main.js');
const NAMESPACE = 'default';
const WORKER_TRIES = 30;
const hostNameOf = (hub: string): string => `${hub}.azure-devices.test`;
/** The hub of this name is one of quarantine. */
export const QUARANTINE = 'quarantine';
const LEDGER = 'ledger';
const ALLOCATIONS = 'allocations';
const CHECKPOINTS = 'checkpoints';

/** What can be killed and started again. */
export const PARTS = ['worker', 'webhook', 'temporal', 'emulator'] as const;
export type Part = (typeof PARTS)[number];

export interface StackOptions {
  /** Everything lies in here; made new. */
  readonly folder: string;
  /** Names of hubs, which are their logical names, too. */
  readonly hubs: readonly string[];
  /** Name of a provisioning service that all hubs are linked to; with it there is an allocation webhook. */
  readonly provisioning?: string;
  /** Groups whose devices a move may have to look for; the test makes them. */
  readonly enrollmentGroups?: readonly string[];
  /** Whether the emulator's state outlives it: each change waits for the disk. @default true */
  readonly durable?: boolean;
  /**
   * With telemetry: what hubs route to, tables, and a live service; who reads the messages is the test's business, and so
   * are the functions, which the local Azure looks for at {@link KillableStack.functionsPort}.
   */
  readonly telemetry?: { readonly settings: object };
  /** Seen by the worker, beside what it needs. */
  readonly env?: NodeJS.ProcessEnv;
}

/** The provisioning service, as the stack's outputs have it; the connection string and the webhook's address are secrets. */
export interface StackProvisioning {
  readonly name: string;
  readonly idScope: string;
  readonly serviceHostName: string;
  readonly deviceHostName: string;
  readonly connectionString: string;
  readonly enrollmentGroups: readonly string[];
  readonly linkedHubs: readonly string[];
  /** Of the allocation webhook. */
  readonly webhookUrl: string;
}

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The product's worker, a Temporal server and the local Azure, each a process of its own on ports and data that outlive
 * it: any may be killed and started again at any time, and the others find it again.
 */
export class KillableStack {
  readonly #processes = new Map<Part, ChildProcess>();
  readonly #ready: Record<Part, Promise<void>> = {
    worker: Promise.resolve(),
    webhook: Promise.resolve(),
    temporal: Promise.resolve(),
    emulator: Promise.resolve(),
  };
  /** Leads programs to the emulator and to Temporal. */
  env: NodeJS.ProcessEnv = process.env;
  /** Of their owners, by hub; secrets. */
  readonly connectionStrings = new Map<string, string>();
  /** Of the provisioning service, where there is one. */
  provisioning: StackProvisioning | undefined;
  #webhook: WebhookFiles | undefined;
  #telemetry: TelemetryPlaces | undefined;
  /** On loopback, where there is telemetry. */
  functionsPort = 0;
  #idScope = '';

  private constructor(
    private readonly options: StackOptions,
    private readonly temporalPort: number,
  ) {}

  /** Needs `temporal` on PATH, and a build. */
  static async start(options: StackOptions): Promise<KillableStack> {
    mkdirSync(join(options.folder, 'logs'), { recursive: true });
    const stack = new KillableStack(options, await freePort());
    try {
      if (options.provisioning !== undefined) stack.#webhook = await makeWebhookFiles(options.folder, await freePort());
      if (options.telemetry !== undefined) stack.functionsPort = await freePort();
      await Promise.all([stack.#startEmulator(), stack.#startTemporal()]);
      await stack.#lead();
      if (options.provisioning !== undefined) await stack.#startWebhook();
      await stack.#startWorker();
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  get folder(): string {
    return this.options.folder;
  }

  get temporalAddress(): string {
    return `127.0.0.1:${this.temporalPort}`;
  }

  /** Of the emulator that runs now: another one has another secret. */
  get admin(): AdminAccess {
    const state = JSON.parse(readFileSync(join(this.emulatorState, 'emulator.json'), 'utf8')) as { admin: AdminAccess };
    return state.admin;
  }

  get emulatorState(): string {
    return join(this.options.folder, 'emulator');
  }

  /** What a process of the stack says. */
  logFile(name: string): string {
    return join(this.options.folder, 'logs', `${name}.log`);
  }

  /** Ends a part without a chance to do anything about it. */
  async kill(part: Part): Promise<void> {
    const child = this.#processes.get(part);
    this.#processes.delete(part);
    if (child !== undefined) await end(child, 'SIGKILL');
  }

  /**
   * Starts a part that was killed; resolves once it works. A worker that finds no Temporal ends, and is started again, as a
   * container host does.
   */
  restart(part: Part): Promise<void> {
    const start = {
      worker: () => again(this.#startWorker),
      webhook: this.#startWebhook,
      temporal: this.#startTemporal,
      emulator: this.#startEmulator,
    };
    return (this.#ready[part] = start[part]());
  }

  /** Runs the command line, as a user would. */
  groundswell(...args: readonly string[]): Promise<Answer> {
    return this.start(...args).answer;
  }

  /** The same, for who may want to end it. */
  start(...args: readonly string[]): { readonly child: ChildProcess; readonly answer: Promise<Answer> } {
    const child = spawn(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], { env: this.env, cwd: ROOT });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const answer = once(child, 'close').then(([code]) => ({ code: (code as number | null) ?? -1, stdout, stderr }));
    return { child, answer };
  }

  /** A process that finds the emulator, for programs of the official clients. */
  programs(): Programs {
    return Programs.in(this.options.folder, this.env);
  }

  /** Of the Event-Hub-compatible endpoint of a hub; a secret. */
  async eventsConnectionString(hub: string): Promise<string> {
    return (await this.#ask('connection-string', hub, '--events')).trim();
  }

  /** Ends all that runs. */
  async stop(): Promise<void> {
    for (const part of PARTS) await this.#ready[part].catch(() => undefined);
    await Promise.all(PARTS.map((part) => this.kill(part)));
  }

  readonly #startEmulator = async (): Promise<void> => {
    const hubs = this.options.hubs.flatMap((hub) => ['--hub', hub]);
    const dps = this.options.provisioning === undefined ? [] : ['--dps', this.options.provisioning];
    const durable = this.options.durable === false ? [] : ['--durable'];
    const sites = this.functionsPort === 0 ? [] : ['--sites', String(this.functionsPort)];
    const args = ['start', '--json', ...durable, ...sites, '--admin', '--state', this.emulatorState, ...hubs, ...dps];
    await this.#launch('emulator', process.execPath, [EMULATOR, ...args], (line) => {
      if (!line.startsWith('{')) return false;
      this.#idScope = (JSON.parse(line) as { dps: { idScope: string }[] }).dps[0]?.idScope ?? '';
      return true;
    });
  };

  readonly #startTemporal = async (): Promise<void> => {
    const where = ['--headless', '--ip', '127.0.0.1', '--port', String(this.temporalPort), '--log-level', 'warn'];
    const file = ['--db-filename', join(this.options.folder, 'temporal.db')];
    const store = [...file, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'];
    const attributes = searchAttributeTypes().flatMap(({ name, type }) => ['--search-attribute', `${name}=${type}`]);
    await this.#launch('temporal', 'temporal', ['server', 'start-dev', ...where, ...store, ...attributes]);
    const connection = await Connection.connect({ address: this.temporalAddress, connectTimeout: '30s' });
    await connection.close();
  };

  readonly #startWebhook = async (): Promise<void> => {
    const { certFile = '', keyFile = '', port = 0 } = this.#webhook ?? {};
    const files = ['--outputs', this.outputsFile, '--cert', certFile, '--key', keyFile];
    const args = [join(ROOT, 'dist/functions/local/main.js'), ...files, '--listen', `127.0.0.1:${port}`];
    await this.#launch('webhook', process.execPath, args, (line) => line.startsWith('ready'));
  };

  readonly #startWorker = async (): Promise<void> => {
    const args = [join(ROOT, 'dist/worker/main.js'), '--outputs', this.outputsFile];
    await this.#launch('worker', process.execPath, args, (line) => line.trim() === 'ready');
  };

  /** Finds out where the emulator is, which it keeps, and writes what the worker is told of the stack. */
  async #lead(): Promise<void> {
    const { folder, hubs } = this.options;
    const profile = join(folder, 'temporal.toml');
    await writeFile(profile, '[profile.default]\n');
    this.env = {
      ...process.env,
      ...(JSON.parse(await this.#ask('env', '--json')) as NodeJS.ProcessEnv),
      TEMPORAL_ADDRESS: this.temporalAddress,
      TEMPORAL_NAMESPACE: NAMESPACE,
      TEMPORAL_CONFIG_FILE: profile,
      ...this.options.env,
    };
    for (const hub of hubs) this.connectionStrings.set(hub, (await this.#ask('connection-string', hub)).trim());
    const programs = this.programs();
    const subscription = this.env['ARM_SUBSCRIPTION_ID'] ?? '';
    const containers = [LEDGER, ALLOCATIONS, CHECKPOINTS];
    const blobEndpoint = await programs.run(makeStorage, { subscription, containers });
    if (this.options.telemetry !== undefined) {
      const storageAccount = new URL(blobEndpoint).hostname.split('.', 1)[0] ?? '';
      this.#telemetry = await programs.run(makeTelemetry, { subscription, storageAccount, hubs });
    }
    programs.close();
    if (this.options.provisioning !== undefined)
      this.provisioning = await this.#provisioningOf(this.options.provisioning);
    await writeFile(this.outputsFile, JSON.stringify(this.#outputs(blobEndpoint)), { mode: 0o600 });
  }

  /** The stack's outputs, with secrets. */
  get outputsFile(): string {
    return join(this.options.folder, 'outputs.json');
  }

  async #provisioningOf(name: string): Promise<StackProvisioning> {
    const connectionString = (await this.#ask('connection-string', '--dps', name)).trim();
    return {
      name,
      idScope: this.#idScope,
      serviceHostName: `${name}.azure-devices-provisioning.test`,
      deviceHostName: 'global.azure-devices-provisioning.test',
      connectionString,
      enrollmentGroups: [...(this.options.enrollmentGroups ?? [])],
      linkedHubs: this.options.hubs.map(hostNameOf),
      webhookUrl: this.#webhook?.url ?? '',
    };
  }

  #outputs(blobEndpoint: string): object {
    const hubOf = ([hub, connectionString]: readonly [string, string]) =>
      [
        hub,
        { hostName: hostNameOf(hub), sku: { name: 'S1', units: 1 }, connectionString, quarantine: hub === QUARANTINE },
      ] as const;
    const { webhookUrl, ...provisioning } = this.provisioning ?? {};
    return {
      auth: 'sas',
      hubs: Object.fromEntries([...this.connectionStrings].map(hubOf)),
      ledger: { blobEndpoint, container: LEDGER },
      ...(this.#telemetry && { telemetry: this.#telemetryOutputs(this.#telemetry, blobEndpoint) }),
      ...(webhookUrl !== undefined && {
        provisioning,
        // Devices that were nowhere yet go to the first hub.
        allocation: {
          webhookUrl,
          container: ALLOCATIONS,
          rules: { default: { newDevices: { [hostNameOf(this.options.hubs[0] ?? '')]: 1 } } },
        },
      }),
    };
  }

  #telemetryOutputs(places: TelemetryPlaces, blobEndpoint: string): object {
    return {
      ...places,
      ...{ functionsUrl: 'https://stack.azurewebsites.test', functionAppName: 'stack' },
      functionKey: randomBytes(32).toString('base64url'),
      ...{ pageUrl: 'https://stack.web.azure.test', pageAccountName: 'stack', pageContainer: '$web' },
      tableEndpoint: blobEndpoint.replace('.blob.', '.table.'),
      checkpointsUrl: new URL(CHECKPOINTS, blobEndpoint).href,
      settings: this.options.telemetry?.settings,
    };
  }

  async #ask(...args: readonly string[]): Promise<string> {
    const all = [EMULATOR, ...args, '--state', this.emulatorState];
    return (await promisify(execFile)(process.execPath, all)).stdout;
  }

  /** Starts a process and, where a line of its stdout says that it works, waits for that. */
  async #launch(
    part: Part,
    command: string,
    args: readonly string[],
    isReady?: (line: string) => boolean,
  ): Promise<void> {
    const env = {
      ...this.env,
      ...(part === 'emulator' && this.#webhook && { NODE_EXTRA_CA_CERTS: this.#webhook.caFile }),
    };
    const logFile = this.logFile(part);
    const { child, ready } = launch({ name: part, command, args, env, logFile, ...(isReady && { isReady }) });
    this.#processes.set(part, child);
    if (isReady !== undefined) await ready;
  }
}

async function again(start: () => Promise<void>, tries = WORKER_TRIES): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (tries <= 1) throw error;
    await sleep(1_000);
    await again(start, tries - 1);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('not a TCP port');
  return address.port;
}
