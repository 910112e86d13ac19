import { createHash, timingSafeEqual } from 'node:crypto';

/** Who sends a request. */
export interface Caller {
  /** For people: `ada@contoso.com`; of an application, its id. What histories name. */
  readonly name: string;
  /** The directory's own id of it, which no rename changes. */
  readonly id: string;
  /** App roles. */
  readonly roles: readonly string[];
  /** What the application may do in the person's name. */
  readonly scopes: readonly string[];
}

export type Identified =
  | { readonly kind: 'known'; readonly caller: Caller }
  /** To be answered with 401. `message` names what is wrong and never the token. */
  | { readonly kind: 'refused'; readonly message: string };

/**
 * Tells who sends a request.
 *
 * @param authorization the header, as it came
 * @throws when that cannot be told now, since the directory does not answer: 503
 */
export type Identify = (authorization: string | undefined) => Promise<Identified>;

export const refused = (message: string): Identified => ({ kind: 'refused', message });

/** @returns the token of `Bearer <token>` (RFC 6750, 2.1), or undefined */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1];

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Takes the same time for every wrong text, whatever its length. */
export const sameSecret = (shown: string, secret: string): boolean => timingSafeEqual(digest(shown), digest(secret));

/**
 * Knows one token, that of the local stack.
 *
 * @param token at least 32 characters: nothing limits tries
 * @throws Error when it is shorter
 */
export function localIdentity(token: string, caller: Caller): Identify {
  if (token.length < 32) throw new Error(`the local token has ${token.length} characters, allowed are 32 and more`);
  return (authorization) => {
    const shown = bearerOf(authorization);
    if (shown === undefined) return Promise.resolve(refused('a bearer token is asked for'));
    return Promise.resolve(
      sameSecret(shown, token) ? { kind: 'known', caller } : refused('the token is not the one of this start'),
    );
  };
}
