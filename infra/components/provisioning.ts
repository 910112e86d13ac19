import * as dps from '@pulumi/azure-native/deviceprovisioningservices';
import * as iothub from '@pulumi/azure-native/iothub';
import * as pulumi from '@pulumi/pulumi';

import { connectionStringOf } from './connection-string';
import { SERVICE_POLICY_NAME, type EnrollmentService } from './enrollment';
import type { Network } from './network';
import { PROVISIONING_LINK } from './provisioning-link';
import { provisioningProblems } from './provisioning-problems';
import type { Placement } from './placement';

/** A hub to link. It must have the policy {@link PROVISIONING_LINK}, and local authentication on. */
export interface LinkedHubArgs {
  /** The hub's name in Azure. */
  readonly resourceName: pulumi.Input<string>;
  readonly hostName: pulumi.Input<string>;
  readonly location: pulumi.Input<string>;
  /** @default the service's */
  readonly resourceGroupName?: pulumi.Input<string>;
  /** Share among the hubs that are hashed over, 1 to 1000. @default 1 */
  readonly weight?: number;
  /** false: the hub gets devices only from enrollments that are static or custom and name it. @default true */
  readonly applyAllocationPolicy?: boolean;
}

export interface ProvisioningArgs extends Placement {
  /** All of them: an update sets the whole list. At most 50. */
  readonly hubs: readonly LinkedHubArgs[];
  /** For enrollments that set none. @default 'hashed' */
  readonly allocationPolicy?: 'hashed' | 'geoLatency' | 'static';
  /** How enrollments and the worker sign in to the service; with `sas` it has a policy of ours. @default 'entra' */
  readonly auth?: 'entra' | 'sas';
  /** Who may call the service API and register devices. Shuts out the portal too. @default every address */
  readonly network?: Network;
}

const ALLOCATION = { hashed: 'Hashed', geoLatency: 'GeoLatency', static: 'Static' } as const;

/** Reads and writes enrollments and registrations; not the service's own configuration, and no device's. */
const servicePolicy = {
  keyName: SERVICE_POLICY_NAME,
  rights: 'EnrollmentRead, EnrollmentWrite, RegistrationStatusRead, RegistrationStatusWrite',
};

type IpRule = { readonly filterName: string; readonly ipMask: string; readonly action: 'Accept' | 'Reject' };

const REST: IpRule = { filterName: 'rest', ipMask: '0.0.0.0/0', action: 'Reject' };

/** The first rule that matches counts, so the rest is refused last (Azure, iot-dps/iot-dps-ip-filtering.md). */
const networkOf = ({ allowedIps }: Network) => ({
  publicNetworkAccess: allowedIps.length === 0 ? ('Disabled' as const) : ('Enabled' as const),
  ipFilterRules: [
    ...allowedIps.map((ipMask, at): IpRule => ({ filterName: `allowed-${at}`, ipMask, action: 'Accept' })),
    REST,
  ],
});

/**
 * @param links one connection string for each of `args.hubs`, in their order; secrets
 * @throws pulumi.RunError that lists every problem of the args
 */
export function dpsArgsOf(args: ProvisioningArgs, links: readonly pulumi.Input<string>[]): dps.IotDpsResourceArgs {
  const problems = provisioningProblems(args);
  if (problems.length > 0)
    throw new pulumi.RunError(`A provisioning service cannot be made so:\n${problems.join('\n')}`);
  const { resourceGroupName, location, hubs, allocationPolicy = 'hashed', auth = 'entra', network, tags = {} } = args;
  return {
    resourceGroupName,
    location,
    tags,
    sku: { name: dps.IotDpsSku.S1, capacity: 1 },
    properties: {
      allocationPolicy: ALLOCATION[allocationPolicy],
      iotHubs: hubs.map((hub, index) => linkedHubOf(hub, links[index] ?? '')),
      ...(auth === 'sas' && { authorizationPolicies: [servicePolicy] }),
      ...(network && networkOf(network)),
    },
  };
}

const linkedHubOf = (
  { location, weight = 1, applyAllocationPolicy = true }: LinkedHubArgs,
  connectionString: pulumi.Input<string>,
) => ({ connectionString, location, allocationWeight: weight, applyAllocationPolicy });

/** A Device Provisioning Service and the hubs it assigns devices to. */
export class Provisioning extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  readonly id: pulumi.Output<string>;
  readonly idScope: pulumi.Output<string>;
  /** Where enrollments are kept. */
  readonly serviceHostName: pulumi.Output<string>;
  /** Where devices register. */
  readonly deviceHostName: pulumi.Output<string>;
  /** What enrollments take to reach the service. */
  readonly service: EnrollmentService;
  /** Secret; of {@link SERVICE_POLICY_NAME}, only with `sas`. */
  readonly connectionString: pulumi.Output<string> | undefined;

  constructor(name: string, args: ProvisioningArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:provisioning:Provisioning', name, {}, opts);
    const { auth = 'entra' } = args;
    const links = args.hubs.map((hub) => linkOf(hub, args, this));
    const service = new dps.IotDpsResource(name, dpsArgsOf(args, links), { parent: this });
    this.name = service.name;
    this.id = service.id;
    // The engine takes all of `properties` for a secret, since the links in it are. These three are none.
    const { idScope: scope, serviceOperationsHostName, deviceProvisioningHostName } = service.properties;
    this.idScope = pulumi.unsecret(scope);
    this.serviceHostName = pulumi.unsecret(serviceOperationsHostName);
    this.deviceHostName = pulumi.unsecret(deviceProvisioningHostName);
    this.service = { hostName: this.serviceHostName, auth, resourceId: service.id };
    this.connectionString = auth === 'sas' ? serviceConnectionStringOf(service, args) : undefined;
    const { idScope, serviceHostName, deviceHostName, connectionString } = this;
    this.registerOutputs({ idScope, serviceHostName, deviceHostName, connectionString });
  }
}

/** The connection string of the hub's own link policy; secret. */
function linkOf(
  { resourceName, hostName, resourceGroupName }: LinkedHubArgs,
  { resourceGroupName: serviceGroup }: ProvisioningArgs,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const { keyName } = PROVISIONING_LINK;
  const group = resourceGroupName ?? serviceGroup;
  return pulumi.secret(
    pulumi.all([group, resourceName, hostName]).apply(async ([resourceGroupName, name, host]) => {
      const args = { resourceGroupName, resourceName: name, keyName };
      const keys = await ifThere(iothub.listIotHubResourceKeysForKeyName(args, { parent }));
      return connectionStringFrom(keys, host, keyName);
    }),
  );
}

function serviceConnectionStringOf(
  service: dps.IotDpsResource,
  { resourceGroupName }: ProvisioningArgs,
): pulumi.Output<string> {
  const keyName = SERVICE_POLICY_NAME;
  const { name, properties } = service;
  return pulumi.secret(
    pulumi
      .all([resourceGroupName, name, properties.serviceOperationsHostName])
      .apply(async ([group, provisioningServiceName, host]) => {
        const args = { resourceGroupName: group, provisioningServiceName, keyName };
        const keys = await ifThere(dps.listIotDpsResourceKeysForKeyName(args, { parent: service }));
        return connectionStringFrom(keys, host, keyName);
      }),
  );
}

/** A preview may ask for the key of a policy that only the update makes: then nothing is known of it yet. */
async function ifThere<T>(keys: Promise<T>): Promise<T | undefined> {
  try {
    return await keys;
  } catch (cause) {
    if (pulumi.runtime.isDryRun() && /404|not ?found/i.test(String(cause))) return undefined;
    throw cause;
  }
}

function connectionStringFrom(
  keys: { readonly primaryKey?: string } | undefined,
  host: string,
  keyName: string,
): string {
  if (keys === undefined) return pulumi.unknown as unknown as string; // an output that holds it counts as unknown
  if (keys.primaryKey !== undefined) return connectionStringOf(host, keyName, keys.primaryKey);
  throw new pulumi.RunError(`Azure answered no key of ${host} for the policy ${keyName}`);
}
