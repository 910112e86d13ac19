import * as signalrservice from '@pulumi/azure-native/signalrservice';
import * as storage from '@pulumi/azure-native/storage';
import * as pulumi from '@pulumi/pulumi';

import { answeredUrl } from './answered-url';
import { accountArgsOf, accountNameOf } from './storage-account';
import type { Placement } from './placement';

export interface LivePageArgs extends Placement {
  /** Free_F1 has 20 connections and 20,000 messages a day; Standard_S1 1,000 connections a unit. @default 'Standard_S1' */
  readonly signalrSku?: 'Free_F1' | 'Standard_S1';
  /** Other sites that may follow devices, such as `https://fleet.example.com`. @default [] */
  readonly origins?: readonly string[];
}

/** The site of the page, and the service that pushes to it. */
export class LivePage extends pulumi.ComponentResource {
  /** `https://<account>.z….web…`, without a slash at the end: CORS lets it in. */
  readonly origin: pulumi.Output<string>;
  readonly accountName: pulumi.Output<string>;
  readonly accountId: pulumi.Output<string>;
  /** Where the page's files go. */
  readonly container: pulumi.Output<string>;
  /** `https://<account>.blob…/$web` */
  readonly containerUrl: pulumi.Output<string>;
  /** Resource id. */
  readonly containerId: pulumi.Output<string>;
  /** Resource id. */
  readonly signalrId: pulumi.Output<string>;
  readonly signalrHost: pulumi.Output<string>;

  constructor(name: string, args: LivePageArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:telemetry:LivePage', name, {}, opts);
    const { resourceGroupName } = args;
    const account = new storage.StorageAccount(accountNameOf(`${name}site`), accountArgsOf(args), { parent: this });
    const site = new storage.StorageAccountStaticWebsite(
      `${name}-site`,
      { resourceGroupName, accountName: account.name, indexDocument: 'index.html', error404Document: 'index.html' },
      { parent: account },
    );
    this.origin = account.primaryEndpoints.web.apply((url) => answeredUrl('web endpoint', url).origin);
    const signalr = new signalrservice.SignalR(name, signalrArgsOf(args, this.origin), { parent: this });
    this.accountName = account.name;
    this.accountId = account.id;
    this.container = site.containerName;
    this.containerUrl = pulumi.interpolate`${account.primaryEndpoints.blob}${site.containerName}`;
    this.containerId = pulumi.interpolate`${account.id}/blobServices/default/containers/${site.containerName}`;
    this.signalrId = signalr.id;
    this.signalrHost = signalr.hostName;
    this.registerOutputs({ origin: this.origin, signalrHost: this.signalrHost });
  }
}

/** Serverless: functions send by REST and no server holds connections (concept-service-mode.md). */
export const signalrArgsOf = (
  { resourceGroupName, location, signalrSku = 'Standard_S1', origins = [], tags = {} }: LivePageArgs,
  origin: pulumi.Input<string>,
): signalrservice.SignalRArgs => ({
  resourceGroupName,
  location,
  tags,
  kind: signalrservice.ServiceKind.SignalR,
  sku: { name: signalrSku, capacity: 1 },
  features: [{ flag: signalrservice.FeatureFlags.ServiceMode, value: 'Serverless' }],
  cors: { allowedOrigins: [origin, ...origins] },
  disableLocalAuth: true,
  tls: { clientCertEnabled: false },
});
