import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultCodeOf, FAULTS, GroundswellError } from '../../domain/errors';

it('says code, text and which thing failed', () => {
  const error = new GroundswellError('GS_HUB_UNKNOWN', { hub: 'north', known: ['east', 'west'] });

  expect(error.message).toBe(
    'GS_HUB_UNKNOWN: the rollout names a hub that the stack does not have (hub=north known=east, west)',
  );
});

it('is known by its code, also after it has crossed a border that loses its class', () => {
  expect(faultCodeOf({ code: 'GS_JOB_LOST' })).toBe('GS_JOB_LOST');
  expect(faultCodeOf({ code: 'ECONNREFUSED' })).toBeUndefined();
  expect(faultCodeOf(undefined)).toBeUndefined();
});

it('has cause and remedy in docs/errors.md for every code, and no code there that is not raised', () => {
  const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(GS_[A-Z_]+)`\s+\|/gm)].map(([, code]) => code);

  expect(documented.sort()).toEqual(Object.keys(FAULTS).sort());
});
