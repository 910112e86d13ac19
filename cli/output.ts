import type { GroundswellError } from '../domain/errors';

/** What a process answers; docs/cli.md says when. Nothing calls process.exit. */
export const EXIT = { done: 0, failed: 1, usage: 2, stopped: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** How the commands name themselves in advice: works in a checkout and with a global installation. */
export const COMMAND = 'npx groundswell';

/** A stream to write to; a terminal says so. */
export type Sink = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** The world as the commands see it, so that tests can stand in for a process. */
export interface Io {
  /** Results. */
  readonly stdout: Sink;
  /** Notes and errors. */
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls back on Ctrl-C, and when nobody reads stdout any more; returns what ends the listening. */
  onInterrupt(listener: () => void): () => void;
}

/** What every command gets: the world, and where to leave its exit code. */
export interface Cli {
  readonly io: Io;
  exit(code: ExitCode): void;
}

/** An error that tells the user what to do, not one of the program. */
export class CliError extends Error {
  override readonly name = 'CliError';

  /**
   * @param next the next step for the user, as a sentence or a command
   */
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly next?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Writes one line to stdout. */
export const print = ({ stdout }: Io, text: string): void => void stdout.write(`${text}\n`);

/** Writes one line to stderr. */
export const note = ({ stderr }: Io, text: string): void => void stderr.write(`${text}\n`);

export const printJson = (io: Io, value: unknown): void => print(io, JSON.stringify(value, undefined, 2));

/** One JSON object on one line, for streams of them. */
export const printJsonLine = (io: Io, value: unknown): void => print(io, JSON.stringify(value));

const isFault = (error: Error): error is GroundswellError => error.name === 'GroundswellError';

/**
 * Tells the user of an error on stderr. An error that no command foresaw is shown with its stack: it is a defect.
 *
 * @returns the exit code
 */
export function reportError(io: Io, error: unknown): ExitCode {
  if (!(error instanceof Error)) return reportError(io, new Error(String(error)));
  const foreseen = error instanceof CliError || isFault(error);
  note(io, `error: ${foreseen ? error.message : (error.stack ?? error.message)}`);
  if (!(error instanceof CliError)) return EXIT.failed;
  if (error.next !== undefined) note(io, `next:  ${error.next}`);
  return error.exitCode;
}
