import { serializeFunction } from '@pulumi/pulumi/runtime';

import { enrollmentProvider } from '../../../infra/dynamic/provider';

it('puts neither a path nor anything but a loader into the state', async () => {
  const { text, containsSecrets } = await serializeFunction(() => enrollmentProvider, { allowSecrets: true });

  expect(containsSecrets).toBe(false);
  expect(text).toContain('groundswell/infra/dynamic');
  expect(text).not.toContain(process.cwd());
  expect(text.length).toBeLessThan(6000);
});
