import { stripVTControlCharacters } from 'node:util';

/**
 * What came of a jest project. A suite that could not be loaded, a crash, and a project without a test are failures,
 * so that a broken run never looks like a good one.
 *
 * @param report   what jest wrote with --json, or undefined when it wrote nothing
 * @param code     its exit code
 * @param narrowed whether the user asked for some of its tests only; then none may be left
 * @returns passed, failed and skipped, and a note when a failure is none of a test's
 */
export function countOf(report, { code, narrowed }) {
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  const failed = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
  const note = noteOn({ report, code, narrowed, passed, failed });
  return { passed, failed: note === undefined ? failed : failed + 1, skipped, note };
}

function noteOn({ report, code, narrowed, passed, failed }) {
  if (report === undefined) return 'jest crashed: it left no report';
  if (code !== 0 && failed === 0) return `jest ended with exit code ${code} though no test failed`;
  if (passed + failed === 0 && !narrowed) return 'no test ran';
  return undefined;
}

/** The line that closes a run. */
export const closingLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/** Lines of a failure's message that a recap repeats. */
const RECAP_LINES = 60;

/**
 * What failed of a jest project, for the end of a long run, where its own place is far above.
 *
 * @param report what jest wrote with --json, or undefined when it wrote nothing
 * @returns {string[]} file, test and the beginning of the message, a text each
 */
export const failuresOf = (report) => (report?.testResults ?? []).flatMap(failuresIn);

function failuresIn({ name, status, message, assertionResults = [] }) {
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [recap(name, 'could not be run', message)] : [];
  return failed.map(({ fullName, failureMessages = [] }) => recap(name, fullName, failureMessages[0]));
}

function recap(file, test, message = '') {
  const lines = stripVTControlCharacters(message).split('\n').slice(0, RECAP_LINES);
  return [`${file}: ${test}`, ...lines.map((line) => `  ${line}`)].join('\n');
}
