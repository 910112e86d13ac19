import {
  type Duty,
  FleetRights,
  type FleetRightsArgs,
  type IotHub,
  type LedgerStorage,
  type Provisioning,
  type Telemetry,
  WorkerIdentity,
} from './components';
import type { FleetConfig } from './config';
import { principalTypeOf } from './deployer';
import type { Foundation } from './foundation';

export interface Governed {
  readonly hubs: Readonly<Record<string, IotHub>>;
  readonly provisioning: Provisioning | undefined;
  readonly ledger: LedgerStorage;
  readonly telemetry: Telemetry | undefined;
}

/**
 * Who deploys makes the enrollments; without a worker's identity somebody must run the worker by hand, and who else
 * could. Registering devices is asked for by name: in production a factory or DPS does it. So are the processes of
 * telemetry, which functions are there for.
 */
export const deployerDutiesOf = ({
  auth,
  provisioning,
  allocationFunction,
  worker,
  registerDevices,
  telemetry,
}: FleetConfig): Duty[] => [
  ...(worker === undefined ? (['rollouts'] as const) : []),
  ...(worker === undefined && allocationFunction ? (['assignments'] as const) : []),
  ...(provisioning !== undefined && auth === 'entra' ? (['enrollments'] as const) : []),
  ...(registerDevices && auth === 'entra' ? (['devices'] as const) : []),
  ...(telemetry?.hosts === 'processes' ? (['telemetry'] as const) : []),
  ...(telemetry === undefined ? [] : (['page'] as const)),
];

/** With shared keys, hubs and services are opened by those; the ledger is always opened by roles. */
function scopesOf(
  { auth }: FleetConfig,
  { hubs, provisioning, ledger, telemetry }: Governed,
): Pick<FleetRightsArgs, 'hubs' | 'provisioning' | 'containers' | 'allocations' | 'tables' | 'telemetry' | 'page'> {
  const byRole = auth === 'entra';
  return {
    hubs: byRole ? Object.fromEntries(Object.entries(hubs).map(([name, { hubId }]) => [name, hubId])) : {},
    ...(byRole && provisioning && { provisioning: provisioning.id }),
    containers: { ledger: ledger.containerId, audit: ledger.auditContainerId },
    ...(ledger.allocations && { allocations: ledger.allocations.id }),
    tables: ledger.tableIds,
    ...(telemetry && { page: telemetry.pageContainerId }),
    ...(telemetry?.processes && {
      telemetry: {
        eventHub: telemetry.stream.eventHubId,
        signalr: telemetry.signalrId,
        checkpoints: telemetry.processes.checkpoints.id,
      },
    }),
  };
}

/** The rights of who deploys. */
export const deployerRightsOf = (
  config: FleetConfig,
  { deployer, roles }: Foundation,
  governed: Governed,
): FleetRights =>
  new FleetRights('deployer', {
    principalId: deployer.objectId,
    principalType: deployer.apply(principalTypeOf),
    roles,
    duties: deployerDutiesOf(config),
    ...scopesOf(config, governed),
  });

/** The worker's own identity, unless it is run by hand. */
export const workerIdentityOf = (
  config: FleetConfig,
  { common, roles }: Foundation,
  governed: Governed,
): WorkerIdentity | undefined =>
  config.worker === undefined
    ? undefined
    : new WorkerIdentity('worker', {
        ...common,
        roles,
        ...scopesOf(config, governed),
        identities: config.worker.identities,
      });
