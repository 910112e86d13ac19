import { parseRolloutSpec } from '../../../spec/rollout/parse';

const minimal = `
apiVersion: groundswell/v1
name: lock-doors
target: { hubs: [main], where: tags.building = 43 }
action: { method: { name: lockDoor } }
waves: [5, 20%, rest]
`;

const problemsIn = (text: string) => {
  const parsed = parseRolloutSpec(text);
  return parsed.kind === 'invalid' ? parsed.problems : [];
};
const pathsIn = (text: string) => problemsIn(text).map(({ path }) => path);
const withLine = (line: string) => `${minimal}${line}\n`;
const replaced = (from: string, to: string) => minimal.replace(from, to);

it('fills in every default', () => {
  expect(parseRolloutSpec(minimal)).toEqual({
    kind: 'valid',
    spec: {
      name: 'lock-doors',
      target: { kind: 'query', hubs: ['main'], where: 'tags.building = 43' },
      action: { kind: 'method', name: 'lockDoor', payload: null, responseTimeoutMs: 30_000 },
      executor: 'job',
      waves: { kind: 'sizes', sizes: [{ kind: 'count', count: 5 }, { kind: 'share', share: 0.2 }, { kind: 'rest' }] },
      gate: { failureLimit: 0.05, limits: {}, minimum: 1, successTarget: 0.95, soakMs: 0, checks: [] },
      batch: { size: 100, parallel: 1, timeoutMs: 3_600_000, startWithinMs: 3_600_000 },
      retry: { attempts: 1, on: [], firstMs: 60_000, factor: 2, mostMs: 3_600_000 },
      onBreach: 'hold',
      notify: [],
      priority: 3,
    },
  });
});

it('reads the same from JSON', () => {
  const json = JSON.stringify({
    apiVersion: 'groundswell/v1',
    name: 'lock-doors',
    target: { hubs: ['main'], where: 'tags.building = 43' },
    action: { method: { name: 'lockDoor' } },
    waves: [5, '20%', 'rest'],
  });

  expect(parseRolloutSpec(json)).toEqual(parseRolloutSpec(minimal));
});

it('reads a twin update with everything given', () => {
  const twin = '{ twin: { tags: { floor: 3 }, desired: { floor: 3 }, etag: abc, confirmWithin: 90s } }';
  const parsed = parseRolloutSpec(
    `${replaced('{ method: { name: lockDoor } }', twin)}gate: { soak: 1.5h, failureLimit: 0% }\nonBreach: abort\n`,
  );

  expect(parsed).toMatchObject({
    spec: {
      action: { kind: 'twin', tags: { floor: 3 }, desired: { floor: 3 }, etag: 'abc', confirmWithinMs: 90_000 },
      gate: { soakMs: 5_400_000, failureLimit: 0, successTarget: 0.95 },
      onBreach: 'abort',
    },
  });
});

it('lists all of ten different mistakes, each with path, value, what is allowed, and where it stands', () => {
  const problems = problemsIn(`apiVersion: groundswell/v2
name: Lock Doors
target:
  hubs: []
  where: ''
action:
  method: { responseTimeout: 1s }
waves: [0, rest]
gate: { failureLimit: 5, successTarget: 200% }
batch: { size: 5000 }
onBreach: explode
`);

  expect(problems.map(({ path, value, line }) => [line, path, value])).toEqual([
    [1, 'apiVersion', '"groundswell/v2"'],
    [2, 'name', '"Lock Doors"'],
    [4, 'target.hubs', '[]'],
    [5, 'target.where', '""'],
    [7, 'action.method.name', 'nothing'],
    [7, 'action.method.responseTimeout', '"1s"'],
    [8, 'waves[0]', '0'],
    [9, 'gate.failureLimit', '5'],
    [9, 'gate.successTarget', '"200%"'],
    [10, 'batch.size', '5000'],
    [11, 'onBreach', '"explode"'],
  ]);
  for (const { allowed } of problems) expect(allowed).not.toMatch(/invalid|expected|too (small|big)/i);
});

it.each([
  { name: 'an unknown field', line: 'colour: red', paths: ['colour'] },
  { name: 'an unknown nested field', line: 'gate: { failurelimit: 5% }', paths: ['gate.failurelimit'] },
  { name: 'a soak without a unit', line: 'gate: { soak: 10 }', paths: ['gate.soak'] },
  { name: 'a minimum of zero', line: 'gate: { minimum: 0 }', paths: ['gate.minimum'] },
  { name: 'a fraction of a device', line: 'batch: { size: 1.5 }', paths: ['batch.size'] },
])('refuses $name', ({ line, paths }) => expect(pathsIn(withLine(line))).toEqual(paths));

it.each([
  { name: 'waves that do not end with rest', to: 'waves: [5, 20%]', paths: ['waves'] },
  { name: 'rest in the middle', to: 'waves: [rest, 5]', paths: ['waves'] },
  { name: 'no wave at all', to: 'waves: []', paths: ['waves'] },
  { name: 'a share of nothing', to: 'waves: [0%, rest]', paths: ['waves[0]'] },
  { name: 'a share above all', to: 'waves: [101%, rest]', paths: ['waves[0]'] },
  { name: 'a wrong size and a misplaced rest at once', to: 'waves: [0, rest, 5]', paths: ['waves[0]', 'waves'] },
  { name: 'a negative count', to: 'waves: [-1, rest]', paths: ['waves[0]'] },
])('refuses $name', ({ to, paths }) => expect(pathsIn(replaced('waves: [5, 20%, rest]', to))).toEqual(paths));

it.each([
  { name: 'both query and devices', to: '{ hubs: [main], where: "*", devices: [a] }', paths: ['target'] },
  { name: 'neither query nor devices', to: '{ hubs: [main] }', paths: ['target'] },
  { name: 'a hub twice', to: '{ hubs: [main, main], where: "*" }', paths: ['target.hubs'] },
  { name: 'a device twice', to: '{ hubs: [main], devices: [a, b, a] }', paths: ['target.devices'] },
  { name: 'an impossible device id', to: '{ hubs: [main], devices: ["a b"] }', paths: ['target.devices[0]'] },
])('refuses a target with $name', ({ to, paths }) =>
  expect(pathsIn(replaced('{ hubs: [main], where: tags.building = 43 }', to))).toEqual(paths),
);

it.each([
  { name: 'two actions', to: '{ method: { name: a }, twin: { tags: { a: 1 } } }', paths: ['action'] },
  { name: 'no action', to: '{}', paths: ['action'] },
  { name: 'an empty twin update', to: '{ twin: {} }', paths: ['action.twin'] },
  {
    name: 'a confirmation of tags',
    to: '{ twin: { tags: { a: 1 }, confirmWithin: 5s } }',
    paths: ['action.twin.confirmWithin'],
  },
])('refuses $name', ({ to, paths }) => expect(pathsIn(replaced('{ method: { name: lockDoor } }', to))).toEqual(paths));

it('says where YAML itself is broken', () => {
  expect(problemsIn('name: [1')).toEqual([expect.objectContaining({ allowed: 'well-formed YAML or JSON', line: 1 })]);
});

it('asks for a document where there is none', () => expect(pathsIn('')).toEqual(['(document)']));
