import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { versioningOf } from '../../worker/versioning';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundswell-bundle-'));
  writeFileSync(join(folder, 'a.js'), 'one');
  writeFileSync(join(folder, 'b.js'), 'two');
});
afterAll(() => rmSync(folder, { recursive: true }));

const inFolder = (env: Record<string, string>, bundle = 'a.js') => versioningOf(env, join(folder, bundle));

it('is off unless the environment names a deployment', async () => {
  await expect(inFolder({})).resolves.toBeUndefined();
  await expect(inFolder({ TEMPORAL_DEPLOYMENT_NAME: '' })).resolves.toBeUndefined();
});

it('pins workflows, to the build that is named or to one that follows from the bundle', async () => {
  const env = { TEMPORAL_DEPLOYMENT_NAME: 'groundswell' };
  const [one, other] = await Promise.all([inFolder(env), inFolder(env, 'b.js')]);

  expect(one).toMatchObject({ useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' });
  expect(one?.version.buildId).toMatch(/^[0-9a-f]{16}$/);
  expect(other?.version.buildId).not.toBe(one?.version.buildId);
  await expect(inFolder({ ...env, TEMPORAL_WORKER_BUILD_ID: '1.4' })).resolves.toMatchObject({
    version: { deploymentName: 'groundswell', buildId: '1.4' },
  });
});

it('refuses a build without a deployment', async () => {
  await expect(inFolder({ TEMPORAL_WORKER_BUILD_ID: '1.4' })).rejects.toThrow('TEMPORAL_DEPLOYMENT_NAME');
});
