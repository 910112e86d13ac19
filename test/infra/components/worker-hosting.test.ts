import * as pulumi from '@pulumi/pulumi';

import { hostingProblems } from '../../../infra/components/worker-container';
import { WorkerHosting, type WorkerHostingArgs } from '../../../infra/components/worker-hosting';
import { inputsOf, record } from './recorder';

const DIGEST = `ghcr.io/fleet/worker@sha256:${'a'.repeat(64)}`;
const worker = (args: Partial<WorkerHostingArgs> = {}): WorkerHostingArgs => ({
  resourceGroupName: 'g',
  location: 'westeurope',
  image: DIGEST,
  identity: { id: '/worker', clientId: 'client' },
  outputs: { auth: 'entra' },
  temporal: { address: 'fleet.a1b2.tmprl.cloud:7233', namespace: 'fleet.a1b2' },
  ...args,
});
const hosted = async (args: Partial<WorkerHostingArgs> = {}) => {
  const { resources } = await record(() => new WorkerHosting('w', worker(args)));
  return inputsOf(resources, 'app:ContainerApp')['w'];
};
const env = (inputs: unknown): unknown =>
  (inputs as { template: { containers: { env: unknown }[] } }).template.containers[0]?.env;

it('always runs, cannot be called, and signs in as the worker', async () => {
  const inputs = await hosted({ replicas: 2 });

  expect(inputs).toMatchObject({
    environmentId: '/id/w-env',
    identity: { type: 'UserAssigned', userAssignedIdentities: ['/worker'] },
    template: { scale: { minReplicas: 2, maxReplicas: 2 }, containers: [{ image: DIGEST }] },
  });
  expect(inputs?.['configuration']).not.toHaveProperty('ingress');
});

it('finds Temporal and Azure by their standard environment, and the stack by a file', async () => {
  const inputs = await hosted();

  expect(env(inputs)).toEqual([
    { name: 'TEMPORAL_ADDRESS', value: 'fleet.a1b2.tmprl.cloud:7233' },
    { name: 'TEMPORAL_NAMESPACE', value: 'fleet.a1b2' },
    { name: 'TEMPORAL_TLS', value: 'true' },
    { name: 'AZURE_CLIENT_ID', value: 'client' },
    { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' },
  ]);
  expect(inputs).toMatchObject({
    configuration: { secrets: [{ name: 'outputs', value: '{"auth":"entra"}' }] },
    template: {
      containers: [{ args: ['--outputs', '/etc/groundswell/outputs.json', '--health-address', '0.0.0.0:8081'] }],
      volumes: [{ storageType: 'Secret', secrets: [{ secretRef: 'outputs', path: 'outputs.json' }] }],
    },
  });
});

it('is asked whether it lives and is ready where it says so, and is not killed while Temporal is away', async () => {
  const { template } = (await hosted()) as { template: { containers: { probes: unknown }[] } };
  const httpGet = (path: string) => expect.objectContaining({ httpGet: { path, port: 8081 } }) as unknown;

  expect(template.containers[0]?.probes).toEqual([httpGet('/livez'), httpGet('/livez'), httpGet('/readyz')]);
  expect(template.containers[0]?.probes).toMatchObject([
    { type: 'Startup' },
    { type: 'Liveness' },
    { type: 'Readiness' },
  ]);
});

it('keeps an API key as a secret of the app, and never in the environment itself', async () => {
  const temporal = { address: 'a:7233', namespace: 'n', apiKey: pulumi.secret('temporal+key') };

  const inputs = await hosted({ temporal });

  expect(env(inputs)).toContainEqual({ name: 'TEMPORAL_API_KEY', secretRef: 'temporal-api-key' });
  expect(JSON.stringify(env(inputs))).not.toContain('temporal+key');
  expect(JSON.stringify(inputs?.['configuration'])).toContain('temporal+key');
});

it('reads an API key from Key Vault as the worker', async () => {
  const apiKeyVaultUrl = 'https://v.vault.azure.net/secrets/temporal';

  const inputs = await hosted({ temporal: { address: 'a:7233', namespace: 'n', apiKeyVaultUrl } });

  expect(inputs?.['configuration']).toMatchObject({
    secrets: [{ name: 'outputs' }, { name: 'temporal-api-key', keyVaultUrl: apiKeyVaultUrl, identity: '/worker' }],
  });
});

it('pulls from a registry as the worker', async () => {
  expect((await hosted({ registry: 'fleet.azurecr.io' }))?.['configuration']).toMatchObject({
    registries: [{ server: 'fleet.azurecr.io', identity: '/worker' }],
  });
});

it.each([
  [{ image: 'ghcr.io/fleet/worker' }, 'image: ghcr.io/fleet/worker, must have a digest'],
  [{ image: 'ghcr.io/fleet/worker:latest' }, 'or a tag other than latest'],
  [{ image: 'host:5000/worker' }, 'image: host:5000/worker, must have a digest'],
  [{ replicas: 0 }, 'replicas: 0, must be 1 to 300'],
  [{ cpu: 0.3 }, 'cpu: 0.3, must be 0.25 to 4 in quarters'],
  [
    { temporal: { address: 'a', namespace: 'n', apiKey: 'k', apiKeyVaultUrl: 'u' } },
    'temporal: apiKey and apiKeyVaultUrl are both given',
  ],
] satisfies [Partial<WorkerHostingArgs>, string][])('refuses %j', (args, problem) => {
  expect(hostingProblems(worker(args))).toEqual([expect.stringContaining(problem)]);
});
