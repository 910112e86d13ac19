export { AllocationFunction, type AllocationFunctionArgs } from './allocation-function';
export {
  type Attestation,
  type CustomAllocation,
  type EnrollmentArgs,
  type EnrollmentService,
  SERVICE_POLICY_NAME,
  type SymmetricKeyAttestation,
  type X509Attestation,
  type X509CaAttestation,
} from './enrollment';
export { EnrollmentCertificate, type EnrollmentCertificateArgs } from './enrollment-certificate';
export { EnrollmentGroup, type EnrollmentGroupArgs } from './enrollment-group';
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
export { IndividualEnrollment, type IndividualEnrollmentArgs } from './individual-enrollment';
export { LedgerStorage, type LedgerStorageArgs } from './ledger-storage';
export type { Network } from './network';
export { type LinkedHubArgs, Provisioning, type ProvisioningArgs } from './provisioning';
export type { Placement } from './placement';
export { PROVISIONING_LINK } from './provisioning-link';
export { ReprovisionPolicies, type ReprovisionPolicy, type ReprovisionPolicyName } from './reprovision-policy';
export { Telemetry, TELEMETRY_TABLES, type TelemetryArgs } from './telemetry';
export { WorkerHosting, type WorkerHostingArgs } from './worker-hosting';
export { WorkerIdentity, type WorkerIdentityArgs } from './worker-identity';
export { withholdAnswers } from '../withhold-answers';
