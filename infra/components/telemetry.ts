import * as pulumi from '@pulumi/pulumi';

import { EventStream, type EventStreamArgs } from './event-stream';
import type { FleetRoles } from './fleet-roles';
import { type AppContainer, FunctionApp, functionKeyOf, identityConnection } from './function-app';
import { Insights } from './insights';
import type { HubEndpoint } from './iot-hub-args';
import { LivePage, type LivePageArgs } from './live-page';

/** Tables that the pipeline keeps, for {@link LedgerStorageArgs.tables}. */
export const TELEMETRY_TABLES = ['DeviceState', 'Calibration', 'Rejected'] as const;

/** Beside the functions' code and not with the records of rollouts: there every write would leave a version behind. */
const CHECKPOINTS = 'checkpoints';

/** Who may look at devices: tokens of one tenant of Entra ID for one application. */
export interface TelemetrySignIn {
  /** `https://login.microsoftonline.com/<tenant id>` */
  readonly authority: string;
  /** Id of the application that stands for the functions, or its `api://…` address. */
  readonly audience: string;
}

export interface TelemetryArgs extends Omit<EventStreamArgs, 'roles'>, Pick<LivePageArgs, 'signalrSku' | 'origins'> {
  readonly roles: Pick<FleetRoles, 'idOf'>;
  /** `https://<account>.table…/`, of the account that has the tables. */
  readonly tableEndpoint: pulumi.Input<string>;
  /** Resource ids by name. */
  readonly tables: Readonly<Record<string, pulumi.Input<string>>>;
  /** A ceiling for costs, 40 to 1,000. @default 40 */
  readonly maxInstances?: number;
  /** Of logs, 30 to 730. @default 30 */
  readonly logRetentionDays?: number;
  /**
   * What reads the event hub: the functions, or processes of your own, which need a place for checkpoints and the
   * functions' key. @default 'functions'
   */
  readonly hosts?: 'functions' | 'processes';
  /** @default a function key is asked for */
  readonly signIn?: TelemetrySignIn;
  /** As telemetry/settings.ts has them. @default {} */
  readonly settings?: object;
}

/** What processes of your own work with, and whoever runs them needs rights to. */
export interface TelemetryProcesses {
  readonly checkpoints: AppContainer;
  /** A secret. */
  readonly functionKey: pulumi.Output<string>;
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
  /** `https://<account>.blob…/$web` */
  readonly pageContainerUrl: pulumi.Output<string>;
  /** Resource id. */
  readonly pageContainerId: pulumi.Output<string>;
  readonly signalrHost: pulumi.Output<string>;
  readonly stream: Pick<EventStream, 'namespaceHost' | 'eventHubName' | 'eventHubId' | 'consumerGroup'>;
  /** Resource id. */
  readonly signalrId: pulumi.Output<string>;
  /** With `hosts: processes` only. */
  readonly processes: TelemetryProcesses | undefined;

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
    this.pageContainerUrl = page.containerUrl;
    this.pageContainerId = page.containerId;
    this.signalrHost = page.signalrHost;
    this.signalrId = page.signalrId;
    this.stream = stream;
    const [checkpoints] = app.containers;
    this.processes = checkpoints && { checkpoints, functionKey: functionKeyOf(app, args) };
    this.registerOutputs({ functionsUrl: this.functionsUrl, pageUrl: this.pageUrl });
  }
}

/** What the app is given: each service opens to its identity. */
const appArgsOf = (args: TelemetryArgs, insights: Insights, stream: EventStream, page: LivePage) => ({
  resourceGroupName: args.resourceGroupName,
  location: args.location,
  tags: args.tags,
  roles: args.roles,
  insights,
  maxInstances: args.maxInstances,
  corsOrigins: [page.origin, ...(args.origins ?? [])],
  containers: args.hosts === 'processes' ? [CHECKPOINTS] : [],
  rights: {
    receiving: { right: 'eventsReceiving', scope: stream.eventHubId },
    publishing: { right: 'publishing', scope: page.signalrId },
    ...Object.fromEntries(
      Object.entries(args.tables).map(([table, scope]) => [table, { right: 'tableWriting' as const, scope }]),
    ),
  } as const,
  settings: (clientId: pulumi.Output<string>) => settingsOf(args, stream, page, clientId),
});

/** Named as functions/telemetry/settings.ts reads them. Without an event hub the functions read none. */
const settingsOf = (args: TelemetryArgs, stream: EventStream, page: LivePage, clientId: pulumi.Output<string>) => ({
  ...(args.hosts !== 'processes' && {
    ...identityConnection('Telemetry', clientId, { fullyQualifiedNamespace: stream.namespaceHost }),
    TELEMETRY_EVENT_HUB: stream.eventHubName,
    TELEMETRY_CONSUMER_GROUP: stream.consumerGroup,
  }),
  SIGNALR_ENDPOINT: pulumi.interpolate`https://${page.signalrHost}`,
  TELEMETRY_TABLES_ENDPOINT: args.tableEndpoint,
  TELEMETRY_SETTINGS: JSON.stringify(args.settings ?? {}),
  ...(args.signIn && { TELEMETRY_AUTHORITY: args.signIn.authority, TELEMETRY_AUDIENCE: args.signIn.audience }),
});
