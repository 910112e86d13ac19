import { sameSecret, type Identify } from '../http/identity';
import { failure, type FunctionReply, type FunctionRequest } from './http';

/** App role of whoever may look at devices: of people, groups and applications. */
export const READ_ROLE = 'Telemetry.Read';

/** @returns what to answer instead, when the request may not pass */
export type Guard = (request: Pick<FunctionRequest, 'headers' | 'query'>) => Promise<FunctionReply | undefined>;

/**
 * Lets pass who shows the key, as the host of Azure Functions has it shown: in the header `x-functions-key`, or in the query as
 * `code` (azure-functions/function-keys-how-to.md). Takes the same time for every wrong key.
 *
 * @throws Error when the key is empty: that would be everybody's
 */
export function keyGuard(key: string): Guard {
  if (key === '') throw new Error('the function key is empty');
  return ({ headers, query }) => {
    const shown = headers.get('x-functions-key') ?? query.get('code') ?? '';
    const passes = sameSecret(shown, key);
    return Promise.resolve(passes ? undefined : failure('UNKNOWN_CALLER', 'a function key is asked for'));
  };
}

/** Lets pass who shows a token of the right tenant, for these functions, with the role {@link READ_ROLE}. */
export function callerGuard(identify: Identify): Guard {
  return async ({ headers }) => {
    const identified = await identify(headers.get('authorization') ?? undefined).catch(() => undefined);
    if (identified === undefined)
      return failure('AWAY', 'the directory that signs tokens does not answer', 'Try again in a while.');
    if (identified.kind === 'refused') return failure('UNKNOWN_CALLER', identified.message, 'Sign in again.');
    if (identified.caller.roles.includes(READ_ROLE)) return undefined;
    const advice = `Ask who administers Groundswell for the role ${READ_ROLE}.`;
    return failure('ROLE', `${identified.caller.name} may not look at devices`, advice);
  };
}
