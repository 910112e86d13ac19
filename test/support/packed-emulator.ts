import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = resolve(__dirname, '../..');

/**
 * Installs the emulator as its tarball has it into a folder outside the repository, with the dependencies that its
 * package.json names and no others. They are links to those of the repository: npm would ask the registry for each, which
 * takes minutes and a network.
 *
 * @param folder an empty folder
 * @param others packages of the repository that the programs in the folder use
 * @returns the path of the command
 */
export async function installPacked(folder: string, others: readonly string[]): Promise<string> {
  const pack = ['pack', '--workspace', 'emulator', '--pack-destination', folder, '--json', '--offline'];
  const { stdout } = await run('npm', pack, { cwd: ROOT });
  const { filename } = (JSON.parse(stdout) as [{ filename: string }])[0];
  await run('tar', ['-xzf', join(folder, filename), '-C', folder]);
  mkdirSync(join(folder, 'node_modules'));
  const installed = join(folder, 'node_modules', 'iothub-emulator');
  renameSync(join(folder, 'package'), installed);
  const { dependencies, bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    bin: Record<string, string>;
  };
  link(Object.keys(dependencies), join(ROOT, 'emulator'), installed);
  link(others, ROOT, folder);
  return join(installed, bin['iothub-emulator'] ?? '');
}

function link(names: readonly string[], from: string, to: string): void {
  for (const name of names) {
    const path = join(to, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(folderOf(name, from), path);
  }
}

/** Where a package is that code in a folder would get: in the folder's own modules, or the repository's. */
function folderOf(name: string, from: string): string {
  const own = join(from, 'node_modules', name);
  return existsSync(own) ? own : join(ROOT, 'node_modules', name);
}
