import { execFile, spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Agent } from 'node:https';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { AdminClient, type AdminAccess } from '../../emulator/admin/client';

const MAIN = resolve(__dirname, '../../emulator/dist/main.js');
const HUB = 'fuzz';

interface Ready {
  readonly pid: number;
  readonly redirects: readonly { suffix: string; port: number; to: number }[];
  readonly subscriptionId: string;
  readonly dps: readonly { readonly name: string; readonly idScope: string }[];
}

/**
 * An emulator of a test's own, in a process of its own: what it writes to stderr, how much memory it holds and which
 * sockets it has open are the test's doing alone.
 */
export class OwnEmulator {
  readonly hostName = `${HUB}.azure-devices.test`;
  /** What it has written to stderr, whole. */
  stderr = '';
  /** Keeps connections for ordinary requests to the hub. */
  readonly agent: Agent;

  private constructor(
    private readonly child: ChildProcess,
    readonly stateDir: string,
    private readonly ready: Ready,
    /** Of `iothubowner`. */
    readonly policyKey: string,
  ) {
    child.stderr?.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.agent = new Agent({ ...this.#target(443, this.hostName), keepAlive: true, maxSockets: 16 });
  }

  static start(...args: readonly string[]): Promise<OwnEmulator> {
    return OwnEmulator.startOn(mkdtempSync(join(tmpdir(), 'own-emulator-')), ...args);
  }

  /** Starts one on the state of another that has ended. */
  static async startOn(stateDir: string, ...args: readonly string[]): Promise<OwnEmulator> {
    const start = [MAIN, 'start', '--json', '--hub', HUB, '--sku', 'S3', '--state', stateDir, ...args];
    const { env } = process; // as a test has it: jest gives each a copy, which spawn does not know of
    const child = spawn(process.execPath, start, { stdio: ['ignore', 'pipe', 'pipe'], env });
    const line = await firstLine(child);
    const ask = [MAIN, 'connection-string', HUB, '--state', stateDir];
    const { stdout } = await promisify(execFile)(process.execPath, ask);
    const policyKey = /SharedAccessKey=(.*)$/m.exec(stdout)?.[1] ?? '';
    return new OwnEmulator(child, stateDir, JSON.parse(line) as Ready, policyKey);
  }

  get subscriptionId(): string {
    return this.ready.subscriptionId;
  }

  /** Id scope of a provisioning service that it was started with (`--dps`). */
  idScopeOf(name: string): string {
    return this.ready.dps.find((each) => each.name === name)?.idScope ?? '';
  }

  /** What it was told to serve with `--admin`. */
  get admin(): AdminClient {
    return new AdminClient(this.adminAccess);
  }

  get adminAccess(): AdminAccess {
    const state = JSON.parse(readFileSync(join(this.stateDir, 'emulator.json'), 'utf8')) as { admin: AdminAccess };
    return state.admin;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** A TLS socket to what a client would dial as this host and port. */
  async dial(port: number, host = this.hostName): Promise<TLSSocket> {
    const socket = connect(this.#target(port, host));
    socket.on('error', () => undefined); // how a fuzzed connection ends is looked at by its close
    await once(socket, 'secureConnect');
    return socket;
  }

  #target(port: number, servername: string): { host: string; port: number; servername: string; ca: Buffer } {
    const { ready, stateDir } = this;
    const to = ready.redirects.find((each) => servername.endsWith(each.suffix) && each.port === port)?.to;
    if (to === undefined) throw new Error(`the emulator serves no port ${port} of ${servername}`);
    return { host: '127.0.0.1', port: to, servername, ca: readFileSync(join(stateDir, 'tls', 'ca.pem')) };
  }

  residentBytes(): number {
    const status = readFileSync(`/proc/${this.ready.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  openFiles(): number {
    return readdirSync(`/proc/${this.ready.pid}/fd`).length;
  }

  /** Ends it without a chance to do anything about it; its state stays. */
  async kill(): Promise<void> {
    this.agent.destroy();
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  /** Runs a command of `iothub-emulator` on it. @returns what it writes to stdout */
  async command(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args, '--state', this.stateDir]);
    return stdout;
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    if (this.isAlive) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    rmSync(this.stateDir, { recursive: true, force: true });
  }

  /** Of the hub's owner. */
  get connectionString(): string {
    return `HostName=${this.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${this.policyKey}`;
  }

  /** A token of the hub's owner, for the whole hub. */
  ownerToken = (): string => sasOf(this.hostName, this.policyKey, { skn: 'iothubowner' });
}

/** A shared access signature. `se` is an hour from now unless given. */
export function sasOf(
  resource: string,
  key: string,
  { se = Math.floor(Date.now() / 1000) + 3600, skn }: { se?: number; skn?: string } = {},
): string {
  const sr = encodeURIComponent(resource);
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64');
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}${skn === undefined ? '' : `&skn=${skn}`}`;
}

/** @throws Error with what it wrote to stderr when it ends before it is ready: to wait on would say nothing */
async function firstLine(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  let complaint = '';
  const listen = (text: Buffer): void => void (complaint += text.toString());
  child.stderr.on('data', listen);
  const ended = once(child, 'close').then(([code]) => {
    throw new Error(`the emulator ended with ${String(code)} before it was ready: ${complaint}`);
  });
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as [string];
  ended.catch(() => undefined); // it may end now as it likes
  child.stderr.off('data', listen);
  return line;
}
