import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How much is kept of a command's output at its start, where npm says what is wrong, and as much again at its end. */
const LINES_KEPT = 12;
/** What shows its own output has servers to stop; npm and compilers have nothing to save, and npm ignores Ctrl-C. */
const GRACE_MS = { shown: 20_000, hidden: 2_000 };
/** A terminal and npm both pass on the same Ctrl-C; what comes so soon after the first is the same key press. */
const SAME_PRESS_MS = 500;
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** A step that failed, with what the user should do next. */
export class StepError extends Error {
  constructor(step, reason, { lines = [], next } = {}) {
    const output = lines.length > 0 ? ['Its output:', ...lines.map((line) => `  ${line}`)] : [];
    super([`${step} failed: ${reason}`, ...output, ...(next ? [`Next step: ${next}`] : [])].join('\n'));
    this.name = 'StepError';
  }
}

/** The user, or whoever started this, asked it to end. */
export class Interrupted extends Error {
  constructor(signal) {
    super(`interrupted by ${signal}`);
    this.name = 'Interrupted';
    this.exitCode = SIGNALS[signal];
  }
}

/**
 * Runs a script's work and sets the exit code: its own, 1 after a StepError, 128 + n after a signal. A first signal
 * aborts the work, which ends what it started; a second one kills that.
 *
 * @param {(signal: AbortSignal) => Promise<number>} work returns the exit code
 */
export async function main(work) {
  const controller = new AbortController();
  listen(controller);
  try {
    process.exitCode = await work(controller.signal);
  } catch (error) {
    const reason = controller.signal.aborted ? controller.signal.reason : error;
    const foreseen = reason instanceof StepError || reason instanceof Interrupted;
    console.error(foreseen ? reason.message : reason);
    process.exitCode = reason.exitCode ?? 1;
  } finally {
    for (const signal of Object.keys(SIGNALS)) process.removeAllListeners(signal);
  }
}

function listen(controller) {
  let firstAt;
  for (const signal of Object.keys(SIGNALS)) {
    process.on(signal, () => {
      firstAt ??= Date.now();
      if (!controller.signal.aborted) controller.abort(new Interrupted(signal));
      else if (Date.now() - firstAt > SAME_PRESS_MS) for (const child of running) kill(child, 'SIGKILL');
    });
  }
}

const running = new Set();

/**
 * Runs a command in a process group of its own, so that signals reach it once, through us, and nothing of it is left
 * after an abort.
 *
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, signal: AbortSignal, show?: boolean | number, onLine?: (line: string) => void }} options
 *   show: its output goes straight to ours, or to a file by its descriptor; otherwise lines are kept and handed to onLine
 * @returns {Promise<{ code: number, how: string, lines: string[] }>} code is 1 when it could not run at all
 */
export async function run(command, args, { cwd, env, signal, show = false, onLine = () => {} }) {
  signal.throwIfAborted();
  const to = show === true ? 'inherit' : show === false ? 'pipe' : show;
  const stdio = ['ignore', to, to];
  const child = spawn(command, args, { cwd, env, stdio, detached: process.platform !== 'win32' });
  running.add(child);
  const lines = to === 'pipe' ? keepLines(child, onLine) : [];
  const stop = stopOnAbort(child, signal, to === 'pipe' ? GRACE_MS.hidden : GRACE_MS.shown);
  const { code, how } = await ended(child);
  running.delete(child);
  stop();
  signal.throwIfAborted();
  return { code, how, lines };
}

function keepLines(child, onLine) {
  const lines = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      if (lines.length > 2 * LINES_KEPT) lines.splice(LINES_KEPT, 1);
      onLine(line);
    });
  }
  return lines;
}

function stopOnAbort(child, signal, graceMs) {
  let timer;
  const stop = () => {
    child.kill('SIGINT');
    timer = setTimeout(() => kill(child, 'SIGKILL'), graceMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  return () => {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
    if (signal.aborted) kill(child, 'SIGKILL');
  };
}

function kill(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function ended(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, how: `could not be started: ${error.message}` }));
    child.once('close', (code, signal) =>
      resolve(signal ? { code: 1, how: `was ended by ${signal}` } : { code, how: `ended with exit code ${code}` }),
    );
  });
}
