import { accepts, versionIn } from '../../tools/version';

it.each([
  ['v3.250.0\n', '3.250.0'],
  ['temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)', '1.9.1'],
  ['v3.251.0-alpha.1', '3.251.0-alpha.1'],
  ['no number here', undefined],
])('reads %j as version %s', (text, version) => expect(versionIn(text)).toBe(version));

it.each([
  ['3.248.0', '3.248.0', true],
  ['3.248.0', '3.260.1', true],
  ['3.248.0', '3.247.9', false],
  ['3.248.0', '3.248.0-alpha', false],
  ['3.248.0', '4.0.0', false],
])('of a minimum %s, %s is accepted: %s', (minimum, version, accepted) =>
  expect(accepts(minimum, version)).toBe(accepted),
);
