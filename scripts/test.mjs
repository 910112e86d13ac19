import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, ROOT } from './bootstrap.mjs';
import { main, run } from './process.mjs';

const MINUTE_MS = 60_000;
const tool = (...path) => join(ROOT, 'node_modules', ...path);
const ESLINT = tool('eslint', 'bin', 'eslint.js');
const PRETTIER = tool('prettier', 'bin', 'prettier.cjs');
const TSC = tool('typescript', 'bin', 'tsc');
const JEST = tool('jest', 'bin', 'jest.js');
const EMULATOR = join(ROOT, 'emulator', 'dist', 'main.js');

/** Each counts as one test. */
const CHECKS = {
  lint: [ESLINT, '.', '--max-warnings', '0'],
  format: [PRETTIER, '--check', '.', '--log-level', 'warn'],
  types: [TSC, '--noEmit'],
};
/** jest projects; `around` is the program that runs jest, and gets a folder for its state. */
const SUITES = {
  unit: { jest: [], around: () => [] },
  integration: {
    jest: [],
    around: (scratch) => [EMULATOR, 'exec', '--state', join(scratch, 'emulator'), '--', process.execPath],
  },
  e2e: { jest: ['--runInBand'], around: () => [] },
};
const ALL = [...Object.keys(CHECKS), ...Object.keys(SUITES)];
const LIMIT_MS = 40 * MINUTE_MS;

/**
 * `npm test -- unit integration -t 'a name'`: names of parts narrow the run to these; all else goes to jest, and
 * without a name of a part then only the jest projects run.
 */
function parseArguments(args) {
  const firstOther = args.findIndex((arg) => !ALL.includes(arg));
  const named = firstOther < 0 ? args : args.slice(0, firstOther);
  const forJest = firstOther < 0 ? [] : args.slice(firstOther);
  const broad = forJest.length > 0 ? Object.keys(SUITES) : ALL;
  return { parts: named.length > 0 ? ALL.filter((part) => named.includes(part)) : broad, forJest };
}

async function runCheck(part, { env, signal }) {
  const { code } = await run(process.execPath, CHECKS[part], { cwd: ROOT, env, signal, show: true });
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function runSuite(part, { env, signal, forJest, scratch }) {
  const { jest, around } = SUITES[part];
  const outputFile = join(scratch, `${part}.json`);
  const cache = ['--cacheDirectory', tool('.cache', 'jest')];
  const report = ['--json', '--outputFile', outputFile, ...(forJest.length > 0 ? ['--passWithNoTests'] : [])];
  const args = [...around(scratch), JEST, '--selectProjects', part, ...cache, ...jest, ...report, ...forJest];
  const { code, how } = await run(process.execPath, args, { cwd: ROOT, env, signal, show: true });
  return countOf(part, existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined, {
    code,
    how,
    narrowed: forJest.length > 0,
  });
}

/** What jest counted; a suite that could not run, a crash, and a part without a test are failures too. */
function countOf(part, report, { code, how, narrowed }) {
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  let failed = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
  if (report === undefined || (code !== 0 && failed === 0)) {
    console.error(`${part}: jest ${how}${report === undefined ? ' without a report' : ''}; counted as a failure`);
    failed += 1;
  } else if (passed + failed === 0 && !narrowed) {
    console.error(`${part}: no test ran; counted as a failure`);
    failed += 1;
  }
  return { passed, failed, skipped };
}

async function testAll(interrupted) {
  const { parts, forJest } = parseArguments(process.argv.slice(2));
  const env = testEnvironment(await bootstrap(interrupted));
  const home = join(ROOT, '.groundswell');
  mkdirSync(home, { recursive: true });
  const scratch = mkdtempSync(join(home, 'test-'));
  const total = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const part of parts) {
      console.error(`\n== ${part}`);
      const count = await runPart(part, { env, forJest, scratch, interrupted });
      for (const kind of Object.keys(total)) total[kind] += count[kind];
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return finish(total);
}

async function runPart(part, { interrupted, ...options }) {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const signal = AbortSignal.any([interrupted, limit]);
  try {
    return part in CHECKS ? await runCheck(part, { ...options, signal }) : await runSuite(part, { ...options, signal });
  } catch (error) {
    if (!limit.aborted || interrupted.aborted) throw error;
    console.error(`${part}: not done after ${LIMIT_MS / MINUTE_MS} minutes; counted as a failure`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** Pulumi keeps its state of a user in the checkout, so that tests leave nothing elsewhere and work without a HOME. */
function testEnvironment(env) {
  return { PULUMI_HOME: join(ROOT, '.groundswell', 'pulumi-home'), ...env };
}

/** The last line is the one that tells how the run ended; nothing is printed after it. */
function finish({ passed, failed, skipped }) {
  if (passed + failed === 0) {
    console.error('No test matched.');
    failed = 1;
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;
}

await main(testAll);
