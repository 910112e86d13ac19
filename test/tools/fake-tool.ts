import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Source, ToolSpec } from '../../tools/types';

/** A folder of its own under the system's temporary folder. */
export const temporaryFolder = () => mkdtempSync(join(tmpdir(), 'groundswell-tools-'));

/** Writes a program that prints a line, as `temporal --version` does. */
export function writeProgram(folder: string, name: string, line: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\necho '${line}'\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A source that puts a program of a version into the folder, and counts how often it was asked. */
export function givingSource(name: string, line: string): Source & { asked: number } {
  const source = {
    name,
    usually: 'no time',
    asked: 0,
    obstacle: () => Promise.resolve(undefined),
    fetch: (folder: string) => {
      source.asked += 1;
      writeProgram(join(folder, 'bin'), 'temporal', line);
      return Promise.resolve();
    },
  };
  return source;
}

/** A source that leaves half a file and then fails. */
export const failingSource = (name: string, reason: string): Source => ({
  name,
  usually: 'no time',
  obstacle: () => Promise.resolve(reason),
  fetch: (folder) => {
    writeFileSync(join(folder, 'half'), '');
    return Promise.reject(new Error(reason));
  },
});

/** What the tests install: a `temporal` of which 1.9.1 is pinned and 1.8.0 still accepted. */
export const specOf = (...sources: Source[]): ToolSpec => ({
  tool: 'temporal',
  pinned: '1.9.1',
  minimum: '1.8.0',
  versionArguments: ['--version'],
  sources,
  nextStep: 'install it by hand',
});
