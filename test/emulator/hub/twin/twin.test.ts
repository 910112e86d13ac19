import { HubError } from '../../../../emulator/hub/errors';
import type { Json } from '../../../../emulator/world/json';
import { initialTwin, patchTwin, replaceTwin, reportTwin } from '../../../../emulator/hub/twin/twin';

const T0 = Date.UTC(2026, 0, 1);
const T1 = T0 + 1000;
const [S0, S1] = ['2026-01-01T00:00:00.0000000Z', '2026-01-01T00:00:01.0000000Z'];
const desire = (desired: Json): Json => ({ properties: { desired } });
const withDesired = (desired: Json) => patchTwin(initialTwin({}, T0), desire(desired), T0).twin;

it('starts every section empty in version 1', () => {
  const { tags, desired, reported } = initialTwin({}, T0);

  expect(tags).toEqual({});
  expect(desired).toEqual({ $metadata: { $lastUpdated: '0001-01-01T00:00:00Z' }, $version: 1 });
  expect(reported).toEqual(desired);
});

it('merges objects, deletes by null, replaces arrays, and marks what it touched', () => {
  const before = withDesired({ a: { b: 1, c: 2 }, list: [1, 2], gone: true });

  const { twin, notice } = patchTwin(before, desire({ a: { b: null, d: 3 }, list: [9], gone: null }), T1);

  const now = { $lastUpdated: S1, $lastUpdatedVersion: 3 };
  expect(twin.desired).toEqual({
    a: { c: 2, d: 3 },
    list: [9],
    $version: 3,
    $metadata: { ...now, list: now, a: { ...now, c: { $lastUpdated: S0, $lastUpdatedVersion: 2 }, d: now } },
  });
  expect(notice).toEqual({ a: { b: null, d: 3 }, list: [9], gone: null });
  expect(before.desired).toHaveProperty('a', { b: 1, c: 2 });
});

it('leaves desired alone, and tells no device, when only tags change or desired is empty', () => {
  const before = withDesired({ a: 1 });

  const { twin, notice } = patchTwin(
    before,
    { tags: { floor: 3 }, properties: { desired: {}, reported: { x: 1 } } },
    T1,
  );

  expect(twin.tags).toEqual({ floor: 3 });
  expect(twin.desired).toEqual(before.desired);
  expect(twin.reported).toEqual(before.reported);
  expect(notice).toBeUndefined();
});

it('changes the etag with every write of the service and none of the device', () => {
  const before = initialTwin({}, T0);

  const patched = patchTwin(before, { tags: { a: 1 } }, T1).twin;
  const reported = reportTwin(patched, { fw: '1' }, T1);

  expect(before.etag).toBe('AAAAAAAAAAE=');
  expect(patched.etag).toBe('AAAAAAAAAAI=');
  expect(reported.etag).toBe(patched.etag);
  expect([before.version, patched.version, reported.version]).toEqual([2, 3, 4]);
  expect(reported.reported.$metadata).toEqual({ $lastUpdated: S1, fw: { $lastUpdated: S1 } });
});

it('replaces the sections given and keeps the others, counting the version on', () => {
  const before = patchTwin(withDesired({ a: 1 }), { tags: { t: 1 } }, T0).twin;

  const { twin } = replaceTwin(before, desire({ b: 2, none: null }), T1);

  expect(twin.desired).toMatchObject({ b: 2, $version: 3 });
  expect(twin.desired).not.toHaveProperty('a');
  expect(twin.desired).not.toHaveProperty('none');
  expect(twin.tags).toEqual({ t: 1 });
});

it('takes a whole twin sent back as it was read', () => {
  const twin = withDesired({ a: 1 });

  const again = patchTwin(twin, { deviceId: 'd', version: 9, properties: { desired: twin.desired } }, T1).twin;

  expect(again.desired).toMatchObject({ a: 1, $version: 3 });
});

it('keeps a key named __proto__ a plain key', () => {
  const { tags } = patchTwin(initialTwin({}, T0), JSON.parse('{"tags":{"__proto__":{"polluted":1}}}') as Json, T1).twin;

  expect(JSON.stringify(tags)).toBe('{"__proto__":{"polluted":1}}');
  expect({}).not.toHaveProperty('polluted');
});

const nested = (depth: number): Json => (depth === 1 ? { leaf: 1 } : { n: nested(depth - 1) });
const sized = (keys: number, text: number): Json =>
  Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i % 10}${Math.floor(i / 10)}`, 'x'.repeat(text)]));

it.each<[string, Json]>([
  ['depth 10', nested(10)],
  ['a text of 4 KB', { a: 'x'.repeat(4096) }],
  ['a key of 1 KB', { ['k'.repeat(1024)]: 1 }],
  ['the largest integer', { a: 4503599627370495 }],
  ['the smallest integer', { a: -4503599627370496 }],
  ['32 KB in all', sized(8, 4096 - 3)],
])('allows %s', (_what, desired) => {
  expect(() => withDesired(desired)).not.toThrow();
});

it.each<[string, Json, RegExp]>([
  ['depth 11', nested(11), /nested deeper than 10/],
  ['a very deep document', nested(2000), /nested deeper than 10/],
  ['a text over 4 KB', { a: { b: 'x'.repeat(4097) } }, /'desired\.a\.b' is a text of 4097 bytes/],
  ['a key over 1 KB', { ['k'.repeat(1025)]: 1 }, /key longer than 1024/],
  ['an integer too large', { a: 4503599627370496 }, /'desired\.a' is 4503599627370496/],
  ['over 32 KB in all', sized(9, 4096), /bytes large; at most 32768/],
  ['a key with a dot', { 'a.b': 1 }, /"a\.b"/],
  ['a key with a dollar', { a: { $x: 1 } }, /"\$x"/],
  ['a key with a space', { 'a b': 1 }, /"a b"/],
  ['a list', [1], /'desired' must be a JSON object/],
])('refuses %s', (_what, desired, message) => {
  expect(() => withDesired(desired)).toThrow(message);
  expect(() => withDesired(desired)).toThrow(HubError);
});

it('measures the whole section after the change, not the change', () => {
  const half = { a: 'x'.repeat(4000), b: 'x'.repeat(3000) };
  const tagged = patchTwin(initialTwin({}, T0), { tags: half }, T0).twin;

  expect(() => patchTwin(tagged, { tags: { c: 'x'.repeat(2000) } }, T1)).toThrow(
    /'tags' is 9003 bytes large; at most 8192/,
  );
  expect(() => patchTwin(tagged, { tags: { a: null, c: 'x'.repeat(2000) } }, T1)).not.toThrow();
});
