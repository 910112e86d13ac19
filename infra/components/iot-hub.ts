import * as iothub from '@pulumi/azure-native/iothub';
import * as pulumi from '@pulumi/pulumi';

import { type IotHubArgs, SERVICE_POLICY } from './iot-hub-args';
import { hubArgsOf } from './iot-hub-properties';
import { connectionStringOf } from './connection-string';

/** An IoT hub with no more shared access policies than something needs, and without local authentication if nothing does. */
export class IotHub extends pulumi.ComponentResource {
  /** Of Azure: the name given and random digits. */
  readonly name: pulumi.Output<string>;
  /** Resource id: what roles are assigned at. */
  readonly hubId: pulumi.Output<string>;
  readonly hostName: pulumi.Output<string>;
  readonly location: pulumi.Output<string>;
  readonly sku: pulumi.Output<{ name: string; units: number }>;
  /** Of {@link SERVICE_POLICY}; secret; undefined unless `auth` is `sas`. */
  readonly connectionString?: pulumi.Output<string>;

  /** @throws pulumi.RunError that lists all args that the SKU cannot have, before anything is made */
  constructor(name: string, args: IotHubArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:hub:IotHub', name, {}, opts);
    const hub = new iothub.IotHubResource(name, hubArgsOf(args), { parent: this });
    for (const group of args.consumerGroups ?? []) consumerGroup(`${name}-${group}`, group, hub, args);

    this.name = hub.name;
    this.hubId = hub.id;
    this.hostName = hub.properties.hostName;
    this.location = hub.location;
    this.sku = hub.sku.apply(({ name: sku, capacity }) => ({ name: sku, units: capacity ?? 1 }));
    if (args.auth === 'sas') this.connectionString = connectionString(hub, args);
    const { hubId, hostName, location, sku } = this;
    this.registerOutputs({ name: this.name, hubId, hostName, location, sku });
  }
}

/** A reader's own place in the built-in endpoint's stream. */
function consumerGroup(
  resource: string,
  name: string,
  hub: iothub.IotHubResource,
  { resourceGroupName }: IotHubArgs,
): void {
  new iothub.IotHubResourceEventHubConsumerGroup(
    resource,
    { resourceGroupName, resourceName: hub.name, eventHubEndpointName: 'events', name, properties: { name } },
    { parent: hub },
  );
}

/** Asked of Azure after the hub is there: a hub never shows its keys by itself. */
function connectionString(hub: iothub.IotHubResource, { resourceGroupName }: IotHubArgs): pulumi.Output<string> {
  const args = { resourceGroupName, resourceName: hub.name, keyName: SERVICE_POLICY };
  const keys = pulumi.secret(iothub.listIotHubResourceKeysForKeyNameOutput(args, { parent: hub }));
  return pulumi.all([hub.properties.hostName, keys]).apply(([hostName, { primaryKey }]) => {
    if (primaryKey === undefined) throw new pulumi.RunError(`Azure answered no key for the policy ${SERVICE_POLICY}`);
    return connectionStringOf(hostName, SERVICE_POLICY, primaryKey);
  });
}
