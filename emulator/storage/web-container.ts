import type { IncomingMessage, ServerResponse } from 'node:http';

import { accountNameOf } from './guard';

/** Holds the files of an account's static website (storage-blob-static-website.md). */
export const WEB_CONTAINER = '$web';

/** Whether a request sets the properties of the blob service, of which the static website is one. */
function setsProperties({ method, url = '' }: IncomingMessage): boolean {
  const query = new URLSearchParams(url.split(/\?(.*)/s)[1]);
  const word = (name: string): string => (query.get(name) ?? '').toLowerCase();
  return method === 'PUT' && word('restype') === 'service' && word('comp') === 'properties';
}

/**
 * Azure makes the container of a website as it is switched on, Azurite does not: here it is there before the caller is
 * answered.
 *
 * @param make makes it if the account's website is on
 */
export function makeWebContainer(
  request: IncomingMessage,
  response: ServerResponse,
  make: (account: string) => Promise<unknown>,
): void {
  if (!setsProperties(request)) return;
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  response.end = (...args: unknown[]): ServerResponse => {
    if (response.statusCode >= 300) return end(...args);
    void make(accountNameOf(request.headers.host)).finally(() => end(...args));
    return response;
  };
}
