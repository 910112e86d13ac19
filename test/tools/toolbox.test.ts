import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ToolUnavailableError } from '../../tools/errors';
import { toolbox } from '../../tools/toolbox';
import type { Progress, Source, ToolSpec } from '../../tools/types';
import { failingSource, givingSource, specOf, temporaryFolder, writeProgram } from './fake-tool';

let cache: string;
let onPath: string;

beforeEach(() => {
  cache = temporaryFolder();
  onPath = temporaryFolder();
});

afterEach(() => [cache, onPath].forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** The program itself needs `sh` and `echo`, but the search sees only the folder given. */
const boxOf = (spec: ToolSpec, path = onPath) => toolbox({ temporal: spec, pulumi: spec }, () => ({ cache, path }));
const cachedBin = () => join(cache, 'temporal', `1.9.1-${process.platform}-${process.arch}`, 'bin');
const leftInCache = () => (existsSync(join(cache, 'temporal')) ? readdirSync(join(cache, 'temporal')) : []);

describe('locate', () => {
  it('takes the one on PATH before the one in the cache', async () => {
    const path = writeProgram(onPath, 'temporal', 'temporal version 1.8.3 (Server 1.30.0)');
    writeProgram(cachedBin(), 'temporal', 'temporal version 1.9.1');

    const located = await boxOf(specOf()).locate('temporal');

    expect(located).toEqual({ tool: 'temporal', path, version: '1.8.3', source: 'path' });
  });

  it('passes over what is too old, of the next major version, or does not run', async () => {
    const others = ['1.7.9', '2.0.0'].map((version) => {
      const folder = join(onPath, version);
      writeProgram(folder, 'temporal', `temporal version ${version}`);
      return folder;
    });
    const broken = join(onPath, 'broken');
    writeProgram(broken, 'temporal', "'; exit 1; '");
    const path = writeProgram(cachedBin(), 'temporal', 'temporal version 1.9.1');

    const located = await boxOf(specOf(), [...others, broken].join(delimiter)).locate('temporal');

    expect(located).toEqual({ tool: 'temporal', path, version: '1.9.1', source: 'cache' });
  });

  it('installs nothing', async () => {
    const source = givingSource('registry', 'temporal version 1.9.1');

    const located = await boxOf(specOf(source)).locate('temporal');

    expect(located).toBeUndefined();
    expect(source.asked).toBe(0);
  });
});

describe('ensure', () => {
  it('goes on to the next source when one fails, and says what it is doing', async () => {
    const progress: Progress[] = [];
    const spec = specOf(failingSource('download', 'no route'), givingSource('registry', 'temporal version 1.9.1'));

    const located = await boxOf(spec).ensure('temporal', (step) => progress.push(step));

    expect(located).toEqual({
      tool: 'temporal',
      path: join(cachedBin(), 'temporal'),
      version: '1.9.1',
      source: 'cache',
    });
    expect(leftInCache()).toEqual([`1.9.1-${process.platform}-${process.arch}`]);
    expect(progress.every(({ tool, elapsedMs }) => tool === 'temporal' && elapsedMs >= 0)).toBe(true);
  });

  it('names every place it tried and the next step when none gives the tool, and leaves nothing behind', async () => {
    writeProgram(onPath, 'temporal', 'temporal version 1.0.0');
    const wrong = givingSource('registry', 'temporal version 1.7.0');

    const error: unknown = await boxOf(specOf(failingSource('download', 'no route'), wrong))
      .ensure('temporal')
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ToolUnavailableError);
    const { message, attempts } = error as ToolUnavailableError;
    expect(attempts.map(({ source }) => source)).toEqual(['PATH', 'cache', 'download', 'registry']);
    expect(message).toMatch(/PATH: .*is version 1\.0\.0; needed: 1\.8\.0/);
    expect(message).toMatch(/download: no route/);
    expect(message).toMatch(/registry: .*is version 1\.7\.0/);
    expect(message).toMatch(/Next step: install it by hand$/);
    expect(leftInCache()).toEqual([]);
  });

  it('says so when the cache folder cannot be made', async () => {
    const file = writeProgram(onPath, 'not-a-folder', '');
    const spec = specOf(givingSource('registry', 'temporal version 1.9.1'));
    const box = toolbox({ temporal: spec, pulumi: spec }, () => ({ cache: join(file, 'cache'), path: onPath }));

    await expect(box.ensure('temporal')).rejects.toThrow(/GROUNDSWELL_CACHE/);
  });

  it('fetches once when two want the same tool at once', async () => {
    const source = givingSource('registry', 'temporal version 1.9.1');
    const slow: Source = { ...source, fetch: (...args) => waiting(300).then(() => source.fetch(...args)) };

    const both = await Promise.all([boxOf(specOf(slow)).ensure('temporal'), boxOf(specOf(slow)).ensure('temporal')]);

    expect(new Set(both.map(({ path }) => path))).toEqual(new Set([join(cachedBin(), 'temporal')]));
    expect(source.asked).toBe(1);
  });

  it('replaces a cached tool that does not run, and sweeps what a killed process left', async () => {
    writeProgram(cachedBin(), 'temporal', 'nonsense');
    mkdirSync(join(cache, 'temporal', '.staging-killed'));

    const located = await boxOf(specOf(givingSource('registry', 'temporal version 1.9.1'))).ensure('temporal');

    expect(located.version).toBe('1.9.1');
    expect(leftInCache()).toEqual([`1.9.1-${process.platform}-${process.arch}`]);
  });

  it('stops when told to, tries no further source and leaves neither tool nor lock', async () => {
    const controller = new AbortController();
    const next = givingSource('next', 'temporal version 1.9.1');
    const interrupted: Source = {
      ...next,
      fetch: (_folder, _report, signal) => {
        controller.abort(new Error('enough'));
        return signal.aborted ? Promise.reject(new Error('stopped')) : new Promise(() => undefined);
      },
    };

    await expect(boxOf(specOf(interrupted, next)).ensure('temporal', undefined, controller.signal)).rejects.toThrow(
      'enough',
    );

    expect(next.asked).toBe(0);
    expect(readdirSync(cache)).toEqual(['temporal']);
    expect(leftInCache()).toEqual([]);
  });
});

const waiting = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
