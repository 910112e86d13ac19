import { isGrpcServiceError } from '@temporalio/client';
import { CliError, EXIT } from '../output';

/** There is no rollout of that name. */
export class UnknownRolloutError extends CliError {
  constructor(message: string, next: string, options?: ErrorOptions) {
    super(EXIT.failed, message, next, options);
  }
}

/** A worker was asked, and none has answered in time. */
export class NoWorkerError extends CliError {
  constructor(message: string, next: string, options?: ErrorOptions) {
    super(EXIT.failed, message, next, options);
  }
}

/** gRPC status codes that are told apart here. Source: grpc/grpc doc/statuscodes.md. */
export const GRPC = {
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  unimplemented: 12,
  unavailable: 14,
} as const;

/** @returns the gRPC status of an error or of what caused it, or undefined when no call failed */
export function grpcStatusOf(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && error.cause !== undefined ? grpcStatusOf(error.cause) : undefined;
}

/** The message of the deepest cause, which is the one that says what happened. */
export const rootMessage = (error: unknown): string =>
  error instanceof Error ? (error.cause === undefined ? error.message : rootMessage(error.cause)) : String(error);
