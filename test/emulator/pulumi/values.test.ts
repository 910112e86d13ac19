import { marking, plain, secret } from '../../../emulator/pulumi/values';

const inputs = { name: 'h', links: [{ weight: 1, key: secret('k') }], all: secret({ a: 1 }) };

it('takes secrets out of what the Resource Manager is told', () => {
  expect(plain(inputs)).toEqual({ name: 'h', links: [{ weight: 1, key: 'k' }], all: { a: 1 } });
});

it('marks in an answer what was secret in the same place of the inputs, and nothing beside it', () => {
  const answer = { name: 'h', scope: '0ne', links: [{ weight: 1, key: '****', host: 'x' }], all: { a: 2 } };

  expect(marking(answer, inputs)).toEqual({
    name: 'h',
    scope: '0ne',
    links: [{ weight: 1, key: secret('****'), host: 'x' }],
    all: secret({ a: 2 }),
  });
});

it('marks a whole list when it is not as long as the one that held a secret', () => {
  expect(marking({ links: [] }, inputs)).toEqual({ links: secret([]) });
});
