import type { Properties } from './values';

const HINT = 'run pulumi under the emulator: iothub-emulator exec -- pulumi …';

/** An error answer of the Resource Manager. */
export class ArmResponseError extends Error {
  override readonly name = 'ArmResponseError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

export class MissingEmulatorError extends Error {
  override readonly name = 'MissingEmulatorError';
  constructor(what: string, cause?: unknown) {
    super(`this is the local azure-native provider of iothub-emulator, and ${what}; ${HINT}`, { cause });
  }
}

/** The Resource Manager took the request, and the work that followed failed or was not waited for. */
export class UnfinishedError extends Error {
  override readonly name = 'UnfinishedError';
  constructor(override readonly cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
  }
}

/** The resource is there, but not as it was asked for: the engine keeps it, so that the next `up` goes on from it. */
export class PartialStateError extends Error {
  override readonly name = 'PartialStateError';
  constructor(
    readonly id: string,
    readonly outputs: Properties,
    readonly inputs: Properties,
    override readonly cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause));
  }
}
