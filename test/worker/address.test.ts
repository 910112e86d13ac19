import { addressOf, addressText } from '../../worker/address';

it.each([
  ['127.0.0.1:8081', '127.0.0.1', 8081],
  ['localhost:0', 'localhost', 0],
  ['[::1]:65535', '::1', 65_535],
])('reads %s', (text, host, port) => {
  expect(addressOf(text)).toEqual({ host, port });
  expect(addressText({ host, port })).toBe(text);
});

it.each(['', '8081', ':8081', 'a:', 'a:65536', 'a:-1', 'a:1x', '::1:80', 'http://a:80', 'a b:80', '[a:80'])(
  'refuses %j',
  (text) => expect(() => addressOf(text)).toThrow('HOST:PORT'),
);
