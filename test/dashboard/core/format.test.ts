import { ago } from '../../../dashboard/core/format';

it.each([
  ['2026-01-01T00:00:00Z', '2 minutes ago'],
  ['2026-01-01T00:02:10Z', 'now'],
  ['2026-01-01T00:02:14Z', 'now'], // the server's clock is ahead
  ['never', 'never'],
])('tells how long ago %s was: %s', (iso, text) => {
  expect(ago(iso, Date.parse('2026-01-01T00:02:10Z'))).toBe(text);
});
