import fc from 'fast-check';
import { seededOrder } from '../../domain/order';

const itself = (text: string): string => text;
const keys = Array.from({ length: 1_000 }, (_, index) => `device-${String(index).padStart(4, '0')}`);

it('does not depend on the order in which items came', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.string(), (items, seed) => {
      expect(seededOrder([...items].reverse(), itself, seed)).toEqual(seededOrder(items, itself, seed));
    }),
  );
});

it('gives two rollouts different canaries', () => {
  const canaries = ['lock-doors', 'move-in', 'lock-doors-2'].map((seed) =>
    seededOrder(keys, itself, seed).slice(0, 50),
  );

  expect(new Set(canaries.flat()).size).toBeGreaterThan(130);
});

it('spreads consecutive ids over the waves', () => {
  const first = new Set(seededOrder(keys, itself, 'lock-doors').slice(0, 500));

  const inTens = Array.from(
    { length: 10 },
    (_, ten) => keys.slice(ten * 100, (ten + 1) * 100).filter((key) => first.has(key)).length,
  );
  for (const found of inTens) expect(Math.abs(found - 50)).toBeLessThan(25);
});
