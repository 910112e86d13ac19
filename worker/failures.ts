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
  const { message, details, stack } = error as GroundswellError;
  const nonRetryable = FAULTS[code].retry === 'never';
  const failure = ApplicationFailure.create({ message, type: code, nonRetryable, details: [details] });
  if (stack !== undefined) failure.stack = stack;
  return failure;
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
