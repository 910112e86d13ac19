import type { Attempt, ToolName } from './types';

/** A tool was not found and no source could install it. The message lists every place tried and the next step. */
export class ToolUnavailableError extends Error {
  readonly code = 'GS_TOOL_UNAVAILABLE';

  constructor(
    readonly tool: ToolName,
    readonly minimum: string,
    readonly attempts: readonly Attempt[],
    readonly nextStep: string,
  ) {
    const tried = attempts.map(({ source, reason }) => `  - ${source}: ${reason.replaceAll('\n', '\n    ')}`);
    super(
      [
        `${tool} ${minimum} or newer was not found and could not be installed. Tried:`,
        ...tried,
        `Next step: ${nextStep}`,
      ].join('\n'),
    );
    this.name = 'ToolUnavailableError';
  }
}

/** A command line ended with another exit code than 0, or could not be started. The message ends in its last output. */
export class CommandFailedError extends Error {
  readonly code = 'GS_COMMAND_FAILED';

  constructor(
    readonly command: string,
    readonly outcome: string,
    readonly lastLines: readonly string[],
  ) {
    super([`\`${command}\` ${outcome}`, ...lastLines].join('\n'));
    this.name = 'CommandFailedError';
  }
}

/** What an unknown thrown value says, with the causes that fetch hides behind "fetch failed". */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasonOf(error.cause)}`;
}
