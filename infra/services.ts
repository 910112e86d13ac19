import type * as pulumi from '@pulumi/pulumi';
import {
  AllocationFunction,
  LedgerStorage,
  Telemetry,
  TELEMETRY_TABLES,
  WorkerHosting,
  type WorkerIdentity,
} from './components';
import type { FleetConfig } from './config';
import type { Foundation } from './foundation';

/** The ledger's account, with the tables of telemetry where there is any. */
export function ledgerOf({ storage, telemetry }: FleetConfig, { common, kept }: Foundation): LedgerStorage {
  const tables = telemetry === undefined ? [] : TELEMETRY_TABLES;
  return new LedgerStorage('ledger', { ...common, ...storage, tables }, kept);
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

export function allocationOf(
  { allocationFunction }: FleetConfig,
  { common, roles }: Foundation,
  ledger: LedgerStorage,
  telemetry: Telemetry | undefined,
): AllocationFunction | undefined {
  if (!allocationFunction) return undefined;
  const ledgerContainer = { name: ledger.container, id: ledger.containerId };
  const insights = telemetry && { insights: telemetry.insights };
  return new AllocationFunction('allocation', {
    ...common,
    ...insights,
    roles,
    ledgerEndpoint: ledger.blobEndpoint,
    ledgerContainer,
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
