import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What a token holds beside its cursor. */
const Sealed = z.looseObject({ of: z.string() });

/** Makes the token that a caller hands back, unread, for the next page of a query. @param cursor plain data */
export const sealContinuation = (query: string, cursor: object): string =>
  Buffer.from(JSON.stringify({ ...cursor, of: digestOf(query) })).toString('base64url');

/** Reads a token again. @returns undefined for what is no token, and for one of another query */
export function openContinuation<S extends z.ZodType>(
  query: string,
  token: string,
  cursor: S,
): z.output<S> | undefined {
  const sealed = Sealed.safeParse(jsonOf(Buffer.from(token, 'base64url').toString()));
  return sealed.data?.of === digestOf(query) ? cursor.safeParse(sealed.data).data : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);
