/** What a shared access policy may allow (iot-hub-dev-guide-sas.md, "Access control and permissions"). */
export type Right = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect';

/** A shared access policy; both keys are base64 and work alike. */
export interface AccessPolicy {
  readonly keyName: string;
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly rights: readonly Right[];
}

/** Tier and size of a hub; `units` >= 1. Limits follow from it (iot-hub-devguide-quotas-throttling.md). */
export interface Sku {
  readonly name: 'F1' | 'S1' | 'S2' | 'S3' | 'B1' | 'B2' | 'B3';
  readonly units: number;
}

/** A CA certificate of the hub; only verified ones vouch for devices. */
export interface HubCertificate {
  readonly name: string;
  readonly pem: string;
  readonly isVerified: boolean;
}

/** How long messages wait and how often they are tried (arm-iothub, CloudToDeviceProperties and FeedbackProperties). */
export interface QueueSettings {
  readonly ttlMs: number;
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
}

/** Where devices upload files to (arm-iothub, StorageEndpointProperties `$default` and MessagingEndpointProperties). */
export interface FileUploadSettings {
  /** Key-based: of the account. Identity-based: the account's blob endpoint is in it, without a key. */
  readonly connectionString: string;
  readonly containerName: string;
  readonly sasTtlMs: number;
  readonly isIdentityBased: boolean;
  /** Id of the identity to go by; the hub's own unless given. */
  readonly userAssignedIdentity?: string | undefined;
  readonly notifies: boolean;
}

/** A place beside the built-in endpoint that routes may lead to (arm-iothub, RoutingStorageContainerProperties). */
export interface StorageEndpoint {
  readonly name: string;
  readonly connectionString: string;
  readonly isIdentityBased: boolean;
  /** Id of the identity to go by; the hub's own unless given. */
  readonly userAssignedIdentity?: string | undefined;
  readonly containerName: string;
  readonly fileNameFormat: string;
  readonly batchFrequencyMs: number;
  readonly maxChunkBytes: number;
  readonly encoding: 'json' | 'avro';
}

/** An event hub that routes may lead to (arm-iothub, RoutingEventHubProperties). */
export interface EventHubEndpoint {
  readonly name: string;
  /** Host name of the namespace. */
  readonly host: string;
  readonly eventHub: string;
  /** With the key of a policy; as an identity unless given. */
  readonly connectionString?: string | undefined;
  /** Id of the identity to go by; the hub's own unless given. */
  readonly userAssignedIdentity?: string | undefined;
}

/** arm-iothub, RouteProperties. */
export interface Route {
  readonly name: string;
  /** `DeviceMessages`, `TwinChangeEvents`, … as the Resource Manager spells them. */
  readonly source: string;
  /** `true` unless given. */
  readonly condition: string;
  readonly endpointNames: readonly string[];
  readonly isEnabled: boolean;
}

/** arm-iothub, RoutingProperties. */
export interface Routing {
  readonly storage: readonly StorageEndpoint[];
  readonly eventHubs: readonly EventHubEndpoint[];
  readonly routes: readonly Route[];
  /** Device messages that no route took go to the built-in endpoint. */
  readonly fallbackIsEnabled: boolean;
  readonly enrichments: readonly {
    readonly key: string;
    readonly value: string;
    readonly endpointNames: readonly string[];
  }[];
}

/** What the control plane sets on a hub. */
export interface HubSettings {
  readonly sku: Sku;
  readonly policies: readonly AccessPolicy[];
  /** Id in the Resource Manager: what role assignments are scoped to. */
  readonly resourceId: string;
  /** Whether policies' SAS is refused (devices' own is not; `disableDeviceSas` is for them). */
  readonly disableLocalAuth: boolean;
  readonly disableDeviceSas: boolean;
  readonly disableModuleSas: boolean;
  readonly certificates: readonly HubCertificate[];
  /** The built-in endpoint. `partitionCount` is fixed once the hub is made. */
  readonly events: { readonly partitionCount: number; readonly retentionDays: number };
  /** Beside `$Default`. */
  readonly consumerGroups: readonly string[];
  readonly cloudToDevice: QueueSettings;
  readonly feedback: QueueSettings;
  readonly fileNotifications: QueueSettings;
  readonly fileUpload: FileUploadSettings | undefined;
  readonly routing: Routing;
}

const HOUR_MS = 3_600_000;
const QUEUE: QueueSettings = { ttlMs: HOUR_MS, lockDurationMs: 60_000, maxDeliveryCount: 10 };

/** Azure's own values for everything that is not given. */
export const hubSettings = (given: Pick<HubSettings, 'sku'> & Partial<HubSettings>): HubSettings => ({
  policies: [],
  resourceId: '',
  disableLocalAuth: false,
  disableDeviceSas: false,
  disableModuleSas: false,
  certificates: [],
  events: { partitionCount: 4, retentionDays: 1 },
  consumerGroups: [],
  cloudToDevice: QUEUE,
  feedback: QUEUE,
  fileNotifications: QUEUE,
  fileUpload: undefined,
  routing: { storage: [], eventHubs: [], routes: [], fallbackIsEnabled: true, enrichments: [] },
  ...given,
});
