import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { httpServer, json } from './http-server';

/** A tenant of Entra ID, as far as one checks its tokens: what it says of itself, its keys, and tokens of people. */
export interface Tenant {
  readonly authority: string;
  token(name: string, audience: string, roles: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

export async function startTenant(): Promise<Tenant> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const key = { ...(await exportJWK(publicKey)), kid: 'own', use: 'sig' };
  const server = await httpServer((response, { path }) => {
    const found =
      path === '/keys' ? { keys: [key] } : { issuer: 'https://login.test/v2.0', jwks_uri: `${server.url}/keys` };
    json(response, 200, found);
  });
  return {
    authority: `${server.url}/tenant`,
    token: (name, audience, roles) =>
      new SignJWT({ ver: '2.0', preferred_username: name, oid: `id-of-${name}`, roles })
        .setProtectedHeader({ alg: 'RS256', kid: 'own' })
        .setIssuer('https://login.test/v2.0')
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime('1 hour')
        .sign(privateKey),
    close: () => server.close(),
  };
}
