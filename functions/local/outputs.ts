import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { readStackOutputs, type StackOutputs } from '../../spec/stack-outputs';

/** @param source a file, or `-` for stdin: outputs with secrets are no argument. @throws Error that quotes none of it */
export const outputsFrom = async (source: string): Promise<StackOutputs> =>
  readStackOutputs(source === '-' ? await text(process.stdin) : await readFile(source, 'utf8'));

/** Ends with the first signal to end. Asked for before anything else is begun, so that none is missed. */
export const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
  });

/** One line of JSON to stderr. Holds no key, no token, and nothing of a message. */
export const logLine = (entry: object): void =>
  void process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);

export const messageOfError = (error: unknown): string => (error instanceof Error ? error.message : String(error));
