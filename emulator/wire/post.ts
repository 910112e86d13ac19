import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as requestByHttp } from 'node:http';
import { Agent, request as requestByHttps } from 'node:https';
import { createSecureContext, rootCertificates } from 'node:tls';
import { LOOPBACK, SITES_SUFFIX } from '../names';

/** How services of the emulator call a URL that a user has given them. */
export type Post = (url: string, json: string, signal: AbortSignal) => Promise<IncomingMessage>;

export interface PostOptions {
  /** PEM: the emulator's own, by which what stands in for a web app proves itself. */
  readonly ca: string;
  /** Loopback port where that listens; undefined where nothing does. */
  readonly sites: number | undefined;
}

/**
 * Posts JSON over http or https, without following redirects. A certificate must lead to a root of Node, of
 * NODE_EXTRA_CA_CERTS, or to the emulator's own CA; hosts of web apps are sought on this machine and nowhere else.
 *
 * @returns posts, and rejects when there is no answer
 */
export function createPost({ ca, sites }: PostOptions): Post {
  let agent: Agent | undefined; // to read all roots takes time that most emulators need not spend
  return async (address, json, signal) => {
    const url = new URL(address);
    const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(json) };
    const options = { method: 'POST', headers: { ...headers, host: url.host }, signal };
    const sent =
      url.protocol === 'https:'
        ? requestByHttps(url, { ...options, agent: (agent ??= agentTrusting(ca)), ...siteOf(url, sites) })
        : requestByHttp(url, { ...options, agent: false });
    sent.on('error', () => undefined); // one that comes later is the answer's, whose reader is told
    sent.end(json);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response;
  };
}

const siteOf = ({ hostname }: URL, port: number | undefined): object =>
  hostname.endsWith(`.${SITES_SUFFIX}`) && port !== undefined ? { hostname: LOOPBACK, port, servername: hostname } : {};

/** A connection each: one that is kept may end just as it is used again, and a POST must not be sent twice. */
function agentTrusting(ca: string): Agent {
  const { NODE_EXTRA_CA_CERTS: extra } = process.env;
  const given = [extra === undefined ? '' : textOf(extra), ca].filter((pem) => pem !== '');
  return new Agent({ secureContext: createSecureContext({ ca: [...rootCertificates, ...given] }), keepAlive: false });
}

/** As Node itself does: a file that cannot be read is none. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
