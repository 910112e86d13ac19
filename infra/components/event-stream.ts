import * as eventhub from '@pulumi/azure-native/eventhub';
import * as managedidentity from '@pulumi/azure-native/managedidentity';
import * as pulumi from '@pulumi/pulumi';

import { answeredUrl } from './answered-url';
import { assign } from './fleet-rights';
import type { FleetRoles } from './fleet-roles';
import type { HubEndpoint } from './iot-hub-args';
import type { Placement } from './placement';

export interface EventStreamArgs extends Placement {
  readonly roles: Pick<FleetRoles, 'idOf'>;
  /** Readers at a time, 1 to 32; fixed once made. @default 4 */
  readonly partitions?: number;
  /** 1 to 7. @default 1 */
  readonly retentionDays?: number;
}

const CONSUMER_GROUP = 'groundswell';

/**
 * The event hub that all hubs of the stack route to. A hub's own built-in endpoint opens to shared keys only
 * (iot-hub/authenticate-authorize-azure-ad.md: "set up routing to a separate event hub"), and one reader of all hubs
 * needs one place to read.
 */
export class EventStream extends pulumi.ComponentResource {
  /** For {@link IotHubArgs.endpoints}. */
  readonly endpoint: HubEndpoint;
  /** For {@link IotHubArgs.identityId}; known once the identity may send. */
  readonly senderId: pulumi.Output<string>;
  /** Resource id of the event hub. */
  readonly eventHubId: pulumi.Output<string>;
  readonly eventHubName: pulumi.Output<string>;
  readonly consumerGroup: pulumi.Output<string>;
  /** `<namespace>.servicebus…` */
  readonly namespaceHost: pulumi.Output<string>;

  constructor(name: string, args: EventStreamArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:telemetry:EventStream', name, {}, opts);
    const { resourceGroupName, location, tags = {}, roles, partitions = 4, retentionDays = 1 } = args;
    const space = new eventhub.Namespace(name, namespaceArgsOf(args), { parent: this });
    const within = { resourceGroupName, namespaceName: space.name };
    const stream = new eventhub.EventHub(
      `${name}-telemetry`,
      { ...within, partitionCount: partitions, messageRetentionInDays: retentionDays },
      { parent: space },
    );
    const group = new eventhub.ConsumerGroup(
      `${name}-group`,
      { ...within, eventHubName: stream.name, consumerGroupName: CONSUMER_GROUP },
      { parent: stream },
    );
    const sender = new managedidentity.UserAssignedIdentity(
      `${name}-sender`,
      { resourceGroupName, location, tags },
      { parent: this },
    );
    const assignee = { principalId: sender.principalId, principalType: 'ServicePrincipal', roles };
    const sending = assign(`${name}-sending`, { right: 'eventsSending', scope: stream.id }, assignee, this);

    this.namespaceHost = space.serviceBusEndpoint.apply((url) => answeredUrl('Event Hubs endpoint', url).hostname);
    this.endpoint = {
      kind: 'eventHub',
      name: 'telemetry',
      endpointUri: pulumi.interpolate`sb://${this.namespaceHost}`,
      entityPath: stream.name,
    };
    this.senderId = pulumi.all([sender.id, sending.id]).apply(([id]) => id);
    this.eventHubId = stream.id;
    this.eventHubName = stream.name;
    this.consumerGroup = group.name;
    this.registerOutputs({ namespaceHost: this.namespaceHost, eventHubName: this.eventHubName });
  }
}

/** Standard: Basic has no consumer groups beside `$Default` (event-hubs-quotas.md). */
export const namespaceArgsOf = ({
  resourceGroupName,
  location,
  tags = {},
}: EventStreamArgs): eventhub.NamespaceArgs => ({
  resourceGroupName,
  location,
  tags,
  sku: { name: eventhub.SkuName.Standard, tier: eventhub.SkuTier.Standard, capacity: 1 },
  disableLocalAuth: true,
  minimumTlsVersion: eventhub.TlsVersion.TlsVersion_1_2,
});
