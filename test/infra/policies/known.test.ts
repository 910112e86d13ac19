import { UNKNOWN } from '../../../infra/policies/declared';
import { known } from '../../../infra/policies/known';

it('gives plain data, and a mark in place of what a preview cannot know', () => {
  const props = { name: 'h', sku: { name: 'S1' }, list: [1, { a: true }] };
  const withUnknown = Object.defineProperty({ ...props }, 'id', {
    enumerable: true,
    get: () => {
      throw Object.assign(new Error('unknown'), { unknownTypeSentinel: 'x' });
    },
  });

  expect(known(withUnknown)).toEqual({ ...props, id: UNKNOWN });
});

it('hides no other error', () => {
  const broken = Object.defineProperty({}, 'id', {
    enumerable: true,
    get: () => {
      throw new Error('broken');
    },
  });

  expect(() => known(broken)).toThrow('broken');
});
