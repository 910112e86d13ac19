import type { types } from '@pulumi/azure-native';
import * as pulumi from '@pulumi/pulumi';

import type { WorkerHostingArgs } from './worker-hosting';

/** Where the container finds the stack's outputs. */
const OUTPUTS_FOLDER = '/etc/groundswell';
const OUTPUTS_FILE = 'outputs.json';
const API_KEY = 'temporal-api-key';
const OUTPUTS = 'outputs';

/** Asked by the host over the replica's own address; without an ingress nobody else reaches it. */
const HEALTH_PORT = 8081;

const probe = (type: string, path: string, failureThreshold: number): types.input.app.ContainerAppProbeArgs => ({
  type,
  httpGet: { path, port: HEALTH_PORT },
  periodSeconds: 10,
  timeoutSeconds: 2,
  failureThreshold,
});
/**
 * It is killed only when it has not answered at all for a minute: what it does then is not lost, but begun again. That
 * Temporal is away makes it not ready, and never restarts it.
 */
const PROBES = [probe('Startup', '/livez', 6), probe('Liveness', '/livez', 6), probe('Readiness', '/readyz', 3)];

/** What the container app says of its one container. */
export interface WorkerContainer {
  readonly container: types.input.app.ContainerArgs;
  readonly secrets: types.input.app.SecretArgs[];
  readonly volumes: types.input.app.VolumeArgs[];
}

/** @returns a sentence a problem: field, value and what is allowed */
export function hostingProblems({ image, replicas = 1, cpu = 0.5, temporal }: WorkerHostingArgs): string[] {
  const problems: string[] = [];
  const tag = /:([\w.-]+)$/.exec(image)?.[1];
  if (!image.includes('@sha256:') && (tag === undefined || tag === 'latest'))
    problems.push(`  image: ${image}, must have a digest (@sha256:…) or a tag other than latest`);
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > 300)
    problems.push(`  replicas: ${replicas}, must be 1 to 300`);
  if (!Number.isInteger(cpu * 4) || cpu < 0.25 || cpu > 4)
    problems.push(`  cpu: ${cpu}, must be 0.25 to 4 in quarters`);
  if (temporal.apiKey !== undefined && temporal.apiKeyVaultUrl !== undefined)
    problems.push('  temporal: apiKey and apiKeyVaultUrl are both given, one of them is enough');
  return problems;
}

/** The environment is the standard one of Temporal's SDKs and of DefaultAzureCredential: any container host can set it. */
export function workerContainerOf(args: WorkerHostingArgs): WorkerContainer {
  const { image, cpu = 0.5 } = args;
  const apiKey = apiKeyOf(args);
  return {
    container: {
      name: 'worker',
      image,
      args: ['--outputs', `${OUTPUTS_FOLDER}/${OUTPUTS_FILE}`, '--health-address', `0.0.0.0:${HEALTH_PORT}`],
      probes: PROBES,
      env: [...environmentOf(args), ...apiKey.map(({ name }) => ({ name: 'TEMPORAL_API_KEY', secretRef: name }))],
      resources: { cpu, memory: `${cpu * 2}Gi` },
      volumeMounts: [{ volumeName: OUTPUTS, mountPath: OUTPUTS_FOLDER }],
    },
    secrets: [{ name: OUTPUTS, value: pulumi.jsonStringify(args.outputs) }, ...apiKey],
    volumes: [{ name: OUTPUTS, storageType: 'Secret', secrets: [{ secretRef: OUTPUTS, path: OUTPUTS_FILE }] }],
  };
}

const environmentOf = ({ temporal, identity }: WorkerHostingArgs): types.input.app.EnvironmentVarArgs[] => [
  { name: 'TEMPORAL_ADDRESS', value: temporal.address },
  { name: 'TEMPORAL_NAMESPACE', value: temporal.namespace },
  { name: 'TEMPORAL_TLS', value: String(temporal.tls ?? true) },
  { name: 'AZURE_CLIENT_ID', value: identity.clientId },
  { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' },
];

/** @returns none for a server that asks for no key */
function apiKeyOf({
  temporal,
  identity,
}: WorkerHostingArgs): (types.input.app.SecretArgs & { readonly name: string })[] {
  if (temporal.apiKey !== undefined) return [{ name: API_KEY, value: pulumi.secret(temporal.apiKey) }];
  if (temporal.apiKeyVaultUrl === undefined) return [];
  return [{ name: API_KEY, keyVaultUrl: temporal.apiKeyVaultUrl, identity: identity.id }];
}
