import { movedTo, rowsIn, scrolledTo } from '../../../dashboard/core/rows';

const list = { height: 200, rowHeight: 40, count: 10_000 };

it.each([
  [0, { first: 0, end: 13 }],
  [4_000, { first: 92, end: 113 }],
  [4_020, { first: 92, end: 114 }],
  [400_000, { first: 9_992, end: 10_000 }],
])('scrolled by %d has the rows %j in the document', (scrollTop, expected) => {
  expect(rowsIn({ ...list, scrollTop })).toEqual(expected);
});

it.each([
  ['ArrowDown', 3, 4],
  ['ArrowUp', 0, 0],
  ['PageDown', 3, 8],
  ['PageDown', 9_998, 9_999],
  ['PageUp', 3, 0],
  ['Home', 3, 0],
  ['End', 3, 9_999],
  ['a', 3, undefined],
  ['toString', 3, undefined],
])('the key %s moves from %d to %p', (key, from, to) => {
  expect(movedTo(key, from, { count: list.count, page: 5 })).toBe(to);
});

it('scrolls as far as a row needs, and not when it is in sight', () => {
  expect(scrolledTo(2, { ...list, scrollTop: 400 })).toBe(80);
  expect(scrolledTo(11, { ...list, scrollTop: 400 })).toBe(400);
  expect(scrolledTo(20, { ...list, scrollTop: 400 })).toBe(640);
});
