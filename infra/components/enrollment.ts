import type * as pulumi from '@pulumi/pulumi';

import type { ReprovisionPolicy } from './reprovision-policy';

/** The one policy of a service where shared keys are chosen: what enrollments and registrations need. */
export const SERVICE_POLICY_NAME = 'enrollmentsAndRegistrations';

/** How an enrollment's provider reaches the data plane of a provisioning service. */
export interface EnrollmentService {
  /** The service operations host, `<name>.azure-devices-provisioning.net`. */
  readonly hostName: pulumi.Input<string>;
  /** `sas`: the key is read from the Resource Manager in each operation. @default 'entra' */
  readonly auth?: 'entra' | 'sas';
  /** Of the service. Needed with `sas`; else it only serves to tell a service that is gone from one that is away. */
  readonly resourceId?: pulumi.Input<string>;
  /** With `sas`, the shared access policy whose key is read: it needs EnrollmentRead and EnrollmentWrite. @default {@link SERVICE_POLICY_NAME} */
  readonly keyName?: string;
}

/** The service makes the keys unless both are given; given ones must be secrets, base64 of 16 to 64 bytes. */
export interface SymmetricKeyAttestation {
  readonly type: 'symmetricKey';
  readonly primaryKey?: pulumi.Input<string>;
  readonly secondaryKey?: pulumi.Input<string>;
}

/** Certificates as PEM: of a group the ones that sign its devices', of one device its own. The second is for rolling. */
export interface X509Attestation {
  readonly type: 'x509';
  readonly certificate: pulumi.Input<string>;
  readonly secondaryCertificate?: pulumi.Input<string>;
}

/** Names of CA certificates that the service holds: see EnrollmentCertificate. */
export interface X509CaAttestation {
  readonly type: 'x509';
  readonly caReference: pulumi.Input<string>;
  readonly secondaryCaReference?: pulumi.Input<string>;
}

export type Attestation = SymmetricKeyAttestation | X509Attestation | X509CaAttestation;

/** A webhook that DPS asks; its key is in the address, which therefore is a secret. */
export interface CustomAllocation {
  readonly webhookUrl: pulumi.Input<string>;
  /** Shape of the webhook's bodies. @default '2021-10-01' */
  readonly apiVersion?: string;
}

/** What individual enrollments and groups have alike. */
export interface EnrollmentArgs {
  readonly service: EnrollmentService;
  readonly attestation: Attestation;
  /** One of ReprovisionPolicies. There is no default: it decides whether devices move, and with which data. */
  readonly reprovisionPolicy: ReprovisionPolicy;
  /** @default the service's */
  readonly allocation?: 'hashed' | 'geoLatency' | 'static' | { readonly custom: CustomAllocation };
  /** Host names of linked hubs; exactly one with `static`. @default every linked hub that takes part in allocation */
  readonly hubs?: readonly pulumi.Input<string>[];
  /** Tags and desired properties that a new device's twin starts with. */
  readonly initialTwin?: pulumi.Input<{ tags?: Record<string, unknown>; desired?: Record<string, unknown> }>;
  /** Whether the devices are IoT Edge devices. @default false */
  readonly iotEdge?: boolean;
  /** false refuses devices. @default true */
  readonly enabled?: boolean;
  /**
   * Takes over an enrollment that is there already, when it has every declared value; otherwise nothing changes and the
   * differences are named. Pulumi's `import` cannot do so for dynamic providers (pulumi/pulumi issue 16175).
   *
   * @default false: an enrollment that is there already is an error
   */
  readonly adopt?: boolean;
}
