import * as jwt from 'jsonwebtoken';

import { type Entra, startEntra } from '../../../emulator/entra/entra';
import { PRINCIPAL, TENANT_ID } from '../../../emulator/entra/principal';
import { Tokens } from '../../../emulator/entra/tokens';

const ARM = 'https://management.azure.com/';
const HOUR_S = 3600;
const now = (): number => Math.floor(Date.now() / 1000);
const kindOf = (verify: () => unknown): unknown => {
  try {
    verify();
    return 'accepted';
  } catch (error) {
    return (error as { kind?: unknown }).kind;
  }
};

describe('tokens', () => {
  const tokens = new Tokens();

  it('are accepted for their audience, whatever its trailing slash', () => {
    const { token } = tokens.issue(ARM);

    expect(tokens.verify(token, ['https://management.azure.com'])).toMatchObject({ tid: TENANT_ID, aud: ARM });
  });

  it('are refused for another audience, after their end, and with another signature', () => {
    const { token } = tokens.issue(ARM);
    const old = tokens.issue(ARM, PRINCIPAL, now() - 25 * HOUR_S).token;
    const foreign = new Tokens().issue(ARM).token;

    expect(kindOf(() => tokens.verify(token, ['https://storage.azure.com']))).toBe('audience');
    expect(kindOf(() => tokens.verify(old, [ARM]))).toBe('expired');
    expect(kindOf(() => tokens.verify(foreign, [ARM]))).toBe('malformed');
  });

  it('are refused when they name no algorithm or sign with the public key as a shared secret', () => {
    const claims = jwt.decode(tokens.issue(ARM).token) as jwt.JwtPayload;
    const unsigned = jwt.sign(claims, '', { algorithm: 'none' });
    const [header, payload] = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );

    expect(kindOf(() => tokens.verify(unsigned, [ARM]))).toBe('malformed');
    expect(kindOf(() => tokens.verify(`${header}.${payload}.c2ln`, [ARM]))).toBe('malformed');
  });
});

describe('the identity endpoint', () => {
  const RESOURCE = `resource=${encodeURIComponent(ARM)}`;
  let entra: Entra;
  const ask = (query: string, header = entra.identityHeader) =>
    fetch(`${entra.identityEndpoint}?${query}`, { headers: { 'x-identity-header': header } });

  beforeAll(async () => {
    entra = await startEntra();
  });
  afterAll(() => entra.close());

  it('answers a token for the resource, with its end in seconds as text', async () => {
    const answer = (await (await ask(`api-version=2019-08-01&${RESOURCE}`)).json()) as Record<string, string>;

    expect(entra.verify(answer['access_token'] ?? '', ARM).exp).toBe(Number(answer['expires_on']));
    expect(answer).toMatchObject({ resource: ARM, token_type: 'Bearer' });
    expect(typeof answer['expires_on']).toBe('string');
  });

  it('refuses a caller that does not know the header', async () => {
    const answers = await Promise.all(
      ['', 'another'].map((header) => ask(`api-version=2019-08-01&${RESOURCE}`, header)),
    );

    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
  });

  it.each([
    [`api-version=2017-09-01&${RESOURCE}`, 'invalid_request'],
    ['api-version=2019-08-01', 'invalid_request'],
    ['api-version=2019-08-01&resource=https://managment.azure.com', 'invalid_resource'],
    [`api-version=2019-08-01&${RESOURCE}&client_id=other`, 'invalid_request'],
  ])('refuses %s', async (query, error) => {
    const answer = await ask(query);

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error });
  });
});
