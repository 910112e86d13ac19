/** The records of the service API that enrollments need (azure-rest-api-specs, data-plane/DeviceProvisioningServices). */

export type JsonObject = Readonly<Record<string, unknown>>;

export interface InitialTwin {
  readonly tags?: JsonObject;
  readonly desired?: JsonObject;
}

interface CertificateRecord {
  readonly certificate?: string | null;
  readonly info?: { readonly sha1Thumbprint?: string; readonly sha256Thumbprint?: string } | null;
}

/** Of two things the second is for rolling over. */
export interface Pair<T> {
  readonly primary?: T | null;
  readonly secondary?: T | null;
}

export interface X509Record {
  readonly clientCertificates?: Pair<CertificateRecord> | null;
  readonly signingCertificates?: Pair<CertificateRecord> | null;
  readonly caReferences?: Pair<string> | null;
}

export interface Keys {
  readonly primaryKey: string;
  readonly secondaryKey: string;
}

/** An answer names no keys; only the attestation mechanism and the answer to a PUT do. */
export interface AttestationRecord {
  readonly type: string;
  readonly symmetricKey?: Keys | null;
  readonly x509?: X509Record | null;
}

/** An enrollment as the service keeps it. Members that we do not manage are kept on updates. */
export interface EnrollmentRecord {
  readonly enrollmentGroupId?: string;
  readonly registrationId?: string;
  readonly deviceId?: string | null;
  readonly attestation: AttestationRecord;
  readonly capabilities?: { readonly iotEdge?: boolean } | null;
  readonly reprovisionPolicy?: {
    readonly updateHubAssignment?: boolean;
    readonly migrateDeviceData?: boolean;
  } | null;
  readonly allocationPolicy?: string | null;
  readonly customAllocationDefinition?: { readonly webhookUrl: string; readonly apiVersion: string } | null;
  readonly iotHubHostName?: string | null;
  readonly iotHubs?: readonly string[] | null;
  readonly initialTwin?: {
    readonly tags?: JsonObject | null;
    readonly properties?: { readonly desired?: JsonObject | null } | null;
  } | null;
  readonly provisioningStatus?: string;
  readonly etag?: string;
}

/** The service API for enrollments of one kind. Failures are ServiceFailures. */
export interface EnrollmentApi {
  /** undefined: there is none. */
  get(id: string): Promise<EnrollmentRecord | undefined>;
  /** Without `etag` it creates, and fails with 409 where there is one; with it, it updates, and fails with 412. */
  put(record: EnrollmentRecord, etag?: string): Promise<EnrollmentRecord>;
  /** One that is gone is no failure. */
  delete(id: string, etag: string): Promise<void>;
  /** The keys of symmetric-key attestation: needs a right of its own. */
  keys(id: string): Promise<Keys>;
}
