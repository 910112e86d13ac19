import { generateKeyPairSync, randomUUID } from 'node:crypto';

import * as jwt from 'jsonwebtoken';

import { normalAudience } from './audiences';
import { type AppPrincipal, PRINCIPAL, TENANT_ID } from './principal';

/** Claims of an app-only access token, version 1.0 (Microsoft identity platform, "Access token claims reference"). */
export interface Claims {
  readonly aud: string;
  readonly iss: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly oid: string;
  readonly tid: string;
  readonly appid: string;
}

/** Why a token was refused; `expired` and `audience` have answers of their own in ARM. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  constructor(
    readonly kind: 'malformed' | 'expired' | 'audience',
    message: string,
  ) {
    super(message);
  }
}

const ISSUER = `https://sts.windows.net/${TENANT_ID}/`;
/** Managed identities get tokens for 24 hours. */
const LIFETIME_S = 24 * 60 * 60;
/** Entra ID dates tokens back a little, for clocks that are behind. */
const BACKDATE_S = 5 * 60;

/** An RSA key, in PEM. */
export interface SigningKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

export const newSigningKey = (): SigningKey =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

/** Signs and checks RS256 tokens. */
export class Tokens {
  readonly #key: SigningKey;

  constructor(key = newSigningKey()) {
    this.#key = key;
  }

  /** For those who check tokens in another process (the blob service). */
  get publicKey(): string {
    return this.#key.publicKey;
  }

  /**
   * @param resource the audience, written into the token as asked, as Entra ID does for version 1.0 tokens
   * @param principal whose token it is; the emulator's own identity unless given
   * @param now       seconds since the epoch
   */
  issue(
    resource: string,
    principal: AppPrincipal = PRINCIPAL,
    now = Math.floor(Date.now() / 1000),
  ): { token: string; expiresOn: number } {
    const expiresOn = now + LIFETIME_S;
    const claims: Claims = {
      aud: resource,
      iss: ISSUER,
      iat: now,
      nbf: now - BACKDATE_S,
      exp: expiresOn,
      oid: principal.objectId,
      tid: TENANT_ID,
      appid: principal.clientId,
    };
    const rest = { sub: principal.objectId, idtyp: 'app', ver: '1.0', uti: randomUUID() };
    return { token: jwt.sign({ ...claims, ...rest }, this.#key.privateKey, { algorithm: 'RS256' }), expiresOn };
  }

  /**
   * @param audiences those that the caller accepts; a trailing slash does not matter
   * @throws TokenError when signature, issuer, time or audience are wrong
   */
  verify(token: string, audiences: readonly string[]): Claims {
    const claims = this.#decode(token);
    if (!audiences.map(normalAudience).includes(normalAudience(claims.aud))) {
      throw new TokenError('audience', `the token is for '${claims.aud}', not for ${audiences.join(', ')}`);
    }
    return claims;
  }

  #decode(token: string): Claims {
    try {
      // The cast holds for every token that this key signed.
      return jwt.verify(token, this.#key.publicKey, { algorithms: ['RS256'], issuer: ISSUER }) as unknown as Claims;
    } catch (cause) {
      if (cause instanceof jwt.TokenExpiredError) throw new TokenError('expired', 'the token has expired');
      throw new TokenError('malformed', cause instanceof Error ? cause.message : String(cause));
    }
  }
}
