import * as jwt from 'jsonwebtoken';

import type { Account } from './accounts';
import type { Need, StorageRequest } from './needs';
import { isTableBatch } from './table-needs';

/** A request that Azure would refuse and Azurite would let pass. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

type Request = StorageRequest;

/** The account that a request is for, by its host. */
export const accountNameOf = (host = ''): string => (host.split('.', 1)[0] ?? '').toLowerCase();

/** A service or account SAS is signed with an account key; a user delegation SAS names its key (`skoid`) instead. */
function usesAccountKey(request: Request): boolean {
  const query = queryOf(request);
  const isAccountSas = query.has('sig') && !query.has('skoid');
  return isAccountSas || /^SharedKey(Lite)? /.test(request.headers.authorization ?? '');
}

/** Whose token it is. @returns undefined for one that Entra ID did not sign, or that has expired */
function bearerOf(authorization: string, publicKey: string): string | undefined {
  try {
    const claims = jwt.verify(authorization.slice('Bearer '.length), publicKey, { algorithms: ['RS256'] });
    return typeof claims === 'object' && typeof claims['oid'] === 'string' ? claims['oid'] : undefined;
  } catch {
    return undefined;
  }
}

const isBearer = (authorization: string): boolean => /^Bearer /i.test(authorization);
const queryOf = ({ url = '' }: Request): URLSearchParams => new URLSearchParams(url.split(/\?(.*)/s)[1]);

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
  if (isBearer(authorization) && bearerOf(authorization, publicKey) === undefined) {
    return refused(401, 'InvalidAuthenticationInfo', 'Signature or lifetime validation of the token failed.');
  }
  if (!account.allowSharedKeyAccess && usesAccountKey(request)) {
    const text = 'Key based authentication is not permitted on this storage account.';
    return refused(403, 'KeyBasedAuthenticationNotPermitted', text);
  }
  if (!account.allowBlobPublicAccess && headers['x-ms-blob-public-access'] !== undefined) {
    return refused(409, 'PublicAccessNotPermitted', 'Public access is not permitted on this storage account.');
  }
  return refusedForm(request);
}

/** Requests that Azurite would take apart in another way than the question about roles does, or let too much in. */
function refusedForm(request: Request): Refusal | undefined {
  if (!/^\/(?!\/)/.test(request.url ?? '/')) return refused(400, 'InvalidUri', 'The requested URI is not valid.');
  const query = queryOf(request);
  const isBatch = query.get('comp')?.toLowerCase() === 'batch' || isTableBatch(request);
  if (!query.has('sig') || !isBatch) return undefined;
  return refused(501, 'NotImplemented', 'The emulator takes batches with a token or a shared key, not with a SAS.');
}

/** What has to be asked about a request before it may pass. */
export interface Question {
  readonly objectId: string;
  readonly needs: readonly Need[];
}

/**
 * Who must be allowed what, for requests that {@link refusalOf} lets pass: the bearer of a token, and whoever asked for
 * the key that signed a user delegation SAS. Account keys may do everything.
 *
 * @param needsOf what the service asks for; may throw for a request that it cannot read
 * @returns undefined when roles have no say; a refusal for a request that cannot be read
 */
export async function questionOf(
  request: Request,
  accounts: ReadonlyMap<string, Account>,
  publicKey: string,
  needsOf: (account: Account) => Need[] | Promise<Need[]>,
): Promise<Question | Refusal | undefined> {
  const { headers } = request;
  const account = accounts.get(accountNameOf(headers.host));
  const authorization = headers.authorization ?? '';
  const delegate = queryOf(request).get('skoid') ?? undefined;
  const objectId = isBearer(authorization) ? bearerOf(authorization, publicKey) : delegate;
  if (account === undefined || objectId === undefined) return undefined;
  try {
    return { objectId, needs: await needsOf(account) };
  } catch {
    return isTableBatch(request)
      ? refused(400, 'InvalidInput', 'The batch cannot be read.')
      : refused(400, 'InvalidUri', 'The requested URI is not valid.');
  }
}

/** The service's answer when no role allows what is asked. */
export const PERMISSION_MISMATCH = refused(
  403,
  'AuthorizationPermissionMismatch',
  'This request is not authorized to perform this operation using this permission.',
);

/** The body of a storage error (Microsoft Learn, "Status and error codes"). */
export const refusalXml = ({ code, message }: Refusal): string =>
  `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
