import { randomBytes } from 'node:crypto';

import { identityEndpoint, onlyOwn } from './identity-endpoint';
import { type AppPrincipal, SYSTEM_PRINCIPAL } from './principal';
import { MemoryStore, type Store } from '../world/store';
import { type Claims, newSigningKey, type SigningKey, Tokens } from './tokens';

/** The local Entra ID, as the rest of the emulator sees it. */
export interface Entra {
  /** Value for IDENTITY_ENDPOINT: plain http on loopback. */
  readonly identityEndpoint: string;
  /** Value for IDENTITY_HEADER: a secret of this run. */
  readonly identityHeader: string;
  /** PEM, for other processes that check tokens. */
  readonly publicKey: string;
  /** @param principal whose token it is; the emulator's own, for its own calls, unless given */
  token(resource: string, principal?: AppPrincipal): string;
  /** @throws TokenError when the token is not ours, has expired, or is for another audience */
  verify(token: string, audience: string | readonly string[]): Claims;
  close(): Promise<void>;
}

/** The key of this store's tokens: those of an emulator that ran on it before stay good. */
function signingKeyOf(store: Store): SigningKey {
  const keys = store.collection<SigningKey>('entra');
  const [kept] = [...keys.entries()].map(([, key]) => key);
  if (kept !== undefined) return kept;
  const key = newSigningKey();
  keys.put('signingKey', key);
  return key;
}

/**
 * Starts the managed-identity endpoint on a free loopback port.
 *
 * @param identities the managed identities that programs may name; only the emulator's own unless given
 */
export async function startEntra(store: Store = new MemoryStore(), identities = onlyOwn): Promise<Entra> {
  const tokens = new Tokens(signingKeyOf(store));
  const identityHeader = randomBytes(32).toString('hex');
  const server = identityEndpoint(tokens, identityHeader, identities);
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    identityEndpoint: `${address}/msi/token`,
    identityHeader,
    publicKey: tokens.publicKey,
    token: (resource, principal = SYSTEM_PRINCIPAL) => tokens.issue(resource, principal).token,
    verify: (token, audience) => tokens.verify(token, typeof audience === 'string' ? [audience] : audience),
    close: () => server.close(),
  };
}
