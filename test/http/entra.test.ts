import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { entraVerifier } from '../../http/entra';
import type { Identify } from '../../http/identity';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
const CLIENT = '11111111-2222-4333-8444-555555555555';
const AUDIENCE = [CLIENT, `api://${CLIENT}`];

let server: Server;
let authority: string;
let [own, next, foreign]: Keys[] = [];
/** What the tenant publishes at the moment. */
let published: { kid: string; keys: Keys }[];
let asked: string[];
let away: boolean;

beforeAll(async () => {
  [own, next, foreign] = await Promise.all([1, 2, 3].map(() => generateKeyPair('RS256', { extractable: true })));
  server = createServer(
    (request, response) =>
      void answer(request.url ?? '').then((body) => {
        response.writeHead(away ? 503 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  authority = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tenant`;
});
afterAll(() => server.close());
beforeEach(() => {
  published = [{ kid: 'own', keys: some(own) }];
  asked = [];
  away = false;
});

async function answer(url: string): Promise<unknown> {
  asked.push(url);
  if (url === '/keys')
    return {
      keys: await Promise.all(
        published.map(async ({ kid, keys }) => ({ ...(await exportJWK(keys.publicKey)), kid, use: 'sig' })),
      ),
    };
  const issuer = url.startsWith('/tenant/v2.0/') ? 'https://login.test/tenant/v2.0' : 'https://sts.test/tenant/';
  return { issuer, jwks_uri: new URL('/keys', authority).href };
}

function some(keys: Keys | undefined): Keys {
  if (keys === undefined) throw new Error('keys are made first');
  return keys;
}

interface Signed {
  readonly claims?: JWTPayload;
  readonly kid?: string;
  readonly keys?: Keys | undefined;
  readonly alg?: string;
}

/** A token of version 2.0 as Entra ID issues it to a person, unless something is changed. */
function token({ claims = {}, kid = 'own', keys = own }: Signed = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    ver: '2.0',
    iss: 'https://login.test/tenant/v2.0',
    aud: CLIENT,
    iat: now,
    nbf: now,
    exp: now + 3600,
    oid: 'id-of-ada',
    preferred_username: 'ada@contoso.test',
    roles: ['Rollouts.Read', 'Rollouts.Control'],
    scp: 'use other',
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid })
    .sign(some(keys).privateKey);
}

const verifier = (): Identify => entraVerifier({ authority, audience: AUDIENCE });

it('tells who a person is by a token of version 2.0', async () => {
  expect(await verifier()(`Bearer ${await token()}`)).toEqual({
    kind: 'known',
    caller: {
      name: 'ada@contoso.test',
      id: 'id-of-ada',
      roles: ['Rollouts.Read', 'Rollouts.Control'],
      scopes: ['use', 'other'],
    },
  });
});

it('takes a token of version 1.0 by its own issuer, and of an application that has no roles', async () => {
  const claims = {
    ver: '1.0',
    iss: 'https://sts.test/tenant/',
    aud: `api://${CLIENT}`,
    upn: 'ada@old.test',
    preferred_username: undefined,
  };
  const app = { ver: '2.0', azp: 'app-7', preferred_username: undefined, roles: undefined, scp: undefined };

  const identify = verifier();

  expect(await identify(`Bearer ${await token({ claims })}`)).toMatchObject({ caller: { name: 'ada@old.test' } });
  expect(await identify(`Bearer ${await token({ claims: app })}`)).toMatchObject({
    caller: { name: 'app-7', roles: [], scopes: [] },
  });
});

const HOUR = 3600;
const ago = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds;
const REFUSED: readonly (readonly [string, () => Promise<string>, RegExp])[] = [
  ['for another application', () => token({ claims: { aud: 'https://graph.microsoft.com' } }), /aud/],
  ['for nobody', () => token({ claims: { aud: undefined } }), /aud/],
  ['of another tenant', () => token({ claims: { iss: 'https://login.test/other/v2.0' } }), /iss/],
  ['that says the other version', () => token({ claims: { ver: '1.0' } }), /iss/],
  ['that has expired', () => token({ claims: { exp: ago(HOUR) } }), /expired/],
  ['that never expires', () => token({ claims: { exp: undefined } }), /exp/],
  ['that is not valid yet', () => token({ claims: { nbf: ago(-HOUR) } }), /nbf/],
  ['signed by a key of somebody else', () => token({ keys: foreign }), /signed/],
  ['signed by a key that the tenant does not have', () => token({ kid: 'foreign', keys: foreign }), /signed/],
  ['with a changed claim', async () => changed(await token()), /signed/],
  ['without a signature', async () => unsigned(await token()), /none/],
  ['that is no token', () => Promise.resolve('not.a.token'), /none/],
  [
    'signed with the public key as a secret',
    async () =>
      new SignJWT({ ver: '2.0', aud: CLIENT, iss: 'https://login.test/tenant/v2.0', iat: ago(0), exp: ago(-HOUR) })
        .setProtectedHeader({ alg: 'HS256', kid: 'own' })
        .sign(new TextEncoder().encode(JSON.stringify(await exportJWK(some(own).publicKey)))),
    /none/,
  ],
];

const segment = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
function changed(text: string): string {
  const [header, body = '', signature] = text.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  return [header, segment({ ...claims, roles: ['Everything'] }), signature].join('.');
}
const unsigned = (text: string): string => `${segment({ alg: 'none', kid: 'own' })}.${text.split('.')[1] ?? ''}.`;

it.each(REFUSED)('refuses a token %s', async (_what, make, message) => {
  const shown = await make();

  const answered = await verifier()(`Bearer ${shown}`);

  expect(answered).toEqual({ kind: 'refused', message: expect.stringMatching(message) as string });
  expect(JSON.stringify(answered)).not.toContain(shown);
});

it('refuses who shows no token, and asks nobody', async () => {
  expect(await verifier()(undefined)).toMatchObject({ kind: 'refused' });
  expect(await verifier()(`Basic ${await token()}`)).toMatchObject({ kind: 'refused' });
  expect(asked).toEqual([]);
});

it('asks for the keys once', async () => {
  const identify = verifier();

  for (let time = 0; time < 3; time += 1)
    expect(await identify(`Bearer ${await token()}`)).toMatchObject({ kind: 'known' });

  expect(asked).toEqual(['/tenant/v2.0/.well-known/openid-configuration', '/keys']);
});

it('knows a new key of the tenant when a token names it', async () => {
  const identify = verifier();
  published.push({ kid: 'next', keys: some(next) });

  expect(await identify(`Bearer ${await token({ kid: 'next', keys: next })}`)).toMatchObject({ kind: 'known' });
});

it('throws while the directory is away, and knows the token when it is back', async () => {
  const identify = verifier();
  const header = `Bearer ${await token()}`;
  away = true;
  await expect(identify(header)).rejects.toThrow();
  away = false;

  expect(await identify(header)).toMatchObject({ kind: 'known' });
});

it.each([
  'https://login.microsoftonline.com/common',
  'https://login.microsoftonline.com/',
  'http://login.test/tenant',
  'tenant',
])('refuses the authority %s', (wrong) =>
  expect(() => entraVerifier({ authority: wrong, audience: AUDIENCE })).toThrow(/allowed is that of one tenant/),
);

it('refuses to look at tokens of any audience', () => {
  expect(() => entraVerifier({ authority, audience: [] })).toThrow(/no audience/);
  expect(() => entraVerifier({ authority, audience: '' })).toThrow(/no audience/);
});
