import type { IncomingMessage } from 'node:http';

export interface Cors {
  /** Exactly as browsers name them: `https://host` or `https://host:port`. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
}

/** A browser asks again after so long. */
const PREFLIGHT_FOR_S = 600;

/** Headers of every answer: an origin is named only if it is one of those, and credentials of browsers never are allowed. */
export function corsOf(
  { headers: { origin } }: IncomingMessage,
  { origins, methods, headers }: Cors,
): Record<string, string> {
  if (origin === undefined || !origins.includes(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': headers.join(', '),
    'access-control-expose-headers': 'retry-after',
    'access-control-max-age': String(PREFLIGHT_FOR_S),
  };
}

/** Whether a browser asks what it may send; answered without asking who it is (Fetch, "CORS-preflight request"). */
export const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
