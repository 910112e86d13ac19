import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import { Agent, request as requestByHttps } from 'node:https';

import type { StaticWebsite } from '@azure/storage-blob';

import { LOOPBACK } from '../names';
import { type BlobAccess, blobService } from './containers';
import { WEB_CONTAINER } from './web-container';

/** How a blob is asked for. */
export interface FileRequest {
  readonly method: 'GET' | 'HEAD';
  /** In the container, decoded, without a slash in front. */
  readonly path: string;
  /** Conditions and ranges; others stay here. */
  readonly headers: IncomingHttpHeaders;
}

/** The files of the static websites of all accounts, which anybody may read. */
export interface Websites {
  /** Undefined where there is no account, or its website is off. */
  settings(account: string): Promise<StaticWebsite | undefined>;
  /**
   * The blob service's own answer: 200, 206, 304, 404, 412 or 416. Its body has to be read.
   *
   * @returns undefined for a path that would lead out of the website's container, to what is not for anybody
   */
  open(account: string, file: FileRequest): Promise<IncomingMessage | undefined>;
  /** Told whenever an account's settings may have changed: they are kept until then. */
  changed(account: string): void;
}

/** What of a request the blob is chosen by. */
const FORWARDED = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'range'] as const;

const VERSION = '2021-12-02';

/** @param hasAccount whether there is an account of this name */
export function websites(access: BlobAccess, hasAccount: (name: string) => boolean): Websites {
  const agent = new Agent({ host: LOOPBACK, port: access.port, ca: access.ca, keepAlive: true });
  const known = new Map<string, Promise<StaticWebsite | undefined>>();
  const read = async (account: string): Promise<StaticWebsite | undefined> => {
    const { staticWebsite } = await blobService(access, account).getProperties();
    return staticWebsite?.enabled === true ? staticWebsite : undefined;
  };
  return {
    async settings(account) {
      if (!hasAccount(account)) return undefined;
      const settings = known.get(account) ?? read(account);
      known.set(account, settings);
      settings.catch(() => known.delete(account));
      return settings;
    },
    changed: (account) => void known.delete(account),
    async open(account, { method, path, headers }) {
      const segments = path.split('/');
      if (segments.some((segment) => segment === '.' || segment === '..')) return undefined;
      const host = `${account}.${access.blobSuffix}`;
      const url = `https://${host}/${[WEB_CONTAINER, ...segments].map(encodeURIComponent).join('/')}`;
      const given = FORWARDED.filter((name) => headers[name] !== undefined).map((name) => [name, headers[name]]);
      const own = { authorization: `Bearer ${access.token()}`, 'x-ms-version': VERSION, host };
      const sent = requestByHttps(url, {
        method,
        agent,
        headers: { ...(Object.fromEntries(given) as OutgoingHttpHeaders), ...own },
      });
      sent.on('error', () => undefined); // one that comes later is the answer's, whose reader is told
      sent.end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      return response;
    },
  };
}

/** Makes the container of an account's website if that is on. */
export async function ensureWebContainer(access: BlobAccess, account: string): Promise<void> {
  const service = blobService(access, account);
  const { staticWebsite } = await service.getProperties();
  if (staticWebsite?.enabled === true) await service.getContainerClient(WEB_CONTAINER).createIfNotExists();
}
