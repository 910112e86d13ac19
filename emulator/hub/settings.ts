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

/** What the control plane sets on a hub. */
export interface HubSettings {
  readonly sku: Sku;
  readonly policies: readonly AccessPolicy[];
}
