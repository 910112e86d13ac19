import { createHmac, randomBytes } from 'node:crypto';
import { covers, isSignedBy, parseSas } from '../../../emulator/auth/sas';

const key = randomBytes(32).toString('base64');
const sign = (data: string, by = key): string =>
  encodeURIComponent(createHmac('sha256', Buffer.from(by, 'base64')).update(data).digest('base64'));

const tokenOf = (sr: string, signed: string, se = '4102444800'): string =>
  `SharedAccessSignature sr=${sr}&sig=${sign(`${signed}\n${se}`)}&se=${se}`;

const verify = (text: string, ...keys: string[]): boolean => {
  const token = parseSas(text);
  return token !== undefined && isSignedBy(token, keys);
};

it.each([
  ['unencoded, as the Node service clients sign', 'h.test/devices/d1', 'h.test/devices/d1'],
  ['encoded as sent', 'h.test%2Fdevices%2Fd1', 'h.test%2Fdevices%2Fd1'],
  ['encoded in lower case, as the documentation shows', 'h.test%2fdevices%2fd1', 'h.test%2fdevices%2fd1'],
  ['sent encoded, signed decoded', 'h.test%2Fdevices%2Fd1', 'h.test/devices/d1'],
  ['sent decoded, signed encoded in lower case', 'h.test/devices/d1', 'h.test%2fdevices%2fd1'],
])('accepts a resource %s', (_how, sr, signed) => {
  expect(verify(tokenOf(sr, signed), key)).toBe(true);
});

it('accepts the secondary key, and fields in any order', () => {
  const se = '4102444800';
  const text = `SharedAccessSignature se=${se}&skn=service&sig=${sign(`h.test\n${se}`)}&sr=h.test`;

  expect(verify(text, randomBytes(32).toString('base64'), key)).toBe(true);
  expect(parseSas(text)).toMatchObject({ policy: 'service', expiresAt: 4102444800000 });
});

it('refuses the same signature in another spelling, and a field that comes twice', () => {
  const good = tokenOf('h.test', 'h.test');

  expect(verify(good.replace('&se=', '%20&se='), key)).toBe(false);
  expect(verify(good.replace('sig=', 'sig=*'), key)).toBe(false);
  expect(verify(good.replace('%3D&', '&'), key)).toBe(false);
  expect(verify(`${good}&se=4102444800`, key)).toBe(false);
});

it('refuses another key, another resource, another expiry, and an empty key', () => {
  const good = tokenOf('h.test', 'h.test');

  expect(verify(good, randomBytes(32).toString('base64'))).toBe(false);
  expect(verify(good.replace('sr=h.test', 'sr=g.test'), key)).toBe(false);
  expect(verify(good.replace('se=4102444800', 'se=4102444801'), key)).toBe(false);
  expect(verify(tokenOf('h.test', 'h.test').replace(/sig=[^&]*/, `sig=${sign('h.test\n4102444800', '')}`), '')).toBe(
    false,
  );
});

it.each([
  '',
  'Bearer abc',
  'SharedAccessSignature',
  'SharedAccessSignature sr=h&sig=%E0%A4&se=1',
  'SharedAccessSignature sr=h&sig=x&se=1e9',
])('does not read %j', (text) => expect(parseSas(text)).toBeUndefined());

it.each([
  ['h.test', 'h.test/devices/d1', true],
  ['H.TEST/devices', 'h.test/devices/d1', true],
  ['h.test%2Fdevices%2Fd1', 'h.test/devices/d1', true],
  ['h.test/devices/d%251', 'h.test/devices/d%1', true],
  ['h.test/devices/d1', 'h.test/devices/d1', true],
  ['h.test/devices/', 'h.test/devices/d1', true],
  ['h.test/devices', 'h.test/devicesX', false],
  ['h.test/devices/d1', 'h.test/devices/D1', false],
  ['h.test/devices/d1', 'h.test/devices/d11', false],
  ['h.test/devices/d1', 'h.test/devices', false],
  ['g.test', 'h.test/devices', false],
])('a token for %s on %s: %s', (resource, uri, expected) => {
  expect(covers(resource, uri)).toBe(expected);
});
