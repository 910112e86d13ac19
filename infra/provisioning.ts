import * as pulumi from '@pulumi/pulumi';
import {
  type AllocationFunction,
  EnrollmentCertificate,
  EnrollmentGroup,
  IndividualEnrollment,
  type IotHub,
  Provisioning,
} from './components';
import type { FleetConfig } from './config';
import { enrollmentArgsOf, enrollmentGroupArgsOf, type Surroundings } from './enrollments';
import type { Foundation } from './foundation';
import { isLinked } from './hubs';

type Hubs = Readonly<Record<string, IotHub>>;

/** The service with the hubs that it may assign devices to; quarantine hubs only where an enrollment names them. */
export function provisioningOf(
  config: FleetConfig,
  { common, kept }: Foundation,
  hubs: Hubs,
): Provisioning | undefined {
  if (config.provisioning === undefined) return undefined;
  const { location = common.location, allocationPolicy, network } = config.provisioning;
  const linked = Object.entries(hubs).filter(([name]) => isLinked(name, config));
  const args = {
    ...common,
    location,
    allocationPolicy,
    auth: config.auth,
    ...(network && { network }),
    hubs: linked.map(([name, hub]) => ({
      resourceName: hub.name,
      hostName: hub.hostName,
      location: hub.location,
      weight: config.hubs[name]?.weight ?? 1,
      applyAllocationPolicy: config.hubs[name]?.quarantine !== true,
    })),
  };
  return new Provisioning('provisioning', args, kept);
}

export interface EnrollmentSurroundings {
  readonly provisioning: Provisioning;
  readonly hubs: Hubs;
  readonly allocation: AllocationFunction | undefined;
  /** The text of each certificate file by its path. */
  readonly certificates: ReadonlyMap<string, string>;
}

function authoritiesOf(
  config: FleetConfig,
  { common }: Foundation,
  { provisioning, certificates }: EnrollmentSurroundings,
): Record<string, pulumi.Output<string>> {
  const { resourceGroupName } = common;
  const files = Object.entries(config.provisioning?.certificates ?? {});
  return Object.fromEntries(
    files.map(([name, file]) => {
      const certificate = certificates.get(file) ?? '';
      const args = { resourceGroupName, provisioningServiceName: provisioning.name, certificate };
      return [name, new EnrollmentCertificate(name, args, { parent: provisioning }).name];
    }),
  );
}

/**
 * Enrollment groups and individual enrollments.
 *
 * @param dependsOn what the deployer must have before it may make them
 */
export function enroll(
  config: FleetConfig,
  foundation: Foundation,
  given: EnrollmentSurroundings,
  dependsOn: readonly pulumi.Resource[],
): void {
  const { provisioning, hubs, allocation, certificates } = given;
  const surroundings: Surroundings = {
    service: provisioning.service,
    hostNames: Object.fromEntries(Object.entries(hubs).map(([name, { hostName }]) => [name, hostName])),
    certificates,
    authorities: authoritiesOf(config, foundation, given),
    webhookUrl: allocation?.webhookUrl,
    secret: (value) => pulumi.secret(value),
  };
  const options = { dependsOn: [...dependsOn] };
  for (const [id, group] of Object.entries(config.enrollmentGroups)) {
    new EnrollmentGroup(id, enrollmentGroupArgsOf(id, group, surroundings), options);
  }
  for (const [id, one] of Object.entries(config.enrollments)) {
    new IndividualEnrollment(id, enrollmentArgsOf(id, one, surroundings), options);
  }
}
