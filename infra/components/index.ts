export { AllocationFunction, type AllocationFunctionArgs } from './allocation-function';
export { type Duty, FleetRights, type FleetRightsArgs } from './fleet-rights';
export { FleetRoles, type FleetRolesArgs } from './fleet-roles';
export { IotHub } from './iot-hub';
export {
  type FileUpload,
  type HubEndpoint,
  type HubRoute,
  type HubSku,
  type IotHubArgs,
  SERVICE_POLICY,
} from './iot-hub-args';
export { LedgerStorage, type LedgerStorageArgs } from './ledger-storage';
export type { Network } from './network';
export { Telemetry, TELEMETRY_TABLES, type TelemetryArgs } from './telemetry';
export { WorkerHosting, type WorkerHostingArgs } from './worker-hosting';
export { WorkerIdentity, type WorkerIdentityArgs } from './worker-identity';
