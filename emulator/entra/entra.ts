import { randomBytes } from 'node:crypto';

import { type Identities, identityEndpoint, onlyOwn } from './identity-endpoint';
import { type AppPrincipal, SYSTEM_PRINCIPAL } from './principal';
import { MemoryStore, type Store } from '../world/store';
import { type Claims, newSigningKey, type SigningKey, Tokens } from './tokens';

/** The local Entra ID, as the rest of the emulator sees it. */
export interface Entra {
  /** Value for IDENTITY_ENDPOINT: plain http on loopback. */
  readonly identityEndpoint: string;
  /** Value for IDENTITY_HEADER: a secret. */
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

/** What the managed-identity endpoint is to be. */
export interface EntraOptions {
  /** Keeps the key that tokens are signed with. */
  readonly store?: Store;
  /** The managed identities that programs may name; only the emulator's own unless given. */
  readonly identities?: Identities;
  /** Loopback port; 0 for a free one. */
  readonly port?: number;
  /** What programs must show: a secret, a new one unless given. */
  readonly identityHeader?: string;
}

/** Starts the managed-identity endpoint. */
export async function startEntra({
  store = new MemoryStore(),
  identities = onlyOwn,
  port = 0,
  identityHeader = randomBytes(32).toString('hex'),
}: EntraOptions = {}): Promise<Entra> {
  const tokens = new Tokens(signingKeyOf(store));
  const server = identityEndpoint(tokens, identityHeader, identities);
  const address = await server.listen({ host: '127.0.0.1', port });
  return {
    identityEndpoint: `${address}/msi/token`,
    identityHeader,
    publicKey: tokens.publicKey,
    token: (resource, principal = SYSTEM_PRINCIPAL) => tokens.issue(resource, principal).token,
    verify: (token, audience) => tokens.verify(token, typeof audience === 'string' ? [audience] : audience),
    close: () => server.close(),
  };
}
