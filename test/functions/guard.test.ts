import { callerGuard, type Guard, keyGuard, READ_ROLE } from '../../functions/guard';
import { type Identified, type Identify, localIdentity } from '../../http/identity';

const TOKEN = 'a-token-of-this-start-with-32-characters';
const caller = { name: 'ada@contoso.com', id: 'ada', roles: [READ_ROLE], scopes: [] };

const ask = (guard: Guard, headers: Record<string, string>, query = '') =>
  guard({ headers: new Headers(headers), query: new URLSearchParams(query) });
const code = (reply: Awaited<ReturnType<Guard>>) =>
  reply && [reply.status, (reply.body as { error: { code: string } }).error.code];

describe('who shows a key', () => {
  const guard = keyGuard('k3y+/=');

  it.each([
    ['in the header', { 'x-functions-key': 'k3y+/=' }, ''],
    ['in the query', {}, 'code=k3y%2B%2F%3D'],
  ])('passes with it %s', async (_, headers, query) => {
    expect(await ask(guard, headers, query)).toBeUndefined();
  });

  it.each([
    ['none', {}, ''],
    ['an empty one', { 'x-functions-key': '' }, ''],
    ['another', { 'x-functions-key': 'k3y' }, ''],
    ['another in the header, whatever the query says', { 'x-functions-key': 'k3y' }, 'code=k3y%2B%2F%3D'],
    ['it as a bearer token', { authorization: 'Bearer k3y+/=' }, ''],
    ['it in another field', {}, 'key=k3y%2B%2F%3D'],
  ])('is refused with %s', async (_, headers, query) => {
    expect(code(await ask(guard, headers, query))).toEqual([401, 'UNKNOWN_CALLER']);
  });

  it("cannot be asked for a key that is everybody's", () => {
    expect(() => keyGuard('')).toThrow('the function key is empty');
  });
});

describe('who shows a token', () => {
  const guard = callerGuard(localIdentity(TOKEN, caller));

  it('passes with it', async () => {
    expect(await ask(guard, { authorization: `Bearer ${TOKEN}` })).toBeUndefined();
  });

  it.each([
    ['none', {}, ''],
    ['another', { authorization: `Bearer ${TOKEN}x` }, ''],
    ['it as a function key', { 'x-functions-key': TOKEN }, ''],
    ['it in the query', {}, `access_token=${TOKEN}&code=${TOKEN}`],
    ['it in another scheme', { authorization: `Basic ${TOKEN}` }, ''],
  ])('is refused with %s', async (_, headers, query) => {
    const reply = await ask(guard, headers, query);

    expect(code(reply)).toEqual([401, 'UNKNOWN_CALLER']);
    expect(JSON.stringify(reply)).not.toContain(TOKEN);
  });

  const identified =
    (result: Identified): Identify =>
    () =>
      Promise.resolve(result);

  it.each([[[]], [['Rollouts.Read', 'telemetry.read']]])('is refused with the roles %j', async (roles) => {
    const reply = await ask(callerGuard(identified({ kind: 'known', caller: { ...caller, roles } })), {});

    expect(code(reply)).toEqual([403, 'ROLE']);
    expect(reply?.body).toMatchObject({ error: { advice: expect.stringContaining('Telemetry.Read') as string } });
  });

  it('is not let in by a scope in the place of the role', async () => {
    const known = { kind: 'known', caller: { ...caller, roles: [], scopes: [READ_ROLE] } } as const;

    expect(code(await ask(callerGuard(identified(known)), {}))).toEqual([403, 'ROLE']);
  });

  it('is asked to come again while the directory does not answer', async () => {
    const guard_ = callerGuard(() => Promise.reject(new Error('down')));

    expect(code(await ask(guard_, { authorization: `Bearer ${TOKEN}` }))).toEqual([503, 'AWAY']);
  });
});
