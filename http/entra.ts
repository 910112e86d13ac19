import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify, type RemoteJWKSet } from 'jose';
import { bearerOf, type Caller, type Identified, type Identify, refused } from './identity';

export interface EntraOptions {
  /** Of one tenant: `https://login.microsoftonline.com/<tenant id>`; http only on loopback. */
  readonly authority: string;
  /** The application's id and its `api://…` address: tokens of version 2.0 have the first, of 1.0 the second. */
  readonly audience: string | readonly string[];
}

/** One version of tokens, as the authority describes it. */
interface Issuer {
  readonly name: string;
  readonly keys: RemoteJWKSet;
}

const ANSWER_WITHIN_MS = 10_000;
/** Clocks differ; Microsoft's own libraries allow 5 minutes. */
const CLOCKS_DIFFER_S = 300;
/** Keys are asked for anew after this time: Microsoft says daily at least (signing key rollover). */
const KEYS_FOR_MS = 60 * 60_000;

/** @throws Error when it is not the authority of one tenant: those of all tenants issue tokens to anybody */
function authorityOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const tenant = url?.pathname.replace(/^\/|\/$/g, '') ?? '';
  const fine = url?.protocol === 'https:' || (loopback && url.protocol === 'http:');
  if (
    url === undefined ||
    !fine ||
    !/^[\w.-]+$/.test(tenant) ||
    ['common', 'organizations', 'consumers'].includes(tenant)
  )
    throw new Error(
      `the authority is ${JSON.stringify(text)}, allowed is that of one tenant: https://login.microsoftonline.com/<tenant id>`,
    );
  return `${url.origin}/${tenant}`;
}

/**
 * OpenID Connect discovery: what the authority says of itself.
 *
 * @throws when it does not answer, or answers something else
 */
async function issuerAt(address: string): Promise<Issuer> {
  const response = await fetch(`${address}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    redirect: 'error',
  });
  const found = (await response.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
  const { issuer, jwks_uri: keysAt } = found;
  if (!response.ok || typeof issuer !== 'string' || typeof keysAt !== 'string')
    throw new Error(`${address} does not tell its issuer and its keys (${response.status})`);
  if (new URL(keysAt).protocol !== 'https:' && new URL(keysAt).hostname !== new URL(address).hostname)
    throw new Error(`${address} names keys that are not behind https`);
  return {
    name: issuer,
    keys: createRemoteJWKSet(new URL(keysAt), { cacheMaxAge: KEYS_FOR_MS, timeoutDuration: ANSWER_WITHIN_MS }),
  };
}

/** Keeps what has been found; a failure is not kept. */
function once<Value>(find: () => Promise<Value>): () => Promise<Value> {
  let found: Promise<Value> | undefined;
  return () => {
    found ??= find().catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/** Access token claims reference: what people and applications are called in versions 1.0 and 2.0. */
function callerOf(claims: JWTPayload): Caller {
  const text = (...names: string[]): string =>
    names.map((name) => claims[name]).find((value): value is string => typeof value === 'string' && value !== '') ?? '';
  const id = text('oid', 'sub');
  return {
    id,
    name: text('preferred_username', 'upn', 'unique_name', 'email', 'azp', 'appid') || id,
    roles: texts(claims['roles']),
    scopes: text('scp').split(' ').filter(Boolean),
  };
}

/** The answer when the token is at fault; undefined when the directory is. */
function refusalOf(error: unknown): Identified | undefined {
  if (error instanceof errors.JWTExpired) return refused('the token has expired');
  if (error instanceof errors.JWTClaimValidationFailed)
    return refused(`the token is not for this API: its claim ${error.claim} is not as asked for`);
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed)
    return refused('the token is not signed by a key of the tenant');
  const ours =
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported;
  return ours ? refused('the token is none that Entra ID issues') : undefined;
}

/**
 * Tells who sends a request by the access token of Microsoft Entra ID that it shows: signature, issuer, audience and time
 * are checked. The tenant's keys are kept for an hour, and asked for anew when a token names one that is not among them.
 *
 * @throws Error when the authority is not that of one tenant, or no audience is given
 * @see    https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens
 */
export function entraVerifier({ authority, audience }: EntraOptions): Identify {
  const at = authorityOf(authority);
  const audiences = [audience].flat().filter(Boolean);
  if (audiences.length === 0) throw new Error('no audience is given: a token of any application would do');
  const [one, two] = [once(() => issuerAt(at)), once(() => issuerAt(`${at}/v2.0`))];
  const verify = async (token: string): Promise<Identified> => {
    // Unproven as yet, which is fine: both versions are the same tenant's, and each is held to its own issuer.
    const { name, keys } = await (decodeJwt(token)['ver'] === '1.0' ? one() : two());
    const { payload } = await jwtVerify(token, keys, {
      issuer: name,
      audience: audiences,
      algorithms: ['RS256'],
      clockTolerance: CLOCKS_DIFFER_S,
      requiredClaims: ['exp', 'iat'],
    });
    return { kind: 'known', caller: callerOf(payload) };
  };
  return async (authorization) => {
    const token = bearerOf(authorization);
    if (token === undefined) return refused('a bearer token is asked for');
    try {
      return await verify(token);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined) return refusal;
      throw error;
    }
  };
}
