import * as pulumi from '@pulumi/pulumi';

import { EventStream, type EventStreamArgs } from './event-stream';
import type { FleetRoles } from './fleet-roles';
import { FunctionApp, identityConnection } from './function-app';
import { Insights } from './insights';
import type { HubEndpoint } from './iot-hub-args';
import { LivePage, type LivePageArgs } from './live-page';

/** Tables that the pipeline keeps, for {@link LedgerStorageArgs.tables}. */
export const TELEMETRY_TABLES = ['DeviceState', 'Calibration', 'Rejected'] as const;

export interface TelemetryArgs extends Omit<EventStreamArgs, 'roles'>, Pick<LivePageArgs, 'signalrSku'> {
  readonly roles: Pick<FleetRoles, 'idOf'>;
  /** `https://<account>.table…/`, of the account that has the tables. */
  readonly tableEndpoint: pulumi.Input<string>;
  /** Resource ids by name. */
  readonly tables: Readonly<Record<string, pulumi.Input<string>>>;
  /** A ceiling for costs, 40 to 1,000. @default 40 */
  readonly maxInstances?: number;
  /** Of logs, 30 to 730. @default 30 */
  readonly logRetentionDays?: number;
}

/**
 * What telemetry runs on: an event hub, functions, tables, a live page. Made before the hubs, which route to it.
 * Nothing in it opens to a key. The functions' code is deployed on its own.
 */
export class Telemetry extends pulumi.ComponentResource {
  /** For {@link IotHubArgs.endpoints}. */
  readonly endpoint: HubEndpoint;
  /** For {@link IotHubArgs.identityId}. */
  readonly senderId: pulumi.Output<string>;
  /** For other functions of the stack. */
  readonly insights: Insights;
  readonly functionAppName: pulumi.Output<string>;
  /** `https://<app>.azurewebsites…` */
  readonly functionsUrl: pulumi.Output<string>;
  /** `https://<account>.z….web…` */
  readonly pageUrl: pulumi.Output<string>;
  readonly pageAccountName: pulumi.Output<string>;
  readonly pageContainer: pulumi.Output<string>;
  readonly signalrHost: pulumi.Output<string>;

  constructor(name: string, args: TelemetryArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:telemetry:Telemetry', name, {}, opts);
    const parent = { parent: this };
    const { logRetentionDays: retentionDays, ...rest } = args;
    this.insights = new Insights(`${name}-insights`, { ...args, retentionDays }, parent);
    const stream = new EventStream(`${name}-events`, rest, parent);
    const page = new LivePage(`${name}-page`, args, parent);
    const app = new FunctionApp(`${name}-app`, appArgsOf(args, this.insights, stream, page), parent);

    this.endpoint = stream.endpoint;
    this.senderId = stream.senderId;
    this.functionAppName = app.name;
    this.functionsUrl = pulumi.interpolate`https://${app.hostName}`;
    this.pageUrl = page.origin;
    this.pageAccountName = page.accountName;
    this.pageContainer = page.container;
    this.signalrHost = page.signalrHost;
    this.registerOutputs({ functionsUrl: this.functionsUrl, pageUrl: this.pageUrl });
  }
}

/** Settings by which the functions' bindings and clients find what they work with; each signs in as the app. */
const appArgsOf = (args: TelemetryArgs, insights: Insights, stream: EventStream, page: LivePage) => ({
  resourceGroupName: args.resourceGroupName,
  location: args.location,
  tags: args.tags,
  roles: args.roles,
  insights,
  maxInstances: args.maxInstances,
  corsOrigins: [page.origin],
  rights: {
    receiving: { right: 'eventsReceiving', scope: stream.eventHubId },
    publishing: { right: 'publishing', scope: page.signalrId },
    ...Object.fromEntries(
      Object.entries(args.tables).map(([table, scope]) => [table, { right: 'tableWriting' as const, scope }]),
    ),
  } as const,
  settings: (clientId: pulumi.Output<string>) => ({
    ...identityConnection('Telemetry', clientId, { fullyQualifiedNamespace: stream.namespaceHost }),
    TELEMETRY_EVENT_HUB: stream.eventHubName,
    TELEMETRY_CONSUMER_GROUP: stream.consumerGroup,
    ...identityConnection('AzureSignalRConnectionString', clientId, {
      serviceUri: pulumi.interpolate`https://${page.signalrHost}`,
    }),
    TELEMETRY_TABLES_ENDPOINT: args.tableEndpoint,
  }),
});
