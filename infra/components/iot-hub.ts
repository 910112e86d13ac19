import * as iothub from '@pulumi/azure-native/iothub';
import * as pulumi from '@pulumi/pulumi';

/** The one policy that worker, CLI and device simulator use: no built-in policy has exactly these rights. */
export const POLICY_NAME = 'serviceAndRegistryReadWrite';

export interface IotHubArgs {
  readonly resourceGroupName: pulumi.Input<string>;
  readonly location: pulumi.Input<string>;
  /** @default 'S1' */
  readonly sku?: 'F1' | 'S1' | 'S2' | 'S3';
  /** @default 1 */
  readonly units?: number;
  /** @default {} */
  readonly tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** Rights of {@link POLICY_NAME}: jobs, methods and twins need ServiceConnect, identities the registry's. */
const policy = {
  keyName: POLICY_NAME,
  rights: iothub.AccessRights.RegistryRead_RegistryWrite_ServiceConnect,
} as const;

/** The hub's properties: least privilege, and no TLS below 1.2. */
export const hubArgsOf = ({
  resourceGroupName,
  location,
  sku = 'S1',
  units = 1,
  tags = {},
}: IotHubArgs): iothub.IotHubResourceArgs => ({
  resourceGroupName,
  location,
  tags,
  sku: { name: sku, capacity: units },
  properties: { authorizationPolicies: [policy], minTlsVersion: '1.2' },
});

/** A connection string as azure-iothub parses it (Azure IoT Hub, "Control access using shared access signatures"). */
export const connectionStringOf = (hostName: string, key: string): string =>
  `HostName=${hostName};SharedAccessKeyName=${POLICY_NAME};SharedAccessKey=${key}`;

/** An IoT hub with one shared access policy, whose connection string is a secret output. */
export class IotHub extends pulumi.ComponentResource {
  readonly hostName: pulumi.Output<string>;
  readonly sku: pulumi.Output<{ name: string; units: number }>;
  /** Secret. */
  readonly connectionString: pulumi.Output<string>;

  constructor(name: string, args: IotHubArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:hub:IotHub', name, {}, opts);
    const hub = new iothub.IotHubResource(name, hubArgsOf(args), { parent: this });
    this.hostName = hub.properties.hostName;
    this.sku = hub.sku.apply(({ name: sku, capacity }) => ({ name: sku, units: capacity ?? 1 }));
    this.connectionString = pulumi
      .all([this.hostName, primaryKeyOf(hub, args)])
      .apply(([host, key]) => connectionStringOf(host, key));
    this.registerOutputs({ hostName: this.hostName, sku: this.sku, connectionString: this.connectionString });
  }
}

/** Asked of Azure after the hub is there: a hub never shows its keys by itself. */
function primaryKeyOf(hub: iothub.IotHubResource, { resourceGroupName }: IotHubArgs): pulumi.Output<string> {
  const args = { resourceGroupName, resourceName: hub.name, keyName: POLICY_NAME };
  const keys = pulumi.secret(iothub.listIotHubResourceKeysForKeyNameOutput(args, { parent: hub }));
  return keys.apply(({ primaryKey }) => {
    if (primaryKey === undefined) throw new pulumi.RunError(`Azure answered no key for the policy ${POLICY_NAME}`);
    return primaryKey;
  });
}
