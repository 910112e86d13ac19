import * as pulumi from '@pulumi/pulumi';
import { allocationRulesOf, settingOf } from './allocation-rules';
import {
  AllocationFunction,
  type IotHub,
  LedgerStorage,
  type Provisioning,
  Telemetry,
  TELEMETRY_TABLES,
  WorkerHosting,
  type WorkerIdentity,
} from './components';
import type { FleetConfig } from './config';
import type { Foundation } from './foundation';

/** The ledger's account, with the tables of telemetry and the assignments of devices where there are any. */
export function ledgerOf(
  { storage, telemetry, allocationFunction }: FleetConfig,
  { common, kept }: Foundation,
): LedgerStorage {
  const tables = telemetry === undefined ? [] : TELEMETRY_TABLES;
  const allocations = allocationFunction ? { allocationsContainer: 'allocations' } : {};
  return new LedgerStorage('ledger', { ...common, ...storage, tables, ...allocations }, kept);
}

export function telemetryOf(
  { telemetry }: FleetConfig,
  { common, roles }: Foundation,
  { tableEndpoint, tableIds }: LedgerStorage,
): Telemetry | undefined {
  if (telemetry === undefined) return undefined;
  const { location = common.location, ...settings } = telemetry;
  return new Telemetry('telemetry', { ...common, ...settings, location, roles, tableEndpoint, tables: tableIds });
}

/** What the allocation function stands on. */
export interface AllocationGround {
  readonly ledger: LedgerStorage;
  readonly telemetry: Telemetry | undefined;
  readonly hubs: Readonly<Record<string, IotHub>>;
  readonly provisioning: Provisioning | undefined;
}

export function allocationOf(
  config: FleetConfig,
  { common, roles }: Foundation,
  { ledger, telemetry, hubs, provisioning }: AllocationGround,
): AllocationFunction | undefined {
  const { allocations } = ledger;
  if (!config.allocationFunction || allocations === undefined || provisioning === undefined) return undefined;
  const insights = telemetry && { insights: telemetry.insights };
  const hostNames = pulumi.all(Object.fromEntries(Object.entries(hubs).map(([name, hub]) => [name, hub.hostName])));
  return new AllocationFunction('allocation', {
    ...common,
    ...insights,
    roles,
    ledgerEndpoint: ledger.blobEndpoint,
    allocations,
    service: provisioning.name,
    rules: hostNames.apply((byName) => settingOf(allocationRulesOf(config), byName)),
  });
}

/** @param outputs the stack's; with `auth: entra`, which hosting needs, there is no secret in them */
export function hostWorker(
  { worker }: FleetConfig,
  { common }: Foundation,
  identity: WorkerIdentity | undefined,
  outputs: Record<string, pulumi.Input<unknown>>,
): void {
  if (worker?.hosting !== 'containerApp' || identity === undefined) return;
  const { image, registry, replicas, temporal } = worker;
  new WorkerHosting(
    'worker-host',
    {
      ...common,
      image,
      replicas,
      temporal,
      ...(registry !== undefined && { registry }),
      identity: { id: identity.identityId, clientId: identity.clientId },
      outputs,
    },
    { dependsOn: [...identity.rights.assignments] },
  );
}
