import * as pulumi from '@pulumi/pulumi';
import type { AllocationFunction, IotHub, LedgerStorage, Provisioning, Telemetry, WorkerIdentity } from './components';
import type { FleetConfig } from './config';
import { isLinked } from './hubs';
import type { Neighbourhood } from './neighbours';

/** What the program has made, as far as the configuration asks for it. */
export interface Fleet {
  readonly hubs: Readonly<Record<string, IotHub>>;
  readonly provisioning: Provisioning | undefined;
  readonly ledger: LedgerStorage;
  readonly telemetry: Telemetry | undefined;
  readonly allocation: AllocationFunction | undefined;
  readonly worker: WorkerIdentity | undefined;
  readonly neighbourhood: pulumi.Output<Neighbourhood> | undefined;
}

type Outputs = Readonly<Record<string, pulumi.Input<unknown>>>;

const hubOutputs = (name: string, hub: IotHub, { hubs }: FleetConfig): Outputs => ({
  hostName: hub.hostName,
  sku: hub.sku,
  location: hub.location,
  quarantine: hubs[name]?.quarantine ?? false,
  ...(hub.connectionString && { connectionString: hub.connectionString }),
});

const provisioningOutputs = (
  { name, idScope, serviceHostName, deviceHostName, connectionString }: Provisioning,
  hubs: Fleet['hubs'],
  config: FleetConfig,
): Outputs => ({
  name,
  idScope,
  serviceHostName,
  deviceHostName,
  ...(connectionString && { connectionString }),
  enrollmentGroups: Object.keys(config.enrollmentGroups),
  linkedHubs: Object.entries(hubs).flatMap(([hub, { hostName }]) => (isLinked(hub, config) ? [hostName] : [])),
});

const telemetryOutputs = (telemetry: Telemetry, { tableEndpoint }: LedgerStorage, config: FleetConfig): Outputs => ({
  functionsUrl: telemetry.functionsUrl,
  functionAppName: telemetry.functionAppName,
  pageUrl: telemetry.pageUrl,
  pageAccountName: telemetry.pageAccountName,
  pageContainer: telemetry.pageContainer,
  pageContainerUrl: telemetry.pageContainerUrl,
  signalrHost: telemetry.signalrHost,
  tableEndpoint,
  eventHubsHost: telemetry.stream.namespaceHost,
  eventHub: telemetry.stream.eventHubName,
  consumerGroup: telemetry.stream.consumerGroup,
  settings: config.telemetry?.settings,
  ...(config.telemetry?.signIn && { signIn: config.telemetry.signIn }),
  ...(config.telemetry?.origins && { origins: config.telemetry.origins }),
  ...(telemetry.processes && {
    checkpointsUrl: telemetry.processes.checkpoints.url,
    functionKey: telemetry.processes.functionKey,
  }),
});

const allocationOutputs = ({ webhookUrl, functionAppName, container, rules }: AllocationFunction): Outputs => ({
  webhookUrl,
  functionAppName,
  container,
  rules,
});

/** This stack's hubs, and those of its neighbours. */
function allHubs(
  { hubs, neighbourhood }: Pick<Fleet, 'hubs' | 'neighbourhood'>,
  config: FleetConfig,
): pulumi.Input<unknown> {
  const own = Object.fromEntries(Object.entries(hubs).map(([name, hub]) => [name, hubOutputs(name, hub, config)]));
  if (neighbourhood === undefined) return own;
  return pulumi.all([own, neighbourhood]).apply(([ours, theirs]) => ({ ...ours, ...theirs.hubs }));
}

/**
 * The stack's outputs, of which worker, CLI, simulated fleet and dashboard live: spec/stack-outputs.ts reads them. Parts
 * that the stack does without are missing. Connection strings and the webhook's URL are secrets.
 */
export const outputsOf = (
  { hubs, provisioning, ledger, telemetry, allocation, worker, neighbourhood }: Fleet,
  config: FleetConfig,
): Record<string, pulumi.Input<unknown>> => ({
  auth: config.auth,
  hubs: allHubs({ hubs, neighbourhood }, config),
  ledger: { blobEndpoint: ledger.blobEndpoint, container: ledger.container },
  ...(provisioning && { provisioning: provisioningOutputs(provisioning, hubs, config) }),
  ...(neighbourhood && { provisioningServices: neighbourhood.provisioningServices }),
  ...(telemetry && { telemetry: telemetryOutputs(telemetry, ledger, config) }),
  ...(allocation && { allocation: allocationOutputs(allocation) }),
  ...(worker && { worker: { clientId: worker.clientId, principalId: worker.principalId } }),
});
