import type { PayloadConverter } from '@temporalio/common';
import { dateOf, type Timestamp } from '../rollout/timestamp';
import type { History } from '../rollouts';

/** One event of a workflow history, as the server keeps it. */
export type HistoryEvent = NonNullable<History['events']>[number];

type Payloads = { readonly payloads?: readonly Payload[] | null } | null | undefined;
type Payload = Parameters<PayloadConverter['fromPayload']>[0];

/** @returns the first value of a payload list, or undefined for an empty one */
export function firstOf(converter: PayloadConverter, payloads: Payloads): unknown {
  const payload = payloads?.payloads?.[0];
  return payload === undefined ? undefined : converter.fromPayload<unknown>(payload);
}

/** @returns the value that a memo holds under a name, or undefined */
export function memoOf(
  converter: PayloadConverter,
  memo: { readonly fields?: Record<string, Payload> | null } | null | undefined,
  name: string,
): unknown {
  const payload = memo?.fields?.[name];
  return payload === undefined ? undefined : converter.fromPayload<unknown>(payload);
}

export const timeOf = (time: Timestamp | null | undefined): Date => dateOf(time) ?? new Date(0);

interface Failure {
  readonly message?: string | null;
  readonly cause?: Failure | null;
}

/** What a failure says at its root: wrappers ("Activity task failed") say nothing. */
export const failureText = (failure: Failure | null | undefined): string =>
  failure?.cause ? failureText(failure.cause) : (failure?.message ?? 'no reason recorded');
