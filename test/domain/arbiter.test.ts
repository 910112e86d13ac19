import fc from 'fast-check';
import {
  type ArbiterState,
  claim,
  forget,
  freeSlots,
  freshArbiter,
  inOrder,
  isIdle,
  look,
  release,
  request,
  type SlotRequest,
  unclaim,
} from '../../domain/arbiter';
import { hubNameOf, type RolloutId } from '../../domain/ids';

const rollout = (name: string): RolloutId => name as RolloutId;
const asked = (id: string, change: Partial<SlotRequest> = {}): SlotRequest => ({
  id,
  rolloutId: rollout(id.charAt(0)),
  priority: 3,
  slots: 1,
  of: 1,
  fence: 1,
  ...change,
});
/** Moments in order: their text compares as they do. */
const at = (second: number): string => new Date(second * 1_000).toISOString();
const after = (...requests: readonly SlotRequest[]): ArbiterState =>
  requests.reduce((state, next, second) => request(state, next, at(second)), freshArbiter(hubNameOf('west')));
const ids = (slots: readonly { readonly id: string }[]): string[] => slots.map(({ id }) => id);

const granted = ({ held }: ArbiterState): number => held.reduce((sum, { slots }) => sum + slots, 0);

type Step =
  | { readonly kind: 'request'; readonly request: SlotRequest }
  | { readonly kind: 'release'; readonly id: string }
  | { readonly kind: 'forget'; readonly rolloutId: RolloutId };

const id = fc.stringMatching(/^[abc][1-3]$/);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('request' as const),
    request: fc
      .tuple(id, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }))
      .map(([name, priority, slots]) => asked(name, { priority, slots, of: 3 })),
  }),
  fc.record({ kind: fc.constant('release' as const), id }),
  fc.record({ kind: fc.constant('forget' as const), rolloutId: fc.constantFrom(...['a', 'b', 'c'].map(rollout)) }),
);

const take = (state: ArbiterState, now: number, next: Step): ArbiterState => {
  if (next.kind === 'request') return request(state, next.request, at(now));
  if (next.kind === 'release') return release(state, { id: next.id, fence: 1 }, at(now));
  return forget(state, { ended: [next.rolloutId], idle: [] }, at(now), at(now));
};

describe('whatever is asked', () => {
  it('never grants more than there are slots, leaves none free that the next one could have, and knows every id once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let state = freshArbiter(hubNameOf('west'));
        steps.forEach((one, now) => {
          state = take(state, now, one);
          const [next] = inOrder(state);
          const all = ids([...state.held, ...state.waiting]);

          expect(granted(state)).toBeLessThanOrEqual(state.slots);
          if (next !== undefined) expect(freeSlots(state)).toBeLessThan(Math.min(next.slots, state.slots));
          expect(new Set(all).size).toBe(all.length);
        });
      }),
    );
  });

  it('changes nothing for an id that asks again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), id, (steps, name) => {
        const before = [...steps, { kind: 'request' as const, request: asked(name, { of: 3 }) }].reduce(
          (state, next, now) => take(state, now, next),
          freshArbiter(hubNameOf('west')),
        );
        const again = request(before, asked(name, { of: 3, priority: 1 }), at(99));

        expect([ids(again.held), ids(again.waiting)]).toEqual([ids(before.held), ids(before.waiting)]);
        expect(inOrder(again).map(({ priority }) => priority)).toEqual(inOrder(before).map(({ priority }) => priority));
      }),
    );
  });

  it('lets nobody of the same priority starve: each of n rollouts that always want more gets its turn in n turns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 1, max: 10 }), (rollouts, slots) => {
        const names = Array.from({ length: rollouts }, (_, index) => rollout(`r${index}`));
        const turns: RolloutId[] = [];
        let state = freshArbiter(hubNameOf('west'));
        let count = 0;
        const ask = (rolloutId: RolloutId) =>
          (state = request(
            state,
            { id: `${rolloutId}-${(count += 1)}`, rolloutId, priority: 3, slots: 1, of: slots, fence: 1 },
            at(count),
          ));
        for (const name of names) for (let wanted = 0; wanted < slots + 1; wanted += 1) ask(name);
        for (let turn = 0; turn < rollouts * slots * 3; turn += 1) {
          const [first] = state.held;
          if (first === undefined) throw new Error('nothing is held');
          const before = new Set(ids(state.held));
          state = release(state, first, at(count));
          turns.push(...state.held.filter((slot) => !before.has(slot.id)).map((slot) => slot.rolloutId));
          ask(first.rolloutId);
        }

        for (let from = 0; from + rollouts * slots <= turns.length; from += 1)
          expect(new Set(turns.slice(from, from + rollouts * slots)).size).toBe(rollouts);
      }),
      { numRuns: 25 },
    );
  });
});

it('puts the higher priority first, then who holds less, then whose last turn is longest ago, then who came first', () => {
  const state = after(
    asked('a1', { of: 2 }),
    asked('b1', { of: 2 }),
    asked('a2', { of: 2 }),
    asked('c1', { of: 2 }),
    asked('d1', { of: 2, priority: 2 }),
    asked('b2', { of: 2 }),
    asked('e1', { of: 2 }),
  );

  expect(ids(inOrder(state))).toEqual(['d1', 'c1', 'e1', 'a2', 'b2']);
});

it('gives a released slot to the next, and takes a request back', () => {
  const state = after(asked('a1'), asked('b1'), asked('c1'));

  expect(ids(release(state, { id: 'a1', fence: 1 }, at(9)).held)).toEqual(['b1']);
  expect(ids(release(state, { id: 'b1', fence: 1 }, at(9)).waiting)).toEqual(['c1']);
  expect(release(state, { id: 'unknown', fence: 1 }, at(9))).toEqual(state);
});

it('keeps a lease from an attempt that another one has taken over from', () => {
  const state = request(after(asked('a1'), asked('b1')), asked('a1', { fence: 2 }), at(5));

  expect(release(state, { id: 'a1', fence: 1 }, at(9))).toEqual(state);
  expect(ids(release(state, { id: 'a1', fence: 2 }, at(9)).held)).toEqual(['b1']);
  expect(ids(release(request(state, asked('a1'), at(6)), { id: 'a1', fence: 1 }, at(9)).held)).toEqual(['a1']);
});

it('grants slots together, lets nobody overtake who asks for many, and gives no more than there are', () => {
  const state = after(asked('a1', { slots: 3, of: 5 }), asked('b1', { slots: 3, of: 5 }), asked('c1', { of: 5 }));

  expect([ids(state.held), freeSlots(state)]).toEqual([['a1'], 2]);
  expect(ids(release(state, { id: 'a1', fence: 1 }, at(9)).held)).toEqual(['b1', 'c1']);
  expect(after(asked('a1', { slots: 9, of: 5 })).held).toMatchObject([{ id: 'a1', slots: 5 }]);
});

it('calls a lease contended when giving it back would help another rollout', () => {
  const shared = after(asked('a1'), asked('a2'));
  const equal = after(asked('a1'), asked('b1'));
  const below = after(asked('a1'), asked('b1', { priority: 4 }));
  const above = after(asked('a1'), asked('b1', { priority: 2 }));
  const even = after(asked('a1', { of: 2 }), asked('b1', { of: 2 }), asked('b2', { of: 2 }));

  expect([shared, equal, below, above, even].map((state) => look(state, 'a1').contended)).toEqual([
    false,
    true,
    false,
    true,
    false,
  ]);
});

it('says of an id whether it knows it, and whether it is granted', () => {
  const state = after(asked('a1'), asked('b1'));

  expect(look(state, 'a1')).toMatchObject({ known: true, granted: true });
  expect(look(state, 'b1')).toEqual({ known: true, granted: false, contended: false });
  expect(look(state, 'c1')).toEqual({ known: false, granted: false, contended: false });
});

describe('lost holders', () => {
  it('frees slots and claims of rollouts that have ended', () => {
    const state = claim(after(asked('a1'), asked('a2'), asked('b1')), rollout('a'));
    const next = forget(state, { ended: [rollout('a')], idle: [] }, at(9), at(9));

    expect([ids(next.held), next.waiting, next.claims]).toEqual([['b1'], [], []]);
  });

  it('frees slots of rollouts with nothing in flight, and keeps what they claim', () => {
    const state = claim(after(asked('a1')), rollout('a'));
    const next = forget(state, { ended: [], idle: [rollout('a')] }, at(9), at(9));

    expect([next.held, next.claims]).toEqual([[], ['a']]);
  });

  it('keeps a lease that was asked for again since the question was put', () => {
    const state = request(after(asked('a1')), asked('a1'), at(5));

    expect(ids(forget(state, { ended: [], idle: [rollout('a')] }, at(5), at(6)).held)).toEqual(['a1']);
    expect(ids(forget(state, { ended: [], idle: [rollout('a')] }, at(6), at(6)).held)).toEqual([]);
  });
});

it('is idle when nobody holds, waits or claims; a rollout that gives its claim up gives its slots up', () => {
  const claimed = claim(claim(freshArbiter(hubNameOf('west')), rollout('a')), rollout('a'));
  const state = request(claimed, asked('a1'), at(0));

  expect(claimed.claims).toEqual(['a']);
  expect([isIdle(freshArbiter(hubNameOf('west'))), isIdle(claimed), isIdle(state)]).toEqual([true, false, false]);
  expect(isIdle(unclaim(state, rollout('a'), at(1)))).toBe(true);
});
