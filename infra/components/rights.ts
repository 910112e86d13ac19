/**
 * Every role that the stack assigns: the one place where they are named. docs/rights.md shows the same table, and
 * test/infra/rights.test.ts holds the two together. Ids of built-in roles are the same in every tenant (Microsoft Learn,
 * "Azure built-in roles"); data actions are those of iot-hub/authenticate-authorize-azure-ad.md,
 * iot-dps/concepts-control-access-dps-azure-ad.md and storage/blobs/authorize-access-azure-active-directory.md.
 */

export interface BuiltInRole {
  readonly name: string;
  /** GUID. */
  readonly id: string;
}

/** A role of the stack's own, where every built-in one allows more than is needed. */
export interface CustomRole {
  /** Followed by the resource group's name: roles' names are unique in a tenant. */
  readonly name: string;
  readonly dataActions: readonly string[];
  /** Taken where custom roles are not wanted. */
  readonly instead: BuiltInRole;
}

export interface Right {
  /** Who has it. */
  readonly who: string;
  readonly role: BuiltInRole | CustomRole;
  /** Where it holds. */
  readonly scope: string;
  readonly why: string;
}

export const isCustom = (role: BuiltInRole | CustomRole): role is CustomRole => 'dataActions' in role;

const HUB = 'Microsoft.Devices/IotHubs';
const DPS = 'Microsoft.Devices/provisioningServices';
const BLOBS = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';

const builtIn = (name: string, id: string): BuiltInRole => ({ name, id });
const BLOB_CONTRIBUTOR = builtIn('Storage Blob Data Contributor', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe');
const BLOB_OWNER = builtIn('Storage Blob Data Owner', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b');
const TABLE_READER = builtIn('Storage Table Data Reader', '76199698-9eea-4c19-bc75-cec21354c6b6');
const TABLE_CONTRIBUTOR = builtIn('Storage Table Data Contributor', '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3');
const QUEUE_CONTRIBUTOR = builtIn('Storage Queue Data Contributor', '974c5e8b-45b9-4653-ba55-5f855dd0fb88');
const HUB_CONTRIBUTOR = builtIn('IoT Hub Data Contributor', '4fc6c259-987e-4a07-842e-c321cc9d413f');
const HUB_REGISTRY = builtIn('IoT Hub Registry Contributor', '4ea46cd5-c1b2-4a8e-910b-273211f9ce47');
const DPS_CONTRIBUTOR = builtIn('Device Provisioning Service Data Contributor', 'dfce44e4-17b7-4bd1-a6d1-04996ec95633');
const EVENTS_SENDER = builtIn('Azure Event Hubs Data Sender', '2b629674-e913-4c01-ae53-ef4638d8f975');
const EVENTS_RECEIVER = builtIn('Azure Event Hubs Data Receiver', 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde');
const SIGNALR_OWNER = builtIn('SignalR Service Owner', '7e4f1700-ea5a-4f59-8f37-079cfe29dce3');
const METRICS_PUBLISHER = builtIn('Monitoring Metrics Publisher', '3913510d-42f4-4e42-8a64-420c390055eb');

export const RIGHTS = {
  rolloutsOnHub: {
    who: 'worker; without one, who deploys',
    role: {
      name: 'Groundswell rollouts',
      dataActions: [
        `${HUB}/twins/read`,
        `${HUB}/twins/write`,
        `${HUB}/directMethods/invoke/action`,
        `${HUB}/jobs/read`,
        `${HUB}/jobs/write`,
        `${HUB}/jobs/delete`,
        `${HUB}/statistics/read`,
      ],
      instead: HUB_CONTRIBUTOR,
    },
    scope: 'each hub',
    why: 'queries, twins, methods, jobs and how many devices there are; it can neither make nor delete a device, nor read a device key',
  },
  identitiesOnHub: {
    who: 'worker, only with `worker.identities`',
    role: {
      name: 'Groundswell identities',
      dataActions: [`${HUB}/devices/read`, `${HUB}/devices/write`, `${HUB}/devices/delete`],
      instead: HUB_REGISTRY,
    },
    scope: 'each hub',
    why: 'disables, enables or deletes identities that a move leaves behind; it reads their keys too, which Azure cannot part from that',
  },
  migrationsOnProvisioning: {
    who: 'worker; without one, who deploys',
    role: {
      name: 'Groundswell migrations',
      dataActions: [
        `${DPS}/enrollmentGroups/read`,
        `${DPS}/enrollments/read`,
        `${DPS}/enrollments/write`,
        `${DPS}/registrationStates/read`,
      ],
      instead: DPS_CONTRIBUTOR,
    },
    scope: 'provisioning service',
    why: 'points devices at another hub; it can read no attestation key and change no group',
  },
  ledgerWriting: {
    who: 'worker; without one, who deploys',
    role: {
      name: 'Groundswell ledger',
      dataActions: [`${BLOBS}/read`, `${BLOBS}/write`, `${BLOBS}/add/action`],
      instead: BLOB_CONTRIBUTOR,
    },
    scope: 'the containers `ledger` and `audit`',
    why: 'writes and reads records of rollouts; it can delete none',
  },
  assignmentsWriting: {
    who: 'worker; without one, who deploys',
    role: {
      name: 'Groundswell assignments',
      dataActions: [`${BLOBS}/read`, `${BLOBS}/write`, `${BLOBS}/add/action`, `${BLOBS}/delete`],
      instead: BLOB_CONTRIBUTOR,
    },
    scope: 'the container `allocations`',
    why: 'says where the allocation function is to send a device, and takes it back',
  },
  tableReading: {
    who: 'worker; without one, who deploys',
    role: TABLE_READER,
    scope: 'the table `DeviceState`',
    why: 'gates read the state of devices',
  },
  devicesOnHub: {
    who: 'who makes device identities: the simulated fleet, a factory',
    role: HUB_REGISTRY,
    scope: 'each hub',
    why: 'makes, reads and deletes identities and their keys',
  },
  enrollmentsOnProvisioning: {
    who: 'who deploys',
    role: DPS_CONTRIBUTOR,
    scope: 'provisioning service',
    why: 'enrollments are kept by the service itself, not by the Resource Manager; no narrower role makes them',
  },
  eventsSending: {
    who: 'the identity of the hubs',
    role: EVENTS_SENDER,
    scope: 'event hub of telemetry',
    why: 'hubs route messages there',
  },
  eventsReceiving: {
    who: 'who runs telemetry',
    role: EVENTS_RECEIVER,
    scope: 'event hub of telemetry',
    why: 'reads messages; the built-in endpoint of a hub knows keys only',
  },
  tableWriting: {
    who: 'who runs telemetry',
    role: TABLE_CONTRIBUTOR,
    scope: 'each telemetry table',
    why: 'keeps the state of devices',
  },
  publishing: {
    who: 'who runs telemetry',
    role: SIGNALR_OWNER,
    scope: 'SignalR Service',
    why: 'signs pages in, puts them into groups and sends to them; no narrower role does all three',
  },
  checkpointsWriting: {
    who: 'who deploys, only with `telemetry.hosts: processes`',
    role: BLOB_CONTRIBUTOR,
    scope: 'the container `checkpoints` of the telemetry functions',
    why: 'notes who reads which partition, and how far',
  },
  pageWriting: {
    who: 'who deploys, with `telemetry`',
    role: BLOB_CONTRIBUTOR,
    scope: "the container `$web` of the page's account",
    why: 'puts the files of the page there',
  },
  hostBlobs: {
    who: 'every function app',
    role: BLOB_OWNER,
    scope: 'its own storage account',
    why: 'code, leases and checkpoints of the Functions host',
  },
  hostQueues: {
    who: 'every function app',
    role: QUEUE_CONTRIBUTOR,
    scope: 'its own storage account',
    why: 'retries of the Functions host',
  },
  hostTables: {
    who: 'every function app',
    role: TABLE_CONTRIBUTOR,
    scope: 'its own storage account',
    why: 'diagnostic events of the Functions host',
  },
  metrics: {
    who: 'every function app',
    role: METRICS_PUBLISHER,
    scope: 'Application Insights of the stack',
    why: 'logs without the instrumentation key',
  },
  assignmentsReading: {
    who: 'the allocation function',
    role: builtIn('Storage Blob Data Reader', '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'),
    scope: 'the container `allocations`',
    why: 'reads which hub a rollout gives a device; no record of any rollout is open to it',
  },
} as const satisfies Record<string, Right>;

export type RightName = keyof typeof RIGHTS;

/** The part of {@link RIGHTS} whose roles the stack may define itself. */
export const CUSTOM_RIGHTS = [
  'rolloutsOnHub',
  'identitiesOnHub',
  'migrationsOnProvisioning',
  'ledgerWriting',
  'assignmentsWriting',
] as const satisfies RightName[];
export type CustomRightName = (typeof CUSTOM_RIGHTS)[number];
