import type { z } from 'zod';
import { HubError } from '../errors';
import { firstProblem } from '../jobs/spec';

/** @throws HubError ArgumentInvalid, naming the first member that is wrong */
export function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new HubError('ArgumentInvalid', `The request body is invalid: ${firstProblem(parsed.error)}`);
}

/**
 * A count in a header or query parameter.
 *
 * @throws HubError ArgumentInvalid when it is no whole number >= 1
 */
export function countOf(text: string | undefined, name: string, otherwise: number): number {
  if (text === undefined || text === '') return otherwise;
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new HubError('ArgumentInvalid', `${name} must be a whole number from 1.`);
  return count;
}
