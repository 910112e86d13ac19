/** What a shared access policy of DPS may allow (iot-dps/how-to-control-access.md). */
export type DpsRight =
  | 'ServiceConfig'
  | 'EnrollmentRead'
  | 'EnrollmentWrite'
  | 'DeviceConnect'
  | 'RegistrationStatusRead'
  | 'RegistrationStatusWrite';

/** A shared access policy; both keys are base64 and work alike. */
export interface DpsPolicy {
  readonly keyName: string;
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly rights: readonly DpsRight[];
}

/** A hub that devices may be assigned to. */
export interface LinkedHub {
  readonly hostName: string;
  /** What DPS signs in to the hub with: its policy must hold RegistryWrite and ServiceConnect when a device comes. */
  readonly connectionString: string;
  readonly location: string;
  /** 0 to 1000; share of devices under the hashed policy. */
  readonly allocationWeight: number;
  /** Whether policies other than static and custom may choose the hub. */
  readonly applyAllocationPolicy: boolean;
}

/** What the service-wide policy may be; an enrollment may name its own, `custom` too. */
export type AllocationPolicy = 'hashed' | 'geoLatency' | 'static' | 'custom';

/** A root or intermediate certificate that x509 enrollments may refer to by name. */
export interface DpsCertificate {
  readonly name: string;
  readonly pem: string;
  /** Only verified ones attest. */
  readonly isVerified: boolean;
}

/** What the control plane sets on a provisioning service; replaceable at any time, effective with the next request. */
export interface DpsSettings {
  /** `0ne` and 8 hexadecimal digits; names the service to devices. */
  readonly idScope: string;
  readonly linkedHubs: readonly LinkedHub[];
  readonly allocationPolicy: Exclude<AllocationPolicy, 'custom'>;
  readonly policies: readonly DpsPolicy[];
  readonly certificates: readonly DpsCertificate[];
  /** Id in the Resource Manager: what role assignments are scoped to. */
  readonly resourceId: string;
  /** Whether the service API takes no SAS. */
  readonly disableLocalAuth: boolean;
}
