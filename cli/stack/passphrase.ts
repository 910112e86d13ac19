import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The Pulumi stack of every local stack. Its settings file, Pulumi.local.yaml, is not for version control. */
export const LOCAL_PULUMI_STACK = 'local';

/**
 * The passphrase that encrypts secrets in the local stacks' Pulumi state, in a file for the user's eyes only. One for all
 * local stacks of a checkout, since Pulumi keeps a check of it (`encryptionsalt`) in the checkout's Pulumi.local.yaml.
 *
 * @param root the checkout
 * @returns the file's path
 */
export async function passphraseFile(root: string): Promise<string> {
  const dir = join(root, '.groundswell');
  const file = join(dir, 'pulumi-passphrase');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    await writeFile(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return file;
    throw error;
  }
  await forgetOldCheck(join(root, `Pulumi.${LOCAL_PULUMI_STACK}.yaml`));
  return file;
}

/** Takes the check of a passphrase that is gone out of the settings: with it, Pulumi would refuse the new one. */
async function forgetOldCheck(settings: string): Promise<void> {
  const text = await readFile(settings, 'utf8').catch(() => undefined);
  if (text !== undefined) await writeFile(settings, text.replace(/^encryptionsalt:.*\n?/m, ''));
}
