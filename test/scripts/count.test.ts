import { evaluate } from './script';

const count = (report: object | undefined, outcome: { code: number; narrowed: boolean }) =>
  evaluate('count.mjs', `script.countOf(${JSON.stringify(report)}, ${JSON.stringify(outcome)})`);

it('counts a suite that could not be loaded as a failure beside the tests that failed', () => {
  const report = {
    numPassedTests: 7,
    numFailedTests: 2,
    numRuntimeErrorTestSuites: 1,
    numPendingTests: 3,
    numTodoTests: 1,
  };

  expect(count(report, { code: 1, narrowed: false })).toEqual({ passed: 7, failed: 3, skipped: 4 });
});

it.each([
  ['jest left no report', undefined, { code: 0, narrowed: false }],
  ['jest failed though no test did', { numPassedTests: 5 }, { code: 1, narrowed: false }],
  ['no test ran', { numPendingTests: 4 }, { code: 0, narrowed: false }],
])('counts one failure when %s', (_case, report, outcome) => {
  expect(count(report, outcome)).toMatchObject({ failed: 1 });
});

it('takes no test for none asked for when the run is narrowed', () => {
  expect(count({ numPendingTests: 4 }, { code: 0, narrowed: true })).toEqual({ passed: 0, failed: 0, skipped: 4 });
});

it.each([
  [{ passed: 3, failed: 0, skipped: 0 }, '3 passed, 0 failed'],
  [{ passed: 3, failed: 1, skipped: 2 }, '3 passed, 1 failed, 2 skipped'],
])('closes %j with %s', (total, line) => {
  expect(evaluate('count.mjs', `script.closingLine(${JSON.stringify(total)})`)).toBe(line);
});

describe('the recap of what failed', () => {
  const failures = (report: object | undefined) =>
    evaluate('count.mjs', `script.failuresOf(${JSON.stringify(report)})`);
  const tests = [
    { status: 'passed', fullName: 'opens', failureMessages: [] },
    { status: 'failed', fullName: 'locks', failureMessages: ['\u001b[31mexpected\u001b[0m 1\ngot 2'] },
  ];

  it('names file and test, with the message bare of colours', () => {
    const report = { testResults: [{ name: 'door.test.ts', status: 'failed', message: '', assertionResults: tests }] };

    expect(failures(report)).toEqual(['door.test.ts: locks\n  expected 1\n  got 2']);
  });

  it('names a file that could not be loaded', () => {
    const report = { testResults: [{ name: 'door.test.ts', status: 'failed', message: 'no such module' }] };

    expect(failures(report)).toEqual(['door.test.ts: could not be run\n  no such module']);
  });

  it('cuts a long message', () => {
    const message = Array.from({ length: 100 }, (_, line) => `line ${line}`).join('\n');
    const report = { testResults: [{ name: 'door.test.ts', status: 'failed', message }] };

    expect(String(failures(report)).split('\n')).toHaveLength(61);
  });

  it('is empty when nothing failed or nothing was written', () => {
    expect(failures({ testResults: [{ name: 'door.test.ts', status: 'passed', assertionResults: [] }] })).toEqual([]);
    expect(failures(undefined)).toEqual([]);
  });
});
