import type { JsonObject } from '../../../../emulator/world/json';
import { compileCondition } from '../../../../emulator/hub/query/evaluate';
import { parseCondition, parseQuery } from '../../../../emulator/hub/query/parser';
import { pinnedBy, runQuery, type Sources } from '../../../../emulator/hub/query/run';

/** A reading that doubles with each parenthesis takes longer than this, by far. */
const AGES_MS = 60_000;

const twin: JsonObject = {
  deviceId: 'pump-17',
  status: 'enabled',
  lastActivityTime: '2026-11-20T10:00:00.0000000Z',
  tags: { building: 43, floor: '3', 'odd key': true, group: 'a', nothing: { deep: false } },
  properties: { desired: { level: 2.5 }, reported: { fw: '1.2.0', list: [1, 2], ok: true } },
};

it.each([
  ["deviceId = 'pump-17'", true],
  ["DeviceId = 'pump-17'", true],
  ["devices.deviceId = 'pump-17'", true],
  ["deviceId = 'PUMP-17'", false],
  ["lastActivityTime > '2026-11-20T09:59:59Z'", true],
  ['tags.building = 43', true],
  ['tags.Building = 43', false],
  ["tags.building = '43'", false],
  ["tags.building != '43'", true],
  ['tags.building <> 43', false],
  ['tags.building >= 43 AND tags.building <= 0x2B', true],
  ['tags.building > 43', false],
  ['tags.building < 43 OR tags.floor = "3"', true],
  ['not tags.building = 43', false],
  ['NOT (tags.building = 44)', true],
  ['tags.missing = 1', false],
  ['tags.missing != 1', false],
  ['NOT tags.missing = 1', false],
  ['tags.missing = 1 OR tags.building = 43', true],
  ['tags.missing = 1 AND tags.building = 43', false],
  ['NOT (tags.missing = 1 AND tags.building = 44)', true],
  ['tags.floor > 2', false],
  ['tags.building + 2 * 3 = 49', true],
  ['(tags.building + 2) * 3 = 135', true],
  ['tags.building % 10 = 3', true],
  ['tags.building - 40 = 3', true],
  ['tags.building / 2 = 21.5', true],
  ['properties.desired.level = 25e-1', true],
  ["tags.floor IN ['1', '3']", true],
  ["tags.floor NIN ['1', '3']", false],
  ['tags.building IN [1, 43, true]', true],
  ["tags.missing NIN ['1']", false],
  ['tags.building IN []', false],
  ['properties.reported.list = 1', false],
  ['properties.reported.ok', true],
  ['properties.reported.ok = true', true],
  ['is_defined(tags.building)', true],
  ['IS_DEFINED(tags.missing)', false],
  ['NOT IS_DEFINED(properties.reported.fw.minor)', true],
  ["STARTSWITH(deviceId, 'pump')", true],
  ["endswith(devices.deviceId, '-17')", true],
  ["STARTSWITH(tags.building, '4')", false],
  ['tags.[[odd key]] = true', true],
  ["tags.[[group]] = 'a'", true],
  ["tags.group = 'a'", true],
  ['tags.nothing.deep = false', true],
  ["'a' = 'a'", true],
  ['1 = 2', false],
  [String.raw`'it\'s \u0041' = "it's A"`, true],
])('%s: %s', (condition, expected) => {
  expect(compileCondition(parseCondition(condition))(twin)).toBe(expected);
});

it('takes * for every device', () => {
  expect(parseCondition(' * ')).toBeUndefined();
});

it.each([
  ['SELECT * FORM devices', '1:10'],
  ['SELECT *\nFROM devices\nWHERE tags.a ==', '3:15'],
  ["SELECT * FROM devices WHERE STARTS_WITH(deviceId, 'a')", "1:29: the function 'STARTS_WITH' is not supported"],
  ["SELECT * FROM devices WHERE tags.a IN ('x')", '1:39'],
  ['SELECT * FROM devices ORDER BY deviceId', '1:23'],
  ['SELECT TOP x * FROM devices', '1:12'],
  ["SELECT * FROM devices WHERE tags.a = 'open", '1:38'],
  ['SELECT count(deviceId) FROM devices', 'count takes no argument'],
  ['', '1:1'],
])('refuses %j, pointing at the mistake', (query, where) => {
  expect(() => parseQuery(query)).toThrow(where);
});

it('refuses texts that are too long or nest too deep, without running out of stack', () => {
  expect(() => parseCondition(`tags.a = '${'x'.repeat(8192)}'`)).toThrow(/at most 8192/);
  expect(() => parseCondition('('.repeat(4000))).toThrow(/nested deeper/);
  expect(compileCondition(parseCondition('NOT '.repeat(2000) + 'true'))(twin)).toBe(true);
});

it('reads the deepest text that is allowed as fast as any other', () => {
  const deep = `${'('.repeat(100)}tags.a = 1${')'.repeat(100)}`;

  expect(parseCondition(deep)).toEqual(parseCondition('tags.a = 1'));
  expect(parseCondition(`${'('.repeat(100)}tags.a${')'.repeat(100)} IN [1]`)).toEqual(parseCondition('tags.a IN [1]'));
});

it.each([
  ["deviceId = 'a' AND tags.x = 1", ['a']],
  ["tags.x = 1 AND 'a' = devices.deviceId", ['a']],
  ["deviceId IN ['a', 'b']", ['a', 'b']],
  ["deviceId = 'a' OR tags.x = 1", undefined],
  ["NOT deviceId = 'a'", undefined],
  ["deviceId NIN ['a']", undefined],
  ["tags.deviceId = 'a'", undefined],
])('%s can only match %j', (condition, ids) => {
  expect(pinnedBy(parseCondition(condition), 'deviceid')).toEqual(ids && new Set(ids));
});

const fleet = Array.from({ length: 25 }, (_, i) => ({
  deviceId: `d${i}`,
  tags: { ring: i % 3 === 0 ? 'canary' : 'rest', weight: i },
}));
const sources: Sources = {
  *devices(position) {
    for (const [i, device] of fleet.entries()) if (i + 1 > position) yield [i + 1, device];
  },
  modules: () => [],
  jobRows: () => [],
};

function pages(query: string, size: number): JsonObject[][] {
  const read: JsonObject[][] = [];
  let continuation: string | undefined;
  do {
    const page = runQuery(sources, query, size, continuation);
    read.push([...page.items]);
    continuation = page.continuation;
  } while (continuation !== undefined);
  return read;
}

it('pages without loss or repetition, and ends a full last page without a continuation', () => {
  const read = pages('SELECT * FROM devices', 5);

  expect(read.map((page) => page.length)).toEqual([5, 5, 5, 5, 5]);
  expect(read.flat()).toEqual(fleet);
});

it('stops at TOP across pages', () => {
  expect(pages('SELECT TOP 7 deviceId FROM devices', 3).flat()).toEqual(
    fleet.slice(0, 7).map(({ deviceId }) => ({ deviceId })),
  );
});

it('never gives more than 100 a page', () => {
  const many: Sources = {
    ...sources,
    devices: () => Array.from({ length: 150 }, (_, i) => [i + 1, { deviceId: `${i}` }] as const),
  };

  expect(runQuery(many, 'SELECT * FROM devices', 1000, undefined).items).toHaveLength(100);
});

it('projects by path and alias, leaving out what is not there', () => {
  const { items, itemType } = runQuery(
    sources,
    'SELECT TOP 1 deviceId AS id, tags.weight, tags.none FROM devices',
    10,
    undefined,
  );

  expect(items).toEqual([{ id: 'd0', weight: 0 }]);
  expect(itemType).toBe('Raw');
});

it('aggregates over all and by group, a row at a time where pages are small', () => {
  expect(
    pages(
      'SELECT COUNT() AS n, sum(tags.weight) AS s, avg(tags.weight) AS a, min(tags.weight) AS lo, max(tags.weight) AS hi FROM devices',
      10,
    ),
  ).toEqual([[{ n: 25, s: 300, a: 12, lo: 0, hi: 24 }]]);
  expect(
    pages('SELECT tags.ring AS ring, COUNT() AS n FROM devices WHERE tags.weight < 10 GROUP BY tags.ring', 1),
  ).toEqual([[{ ring: 'canary', n: 4 }], [{ ring: 'rest', n: 6 }]]);
});

it('refuses a continuation of another query, and a made-up one', () => {
  const { continuation } = runQuery(sources, 'SELECT * FROM devices', 5, undefined);

  expect(() => runQuery(sources, 'SELECT deviceId FROM devices', 5, continuation)).toThrow(/continuation/);
  expect(() => runQuery(sources, 'SELECT * FROM devices', 5, 'garbage')).toThrow(/continuation/);
});

it('allows only SELECT * on job rows', () => {
  expect(() => runQuery(sources, 'SELECT deviceId FROM devices.jobs', 5, undefined)).toThrow(/only SELECT \*/);
});

it.each([
  ['- tags.building = -43', true],
  ['-(tags.building - 40) * 2 = -6', true],
  ['- -tags.building = 43', true],
  ['NOT NOT tags.building = 43', true],
  ["tags.floor = '\\u0033'", true],
  ["tags.floor > '-'", true],
])('works out %s', (condition, expected) => {
  expect(compileCondition(parseCondition(condition))(twin)).toBe(expected);
});

it('finds the state of a configuration by its quoted name', () => {
  const holds = compileCondition(parseCondition("configurations.[[fan-speed]].status = 'Applied'"));
  expect(holds({ configurations: { 'fan-speed': { status: 'Applied' } } })).toBe(true);
  expect(holds({ configurations: { 'fan-speed': { status: 'Targeted' } } })).toBe(false);
});

it.each([
  ['(', 8192],
  ['[', 8192],
  ['f(', 4000],
  ['[[', 4000],
  ['NOT ', 2000],
  ['-', 8000],
  ['(((a', 2000],
])('refuses %j many times over, at once', (text, times) => {
  const began = performance.now();
  expect(() => parseCondition(text.repeat(times))).toThrow(/The query is invalid/);
  expect(performance.now() - began).toBeLessThan(AGES_MS);
});

it('reads 99 parentheses in a moment, and a long chain of conditions', () => {
  const began = performance.now();
  const nested = `${'('.repeat(99)}tags.building = 43${')'.repeat(99)}`;
  expect(compileCondition(parseCondition(nested))(twin)).toBe(true);
  const chained = Array.from({ length: 400 }, () => 'NOT tags.x = 1').join(' OR ');
  expect(compileCondition(parseCondition(chained))(twin)).toBe(false);
  expect(performance.now() - began).toBeLessThan(AGES_MS);
  expect(compileCondition(parseCondition(`tags.floor != '${'('.repeat(200)}'`))(twin)).toBe(true);
});

it('reads modules, and wants every plain column of an aggregate in GROUP BY', () => {
  const modules: Sources = {
    ...sources,
    *modules() {
      yield [1, { deviceId: 'd', moduleId: 'm', tags: { x: 1 } }];
    },
  };
  const text = "SELECT moduleId FROM devices.modules WHERE devices.modules.moduleId = 'm'";
  expect(runQuery(modules, text, 5, undefined).items).toEqual([{ moduleId: 'm' }]);
  expect(() => runQuery(sources, 'SELECT tags.ring, COUNT() AS n FROM devices', 5, undefined)).toThrow(/GROUP BY/);
});
