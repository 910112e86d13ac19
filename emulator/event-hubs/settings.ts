/** What a shared access policy of a namespace or an event hub may allow; Manage includes the others. */
export type Claim = 'Listen' | 'Send' | 'Manage';

/** A shared access policy (Event Hubs, "authorization rule"). Keys are secret; Event Hubs signs with their text. */
export interface AccessRule {
  readonly keyName: string;
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly rights: readonly Claim[];
}

/** What the control plane sets on a namespace. */
export interface NamespaceSettings {
  /** Id in the Resource Manager: what role assignments are scoped to. */
  readonly resourceId: string;
  /** `units`: throughput units of Basic and Standard, processing units of Premium. */
  readonly sku: { readonly name: Tier; readonly units: number };
  /** Whether shared access signatures are refused. */
  readonly disableLocalAuth: boolean;
  readonly rules: readonly AccessRule[];
}

/** What the control plane sets on an event hub. */
export interface EventHubSettings {
  /** Fixed once made. */
  readonly partitionCount: number;
  readonly retentionMs: number;
  readonly status: (typeof STATUSES)[number];
  /** Beside `$Default`. */
  readonly consumerGroups: readonly string[];
  readonly rules: readonly AccessRule[];
}

export const TIERS = ['Basic', 'Standard', 'Premium'] as const;
export type Tier = (typeof TIERS)[number];
export const STATUSES = ['Active', 'Disabled', 'SendDisabled', 'ReceiveDisabled'] as const;

const DAY_MS = 86_400_000;

/** Limits by tier (event-hubs/event-hubs-quotas.md; of Premium for one processing unit). */
export const LIMITS: Readonly<Record<Tier, Limits>> = {
  Basic: { groups: 0, partitions: 32, eventHubs: 10, retentionMs: DAY_MS, messageBytes: 256 * 1024, units: 40 },
  Standard: {
    groups: 20,
    partitions: 32,
    eventHubs: 10,
    retentionMs: 7 * DAY_MS,
    messageBytes: 1024 * 1024,
    units: 40,
  },
  Premium: {
    groups: 100,
    partitions: 100,
    eventHubs: 100,
    retentionMs: 90 * DAY_MS,
    messageBytes: 1024 * 1024,
    units: 16,
  },
};

export interface Limits {
  /** Consumer groups of an event hub beside `$Default`. */
  readonly groups: number;
  /** Of one event hub. */
  readonly partitions: number;
  /** Of one namespace. */
  readonly eventHubs: number;
  readonly retentionMs: number;
  /** Of one message, or of a whole batch. */
  readonly messageBytes: number;
  readonly units: number;
}
