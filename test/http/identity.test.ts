import { localIdentity } from '../../http/identity';

const TOKEN = 't'.repeat(43);
const identify = localIdentity(TOKEN, { name: 'ada', id: 'ada', roles: ['Rollouts.Read'], scopes: [] });

it('knows its one token, however the scheme is written', async () => {
  for (const header of [`Bearer ${TOKEN}`, `bearer  ${TOKEN}`])
    expect(await identify(header)).toMatchObject({ kind: 'known', caller: { name: 'ada' } });
});

it.each([
  undefined,
  '',
  'Bearer',
  'Bearer ',
  `Basic ${TOKEN}`,
  TOKEN,
  `Bearer ${TOKEN}x`,
  `Bearer ${TOKEN} x`,
  `Bearer x`,
])('refuses %p', async (header) => expect(await identify(header)).toMatchObject({ kind: 'refused' }));

it('takes no short token', () => {
  expect(() => localIdentity('', { name: '', id: '', roles: [], scopes: [] })).toThrow(/has 0 characters/);
});
