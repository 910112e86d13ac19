import fc from 'fast-check';
import { advanced, isTriedAgain, nextStep, restAfter } from '../../domain/attempts';
import type { ShareCursor } from '../../domain/share';
import { EMPTY_TALLY } from '../../domain/tally';

const cursor = (batches: number, ...retries: ShareCursor['retries']): ShareCursor => ({
  batches,
  retries,
  tally: EMPTY_TALLY,
});
const base = { freshLeft: true, tripped: false, attempts: 3 };

it.each([
  { name: 'new devices come first', state: { ...base, cursor: cursor(2) }, next: { kind: 'fresh' } },
  {
    name: 'no new device once a limit trips: retries come first',
    state: { ...base, tripped: true, cursor: cursor(2) },
    next: { kind: 'retry', attempt: 2 },
  },
  {
    name: 'with one attempt a device, a tripped limit stops at once',
    state: { ...base, tripped: true, attempts: 1, cursor: cursor(2) },
    next: { kind: 'tripped' },
  },
  {
    name: 'a tripped limit stops when all retries are gone through',
    state: { ...base, tripped: true, attempts: 2, cursor: cursor(2, { attempt: 2, gone: 2, made: 1 }) },
    next: { kind: 'tripped' },
  },
  {
    name: 'the third attempt follows the second',
    state: { ...base, freshLeft: false, cursor: cursor(2, { attempt: 2, gone: 2, made: 1 }) },
    next: { kind: 'retry', attempt: 3 },
  },
  { name: 'nothing to do', state: { ...base, freshLeft: false, cursor: cursor(0) }, next: { kind: 'done' } },
  {
    name: 'a limit that the last batch trips is told, though nothing is left',
    state: { ...base, freshLeft: false, tripped: true, attempts: 1, cursor: cursor(2) },
    next: { kind: 'tripped' },
  },
])('$name', ({ state, next }) => expect(nextStep(state)).toEqual(next));

it('goes through every batch of every attempt once, in whatever way limits trip, and ends', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.boolean(), { maxLength: 60 }),
      fc.array(fc.boolean(), { maxLength: 60 }),
      (total, attempts, trips, fills) => {
        let at = cursor(0);
        const [tripping, filling] = [[...trips], [...fills]];
        for (let steps = 0; ; steps += 1) {
          expect(steps).toBeLessThan(200);
          const tripped = tripping.shift() ?? false;
          const step = nextStep({ cursor: at, freshLeft: at.batches < total, tripped, attempts });
          if (step.kind === 'fresh') {
            expect(tripped).toBe(false);
            at = advanced(at, 1, { gone: 0, made: 1 });
          } else if (step.kind === 'retry') {
            const before = at.retries.find(({ attempt }) => attempt === step.attempt)?.gone ?? 0;
            at = advanced(at, step.attempt, { gone: before + 1, made: filling.shift() === true ? 1 : 0 });
          } else if (step.kind === 'done') break;
        }
        expect(at.batches).toBe(total);
        let ended = total;
        for (let attempt = 2; attempt <= attempts; attempt += 1) {
          const { gone = 0, made = 0 } = at.retries.find((each) => each.attempt === attempt) ?? {};
          expect(gone).toBe(ended);
          ended = made;
        }
      },
    ),
  );
});

it('rests longer after each attempt, up to the most', () => {
  const rule = { attempts: 5, on: ['failed'], firstMs: 1_000, factor: 2, mostMs: 3_000 } as const;

  expect([1, 2, 3, 4].map((ended) => restAfter(rule, ended))).toEqual([1_000, 2_000, 3_000, 3_000]);
  expect(isTriedAgain(rule, { kind: 'failed' })).toBe(true);
  expect(isTriedAgain(rule, { kind: 'succeeded' })).toBe(false);
});
