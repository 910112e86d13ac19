import { ApplicationFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { FAULTS, type FaultCode, faultCodeOf, type GroundswellError } from '../domain/errors';

/**
 * Makes a domain error a Temporal failure: its type is the fault code, and the fault table says whether trying again
 * can help. Anything else is passed on as it is; Temporal tries it again.
 */
export function failureOf(error: unknown): unknown {
  const code: FaultCode | undefined = faultCodeOf(error);
  if (code === undefined) return error;
  const { message, details } = error as GroundswellError;
  return ApplicationFailure.create({
    message,
    type: code,
    nonRetryable: FAULTS[code].retry === 'never',
    details: [details],
    cause: error as Error,
  });
}

/** Translates what activities throw. */
export const failureInterceptor: ActivityInboundCallsInterceptor = {
  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>) {
    try {
      return await next(input);
    } catch (error) {
      throw failureOf(error);
    }
  },
};
