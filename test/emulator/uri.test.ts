import { decodedOrAsIs, decodedUri } from '../../emulator/uri';

it.each([
  ['a%20b', 'a b'],
  ['plain', 'plain'],
  ['%E2%82%AC', '€'],
  ['100%', undefined],
  ['%zz', undefined],
  ['%ff', undefined],
])('decodes %p to %p', (text, decoded) => {
  expect(decodedUri(text)).toBe(decoded);
  expect(decodedOrAsIs(text)).toBe(decoded ?? text);
});
