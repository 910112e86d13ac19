import type * as pulumi from '@pulumi/pulumi';
import {
  type Attestation,
  type EnrollmentArgs,
  type EnrollmentGroupArgs,
  type EnrollmentService,
  type IndividualEnrollmentArgs,
  ReprovisionPolicies,
} from './components';
import type { EnrollmentConfig, EnrollmentGroupConfig } from './config';

/** What enrollments refer to. */
export interface Surroundings {
  readonly service: EnrollmentService;
  /** Host names by the hubs' names. */
  readonly hostNames: Readonly<Record<string, pulumi.Input<string>>>;
  /** The text of each certificate file. */
  readonly certificates: ReadonlyMap<string, string>;
  /** Names in Azure of the service's certificates, by their names in the configuration. */
  readonly authorities: Readonly<Record<string, pulumi.Input<string>>>;
  /** Of the stack's own allocation function. */
  readonly webhookUrl: pulumi.Input<string> | undefined;
  readonly secret: (value: string) => pulumi.Input<string>;
}

type Configured = EnrollmentGroupConfig | EnrollmentConfig;

/** @throws when a name is not there: the cross-checks of the configuration let no such name pass */
function found<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new Error(`the configuration was not checked: ${name} is missing`);
  return value;
}

function attestationOf(
  attestation: Configured['attestation'],
  { certificates, authorities }: Surroundings,
): Attestation {
  if (attestation.type === 'symmetricKey') return { type: 'symmetricKey' };
  if ('ca' in attestation && attestation.ca !== undefined) {
    const { ca, secondaryCa } = attestation;
    return {
      type: 'x509',
      caReference: found(authorities[ca], ca),
      ...(secondaryCa !== undefined && { secondaryCaReference: found(authorities[secondaryCa], secondaryCa) }),
    };
  }
  const { certificate = '', secondaryCertificate } = attestation;
  return {
    type: 'x509',
    certificate: found(certificates.get(certificate), certificate),
    ...(secondaryCertificate !== undefined && {
      secondaryCertificate: found(certificates.get(secondaryCertificate), secondaryCertificate),
    }),
  };
}

function allocationOf(
  allocation: Configured['allocation'],
  { webhookUrl, secret }: Surroundings,
): EnrollmentArgs['allocation'] {
  if (typeof allocation !== 'object') return allocation;
  const { webhookUrl: given, apiVersion } = allocation.custom;
  return { custom: { webhookUrl: given === undefined ? found(webhookUrl, 'webhookUrl') : secret(given), apiVersion } };
}

/** What groups and individual enrollments have alike. */
const commonArgsOf = (configured: Configured, surroundings: Surroundings): EnrollmentArgs => ({
  service: surroundings.service,
  attestation: attestationOf(configured.attestation, surroundings),
  reprovisionPolicy: ReprovisionPolicies[configured.reprovisionPolicy],
  enabled: configured.enabled,
  // One that is there exactly as declared is what an interrupted run has left: the service is this stack's own.
  adopt: true,
  ...(configured.allocation !== undefined && { allocation: allocationOf(configured.allocation, surroundings) }),
  ...(configured.hubs && { hubs: configured.hubs.map((name) => found(surroundings.hostNames[name], name)) }),
  ...(configured.initialTwin && { initialTwin: configured.initialTwin }),
});

export const enrollmentGroupArgsOf = (
  enrollmentGroupId: string,
  configured: EnrollmentGroupConfig,
  surroundings: Surroundings,
): EnrollmentGroupArgs => ({ enrollmentGroupId, ...commonArgsOf(configured, surroundings) });

export const enrollmentArgsOf = (
  registrationId: string,
  configured: EnrollmentConfig,
  surroundings: Surroundings,
): IndividualEnrollmentArgs => ({
  registrationId,
  ...(configured.deviceId !== undefined && { deviceId: configured.deviceId }),
  ...commonArgsOf(configured, surroundings),
});
