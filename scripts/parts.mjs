import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';

const tool = (...path) => join(ROOT, 'node_modules', ...path);
const EMULATOR = join(ROOT, 'emulator', 'dist', 'main.js');
const JEST = tool('jest', 'bin', 'jest.js');

/** What is checked without running a test; each counts as one. Arguments of node. */
export const CHECKS = {
  lint: [tool('eslint', 'bin', 'eslint.js'), '.', '--max-warnings', '0'],
  format: [tool('prettier', 'bin', 'prettier.cjs'), '--check', '.', '--log-level', 'warn'],
  types: [tool('typescript', 'bin', 'tsc'), '--noEmit'],
  // With a browser's own types in the place of Node.js's.
  pageTypes: [tool('typescript', 'bin', 'tsc'), '--noEmit', '--project', 'dashboard'],
};

/**
 * The jest projects, with their own options. Unit tests take every core (jest would leave one of them, of two). The
 * integration tests run inside an emulator of their own, two files at a time: they wait more than they compute.
 */
export const SUITES = { unit: ['--maxWorkers', '100%'], integration: ['--maxWorkers', '2'], e2e: ['--runInBand'] };

/** One after the other; the parts of a stage run beside one another. What waits for servers leaves room for the rest. */
export const STAGES = [
  ['unit', ...Object.keys(CHECKS)],
  ['integration', 'e2e'],
];

/** Whether a stage runs temporal and pulumi. */
export const needsTools = (stage) => stage.some((part) => part === 'integration' || part === 'e2e');

const ALL = STAGES.flat();

/**
 * What to run. `unit integration -t 'a name'`: names of parts narrow the run to these; all else goes to jest, and when
 * no part is named, only to the jest projects.
 *
 * @param {readonly string[]} args what follows `npm test --`
 * @returns {{ stages: string[][], forJest: string[] }} stages without what is left out
 */
export function parseArguments(args) {
  const firstOther = args.findIndex((arg) => !ALL.includes(arg));
  const named = firstOther < 0 ? args : args.slice(0, firstOther);
  const forJest = firstOther < 0 ? [] : args.slice(firstOther);
  const broad = forJest.length > 0 ? Object.keys(SUITES) : ALL;
  const wanted = named.length > 0 ? named : broad;
  const stages = STAGES.map((stage) => stage.filter((part) => wanted.includes(part)));
  return { stages: stages.filter(({ length }) => length > 0), forJest };
}

/**
 * The command line of a jest project, as arguments of node.
 *
 * @param {string} scratch a folder for the emulator's state
 * @param {string} outputFile where jest writes what it counted
 */
export function jestArguments(part, { scratch, outputFile, forJest }) {
  const around = [EMULATOR, 'exec', '--admin', '--state', join(scratch, 'emulator'), '--', process.execPath];
  return [
    ...(part === 'integration' ? around : []),
    ...[JEST, '--selectProjects', part, '--cacheDirectory', tool('.cache', 'jest'), ...SUITES[part]],
    ...['--json', '--outputFile', outputFile],
    ...(forJest.length > 0 ? ['--passWithNoTests', ...forJest] : []),
  ];
}
