import type { FastifyRequest } from 'fastify';

/** Parameters of the query by their name in lower case: the services compare names without case. */
export const queryOf = ({ query }: FastifyRequest): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(query as object).map(([name, value]) => [name.toLowerCase(), String(value)]));

/** The path without its query and the slashes in front of it, as it was sent. */
export const pathOf = ({ url }: FastifyRequest): string => url.replace(/^\/+/, '').split('?')[0] ?? '';

/** What a check refuses with, for hooks: they must hand an error on, as one that they throw would end the process. */
export function refusalOf(check: () => void): Error | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error as Error; // services throw nothing else
  }
}
