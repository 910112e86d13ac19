import type { IncomingMessage } from 'node:http';

import * as jwt from 'jsonwebtoken';

import type { Account } from './accounts';

/** A request that Azure would refuse and Azurite would let pass. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

type Request = Pick<IncomingMessage, 'headers' | 'url'>;

const accountNameOf = (host = ''): string => (host.split('.', 1)[0] ?? '').toLowerCase();

/** A service or account SAS is signed with an account key; a user delegation SAS names its key (`skoid`) instead. */
function usesAccountKey({ headers, url = '' }: Request): boolean {
  const query = new URL(url, 'https://blob').searchParams;
  const isAccountSas = query.has('sig') && !query.has('skoid');
  return isAccountSas || /^SharedKey(Lite)? /.test(headers.authorization ?? '');
}

function isForged(authorization: string, publicKey: string): boolean {
  try {
    jwt.verify(authorization.slice('Bearer '.length), publicKey, { algorithms: ['RS256'] });
    return false;
  } catch {
    return true;
  }
}

const refused = (status: number, code: string, message: string): Refusal => ({ status, code, message });

/**
 * What Azurite leaves out: it does not check the signature of a bearer token (`--oauth basic`), knows no account-wide
 * switches, and falls back to a well-known development account. Codes: Microsoft Learn, "Common REST API error codes"
 * and "Prevent Shared Key authorization for an Azure Storage account".
 *
 * @param publicKey PEM of the token issuer
 * @returns undefined when Azurite may answer
 */
export function refusalOf(
  request: Request,
  accounts: ReadonlyMap<string, Account>,
  publicKey: string,
): Refusal | undefined {
  const { headers } = request;
  const name = accountNameOf(headers.host);
  const account = accounts.get(name);
  if (account === undefined) return refused(404, 'ResourceNotFound', `No storage account '${name}' exists.`);
  const authorization = headers.authorization ?? '';
  if (authorization.startsWith('Bearer ') && isForged(authorization, publicKey)) {
    return refused(401, 'InvalidAuthenticationInfo', 'Signature or lifetime validation of the token failed.');
  }
  if (!account.allowSharedKeyAccess && usesAccountKey(request)) {
    const text = 'Key based authentication is not permitted on this storage account.';
    return refused(403, 'KeyBasedAuthenticationNotPermitted', text);
  }
  if (!account.allowBlobPublicAccess && headers['x-ms-blob-public-access'] !== undefined) {
    return refused(409, 'PublicAccessNotPermitted', 'Public access is not permitted on this storage account.');
  }
  return undefined;
}

/** The body of a storage error (Microsoft Learn, "Status and error codes"). */
export const refusalXml = ({ code, message }: Refusal): string =>
  `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
