import type * as pulumi from '@pulumi/pulumi';

import type { Network } from './network';
import type { Placement } from './placement';

/** What worker, CLI and simulated fleet use with `auth: sas`: no built-in policy has exactly these rights. */
export const SERVICE_POLICY = 'serviceAndRegistryReadWrite';
export type HubSku = 'F1' | 'B1' | 'B2' | 'B3' | 'S1' | 'S2' | 'S3';

/** Where messages may go beside the built-in endpoint; the hub signs in there with {@link IotHubArgs.identityId}. */
export type HubEndpoint =
  | {
      readonly kind: 'eventHub';
      readonly name: string;
      /** `sb://<namespace>.servicebus…` */
      readonly endpointUri: pulumi.Input<string>;
      /** The event hub's name. */
      readonly entityPath: pulumi.Input<string>;
    }
  | {
      readonly kind: 'storage';
      readonly name: string;
      /** `https://<account>.blob…/` */
      readonly endpointUri: pulumi.Input<string>;
      readonly containerName: pulumi.Input<string>;
      /** Seconds between two blobs, 60 to 720. @default 300 */
      readonly batchFrequencyInSeconds?: number;
    };

export interface HubRoute {
  readonly name: string;
  /** @default 'DeviceMessages' */
  readonly source?: 'DeviceMessages' | 'TwinChangeEvents' | 'DeviceLifecycleEvents' | 'DeviceConnectionStateEvents';
  /** A routing query (Azure IoT Hub, "Routing query syntax"). @default 'true' */
  readonly condition?: string;
  /** Of {@link IotHubArgs.endpoints}, or `events`: the built-in one. */
  readonly endpoint: string;
}

/** A property that the hub adds to each message on its way to an endpoint (iot-hub/iot-hub-message-enrichments-overview.md). */
export interface HubEnrichment {
  readonly key: string;
  /** A text, `$iothubname`, or `$twin.` and a path. */
  readonly value: string;
  /** Of {@link IotHubArgs.endpoints}. */
  readonly endpoint: string;
}

/** Where devices put files: opened with {@link IotHubArgs.identityId}, never by a key. */
export interface FileUpload {
  readonly accountName: pulumi.Input<string>;
  readonly containerName: pulumi.Input<string>;
  /** How long a device may take for an upload. @default 60 */
  readonly sasTtlMinutes?: number;
}

export interface IotHubArgs extends Placement {
  /** Who opens the service API: roles of Entra ID, or also the keys of {@link SERVICE_POLICY}. @default 'entra' */
  readonly auth?: 'entra' | 'sas';
  /** @default 'S1' */
  readonly sku?: HubSku;
  /** @default 1 */
  readonly units?: number;
  /** Whether rollouts change its devices: twins, methods and jobs, which Basic does not have. @default true */
  readonly rollouts?: boolean;
  /** Whether a provisioning service assigns devices to it, which takes {@link PROVISIONING_LINK}: azure-native 3.28 links by key only. @default false */
  readonly linked?: boolean;
  /** Of the built-in endpoint, 2 to 32; F1 has 2. Fixed once made. @default 4, 2 on F1 */
  readonly partitions?: number;
  /** Of the built-in endpoint, 1 to 7; F1 has 1. @default 1 */
  readonly retentionDays?: number;
  /** Of the built-in endpoint, beside `$Default`. @default [] */
  readonly consumerGroups?: readonly string[];
  /** Resource id of a user-assigned identity, which has its roles before the hub is made. Endpoints and uploads need it. */
  readonly identityId?: pulumi.Input<string>;
  /** @default [] */
  readonly endpoints?: readonly HubEndpoint[];
  /** In the order given; a message takes every route that it matches. @default [] */
  readonly routes?: readonly HubRoute[];
  /** @default [] */
  readonly enrichments?: readonly HubEnrichment[];
  /** Whether messages that match no route go to the built-in endpoint; if not, they are dropped. @default true */
  readonly fallbackRoute?: boolean;
  readonly fileUpload?: FileUpload;
  /** @default open to every address */
  readonly network?: Network;
}
