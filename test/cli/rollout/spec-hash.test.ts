import { specHashOf } from '../../../cli/rollout/spec-hash';
import { parseRolloutSpec } from '../../../spec/rollout/parse';

const hashOf = (text: string): string => {
  const parsed = parseRolloutSpec(text);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  return specHashOf(parsed.spec);
};

const YAML = `apiVersion: groundswell/v1
name: lock-doors
target: { hubs: [main], where: "*" }
action: { method: { name: lockDoor, payload: { b: 1, a: [1, 2] } } }
waves: [5, rest]
`;

it('is the same for the same spec written in another order, another format, and with a default spelled out', () => {
  const json = JSON.stringify({
    waves: [5, 'rest'],
    onBreach: 'hold',
    action: { method: { payload: { a: [1, 2], b: 1 }, name: 'lockDoor' } },
    target: { where: '*', hubs: ['main'] },
    name: 'lock-doors',
    apiVersion: 'groundswell/v1',
  });

  expect(hashOf(json)).toBe(hashOf(YAML));
});

it.each([
  ['a payload', 'b: 1', 'b: 2'],
  ['the order in a list', '[1, 2]', '[2, 1]'],
  ['a wave', '[5, rest]', '[6, rest]'],
])('differs when %s differs', (_what, from, to) => {
  expect(hashOf(YAML.replace(from, to))).not.toBe(hashOf(YAML));
});
