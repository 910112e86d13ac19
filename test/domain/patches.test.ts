import fc from 'fast-check';
import { isObject, sameJson } from '../../domain/json';
import { restoring, snapshotOf, valuesAt } from '../../domain/patches';
import type { Json, JsonObject } from '../../domain/spec';
import { merged } from '../support/merge-patch';

const key = fc.constantFrom('a', 'b', 'c');
const leaf = fc.constantFrom<Json>(1, 2, 'x', true, [1, 2]);
const object = (depth: number, values: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> =>
  fc.dictionary(key, depth === 0 ? values : fc.oneof(values, object(depth - 1, values)), { maxKeys: 3 });
const twins = object(2, leaf);
const patches = object(2, fc.oneof(leaf, fc.constant(null)));
/** A hub keeps no empty object that a patch would have made; such patches are left out here. */
const hasEmpty = (value: Json): boolean =>
  isObject(value) && (Object.keys(value).length === 0 || Object.values(value).some(hasEmpty));
const onlyTakesOut = (value: Json): boolean =>
  isObject(value) && (Object.values(value).every((inner) => inner === null) || Object.values(value).some(onlyTakesOut));
const usable = (value: JsonObject): boolean =>
  !Object.values(value).some((inner) => hasEmpty(inner) || onlyTakesOut(inner));

it('brings every twin back to what it was, at the places of the patch and everywhere else', () => {
  fc.assert(
    fc.property(twins, patches, (before, patch) => {
      fc.pre(usable(patch) && !hasEmpty(before));
      const after = merged(before, patch);
      const way = restoring(patch, valuesAt(patch, before), after);

      if ('changedAt' in way) throw new Error(`changed at ${way.changedAt}`);
      expect(sameJson(withoutEmpty(merged(after, way.patch)), withoutEmpty(before))).toBe(true);
    }),
  );
});

/** Objects that a patch has emptied say the same as none. */
function withoutEmpty(value: Json): Json {
  if (!isObject(value)) return value;
  const kept = Object.entries(value).map(([name, inner]): [string, Json] => [name, withoutEmpty(inner)]);
  return Object.fromEntries(kept.filter(([, inner]) => !(isObject(inner) && Object.keys(inner).length === 0)));
}

it.each<{ name: string; applied: JsonObject; before: JsonObject; now: JsonObject; way: object }>([
  { name: 'as it was left', applied: { f: 3 }, before: { f: 1 }, now: { f: 3 }, way: { patch: { f: 1 } } },
  { name: 'there was nothing', applied: { f: 3 }, before: { f: null }, now: { f: 3 }, way: { patch: { f: null } } },
  { name: 'back already', applied: { f: 3 }, before: { f: 1 }, now: { f: 1 }, way: { patch: {} } },
  { name: 'taken out', applied: { f: null }, before: { f: 1 }, now: {}, way: { patch: { f: 1 } } },
  { name: "somebody else's", applied: { f: 3 }, before: { f: 1 }, now: { f: 9 }, way: { changedAt: 'f' } },
  { name: 'gone since', applied: { f: 3 }, before: { f: 1 }, now: {}, way: { changedAt: 'f' } },
  {
    name: 'inside',
    applied: { at: { f: 3 } },
    before: { at: { f: 1 } },
    now: { at: { f: 9 } },
    way: { changedAt: 'at.f' },
  },
  { name: 'elsewhere', applied: { f: 3 }, before: { f: 1 }, now: { f: 3, g: 9 }, way: { patch: { f: 1 } } },
])('restores: $name', ({ applied, before, now, way }) => expect(restoring(applied, before, now)).toEqual(way));

it('keeps of a twin only what a patch touches, tags and desired properties alike', () => {
  const twin = { tags: { ring: 1, site: 'a' }, desired: { at: { floor: 1, room: 2 }, mode: 'x' } };

  expect(snapshotOf({ tags: { ring: 2 }, desired: { at: { floor: 9 }, fresh: true } }, twin)).toEqual({
    tags: { ring: 1 },
    desired: { at: { floor: 1 }, fresh: null },
  });
});
