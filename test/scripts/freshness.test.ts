import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { evaluate } from './script';

let root: string;

beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'groundswell-freshness-'))));
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string | object): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
}

const ask = (call: string) => evaluate('freshness.mjs', `script.${call} ?? null`);
const inRoot = () => JSON.stringify(root);

const lockOf = (version: string) => ({
  packages: {
    '': {},
    'node_modules/zod': { version },
    'node_modules/fsevents': { version: '2.0.0', optional: true },
    emulator: { version: '0.1.0' },
    'node_modules/iothub-emulator': { resolved: 'emulator', link: true },
  },
});
const installedOf = (version: string) => ({
  packages: { 'node_modules/zod': { version }, 'node_modules/iothub-emulator': { link: true } },
});

it('takes packages for current when npm has installed what the lockfile says, without those of other platforms', () => {
  write('package-lock.json', lockOf('4.0.0'));
  write('node_modules/.package-lock.json', installedOf('4.0.0'));

  expect(ask(`packagesAreCurrent(${inRoot()})`)).toBe(true);
});

it('wants packages installed when there are none, when one has another version, or when the lockfile has changed', () => {
  write('package-lock.json', lockOf('4.0.0'));
  expect(ask(`packagesAreCurrent(${inRoot()})`)).toBe(false);

  write('node_modules/.package-lock.json', installedOf('3.9.0'));
  expect(ask(`packagesAreCurrent(${inRoot()})`)).toBe(false);

  ask(`markPackagesCurrent(${inRoot()})`);
  expect(ask(`packagesAreCurrent(${inRoot()})`)).toBe(true);

  write('package-lock.json', lockOf('4.0.1'));
  expect(ask(`packagesAreCurrent(${inRoot()})`)).toBe(false);
});

it('wants a build when a source has changed or somebody else has compiled since, not when a test or a page has', () => {
  write('domain/plan.ts', 'export const a = 1;');
  write('dist/.tsbuildinfo', '{}');
  ask(`markBuildCurrent(${inRoot()}, script.digestOfSources(${inRoot()}))`);

  write('test/domain/plan.test.ts', 'it("works")');
  write('docs/plan.md', '# Plan');
  expect(ask(`buildIsCurrent(${inRoot()})`)).toBe(true);

  write('domain/plan.ts', 'export const a = 2;');
  expect(ask(`buildIsCurrent(${inRoot()})`)).toBe(false);

  write('domain/plan.ts', 'export const a = 1;');
  utimesSync(join(root, 'dist/.tsbuildinfo'), 1, 1);
  expect(ask(`buildIsCurrent(${inRoot()})`)).toBe(false);
});
