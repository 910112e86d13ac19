import { evaluate } from './script';

it.each([
  [
    [],
    {
      stages: [
        ['unit', 'lint', 'format', 'types', 'pageTypes'],
        ['integration', 'e2e'],
      ],
      forJest: [],
    },
  ],
  [['e2e', 'lint'], { stages: [['lint'], ['e2e']], forJest: [] }],
  [['integration', '-t', 'unit'], { stages: [['integration']], forJest: ['-t', 'unit'] }],
  [['-t', 'a name'], { stages: [['unit'], ['integration', 'e2e']], forJest: ['-t', 'a name'] }],
])('of the arguments %j runs %j', (args, expected) => {
  expect(evaluate('parts.mjs', `script.parseArguments(${JSON.stringify(args)})`)).toEqual(expected);
});

it('needs the tools for what runs servers only', () => {
  expect(evaluate('parts.mjs', 'script.STAGES.map(script.needsTools)')).toEqual([false, true]);
});
