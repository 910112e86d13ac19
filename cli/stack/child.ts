import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, createWriteStream, openSync, readFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, EXIT } from '../output';
import type { Environment } from './environment';
import { GRACE_MS, killWhole } from './signals';

const TAIL_LINES = 20;
/** After its end, time for its last words to come through; a grandchild may hold the pipes open for longer. */
const LAST_WORDS_MS = 3_000;

export interface ChildSpec {
  /** What the user knows it as; also names its log. */
  readonly name: string;
  readonly command: string;
  /** Never secrets: any user of the machine can read them. */
  readonly args: readonly string[];
  readonly env: Environment;
  readonly cwd?: string;
  /** Written to its stdin, which then closes. The way for secrets. */
  readonly input?: string;
  /** Gets all that it prints. */
  readonly logFile: string;
  /** Gets each line of its stderr as it comes. */
  readonly onNote?: (line: string) => void;
}

/** How a process ended; both null when it could not be started. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of the stack ended though nobody asked it to. */
export class ChildDiedError extends CliError {
  constructor(message: string) {
    super(EXIT.failed, message);
  }
}

/** One process of the stack, leading a process group of its own, so that Ctrl-C in a terminal reaches it only through us. */
export class Child {
  readonly exited: Promise<Exit>;
  private readonly process: ChildProcess;
  private readonly output: Interface;
  private stopping = false;
  private exit: Exit | undefined;

  constructor(private readonly spec: ChildSpec) {
    const { command, args, cwd, env, input, onNote, logFile } = spec;
    const log = openSync(logFile, 'a', 0o600);
    this.process = spawn(command, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', onNote === undefined ? log : 'pipe'],
    });
    closeSync(log);
    this.exited = exitOf(this.process).then((exit) => (this.exit = exit));
    this.process.stdin?.on('error', () => undefined); // one that ends before it reads: its exit says so
    this.process.stdin?.end(input);
    this.output = linesInto(logFile, this.process.stdout);
    if (onNote !== undefined) linesInto(logFile, this.process.stderr).on('line', onNote);
  }

  get name(): string {
    return this.spec.name;
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  /**
   * Waits for a line on its stdout.
   *
   * @returns the first line for which `isIt` holds
   * @throws ChildDiedError when it ends before
   */
  async line(isIt: (line: string) => boolean): Promise<string> {
    let listener: ((line: string) => void) | undefined;
    const found = new Promise<string>((resolve) => {
      this.output.on('line', (listener = (line) => isIt(line) && resolve(line)));
    });
    try {
      return await Promise.race([found, this.exited.then((exit) => Promise.reject(this.death(exit)))]);
    } finally {
      if (listener !== undefined) this.output.off('line', listener);
    }
  }

  /** Resolves, when it ends unasked, to the error that says so; never when it was stopped. */
  async died(): Promise<ChildDiedError> {
    const exit = await this.exited;
    return this.stopping ? new Promise<never>(() => undefined) : this.death(exit);
  }

  /** Says how it ended, with its last lines and where the rest is. */
  death({ code, signal }: Exit): ChildDiedError {
    const how = signal === null ? `ended with exit code ${code ?? '(not started)'}` : `was killed by ${signal}`;
    const tail = tailOf(this.spec.logFile).map((line) => `  | ${line}`);
    const said = tail.length > 0 ? ['its last lines:', ...tail] : ['it printed nothing'];
    return new ChildDiedError([`${this.name} ${how}; ${said.join('\n')}`, `  log: ${this.spec.logFile}`].join('\n'));
  }

  /** Asks it to end, kills it with all it started when it does not within the grace period; resolves once it is gone. */
  async stop(graceMs = GRACE_MS): Promise<void> {
    this.stopping = true;
    if (this.exit === undefined) this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.exited;
    clearTimeout(timer);
    this.kill(); // what it may have left behind
  }

  kill(): void {
    this.stopping = true;
    if (this.pid !== undefined) killWhole(this.pid);
  }
}

/** Reads a stream by lines and appends all of it to the log. */
function linesInto(logFile: string, stream: NodeJS.ReadableStream | null): Interface {
  if (stream === null) throw new Error('the stream is not a pipe');
  stream.pipe(createWriteStream(logFile, { flags: 'a', mode: 0o600 }));
  return createInterface({ input: stream });
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  const closed = once(child, 'close').catch(() => undefined);
  try {
    const [code, signal] = (await once(child, 'exit')) as [Exit['code'], Exit['signal']];
    await Promise.race([closed, sleep(LAST_WORDS_MS)]);
    return { code, signal };
  } catch {
    return { code: null, signal: null };
  }
}

function tailOf(logFile: string): string[] {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
  return lines.slice(-TAIL_LINES).filter((line) => line !== '');
}
