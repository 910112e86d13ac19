import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The file backend keeps a small file of attributes beside each checkpoint, and writes it in place: a process killed at
 * that moment leaves it empty, and pulumi can no longer read the stack (3.250: "failed to load checkpoint: EOF"). The
 * checkpoint itself is replaced in one step, and needs no attributes.
 *
 * @param backendUrl as PULUMI_BACKEND_URL has it
 * @returns whether there was such a file, which is gone now
 */
export async function removeTornAttributes(
  backendUrl: string | undefined,
  project: string,
  stack: string,
): Promise<boolean> {
  if (backendUrl?.startsWith('file://') !== true) return false;
  const folder = backendUrl.slice('file://'.length).replace(/\?.*$/, '');
  const file = join(folder, '.pulumi/stacks', project, `${stack}.json.attrs`);
  const size = await stat(file).then(
    (found) => found.size,
    () => undefined,
  );
  if (size !== 0) return false;
  await rm(file);
  return true;
}
