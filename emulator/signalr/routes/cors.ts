import type { SignalRSettings } from '../settings';

/**
 * What lets a page of another origin read an answer. The official client sends cookies along unless it is told not to, so
 * that the origin has to be named and credentials allowed, also where all origins may call.
 *
 * @param origin as the browser sent it
 * @returns headers; none when the origin may not
 */
export function corsHeaders(
  { allowedOrigins }: Pick<SignalRSettings, 'allowedOrigins'>,
  origin: string | undefined,
): Record<string, string> {
  if (origin === undefined || !(allowedOrigins.includes('*') || allowedOrigins.includes(origin))) return {};
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' };
}

/** What a preflight is answered with beside {@link corsHeaders}: the methods that clients use, and the headers it asks for. */
export const preflightHeaders = (asked: string | undefined): Record<string, string> => ({
  'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
  ...(asked !== undefined && { 'access-control-allow-headers': asked }),
  'access-control-max-age': '600',
});
