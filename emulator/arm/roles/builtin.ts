import type { Permission } from './permissions';

/** A built-in role (Microsoft Learn, "Azure built-in roles"; the ids are the same in every tenant). */
export interface BuiltInRole {
  readonly id: string;
  readonly roleName: string;
  readonly description: string;
  readonly permissions: readonly Permission[];
}

const permission = (given: Partial<Permission>): Permission => ({
  actions: [],
  notActions: [],
  dataActions: [],
  notDataActions: [],
  ...given,
});

const role = (id: string, roleName: string, description: string, given: Partial<Permission>): BuiltInRole => ({
  id,
  roleName,
  description,
  permissions: [permission(given)],
});

const HUBS = 'Microsoft.Devices/IotHubs';
const DPS = 'Microsoft.Devices/provisioningServices';
const CONTAINERS = 'Microsoft.Storage/storageAccounts/blobServices/containers';
const DELEGATION = 'Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action';
const TABLES = 'Microsoft.Storage/storageAccounts/tableServices/tables';
const SIGNALR = 'Microsoft.SignalRService/SignalR';
const EVENT_HUBS = 'Microsoft.EventHub';
const MANAGED_IDENTITY = 'Microsoft.ManagedIdentity/userAssignedIdentities';
const CONTRIBUTOR_LACKS = ['Delete', 'Write', 'elevateAccess/Action'].map((end) =>
  end.startsWith('elevate') ? `Microsoft.Authorization/${end}` : `Microsoft.Authorization/*/${end}`,
);

/** Owner: what the emulator's own identity is of the subscription. */
export const OWNER = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';

/** The general roles, and those whose data actions the emulator's services ask for. */
export const BUILT_IN_ROLES: readonly BuiltInRole[] = [
  role(OWNER, 'Owner', 'Grants full access to manage all resources, including roles.', { actions: ['*'] }),
  role('b24988ac-6180-42a0-ab88-20f7382dd24c', 'Contributor', 'Manages all resources, but assigns no roles.', {
    actions: ['*'],
    notActions: CONTRIBUTOR_LACKS,
  }),
  role('acdd72a7-3385-48ef-bd42-f606fba81ae7', 'Reader', 'View all resources, without changing any.', {
    actions: ['*/read'],
  }),
  role('18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', 'User Access Administrator', 'Manages user access to resources.', {
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
  }),
  role('4fc6c259-987e-4a07-842e-c321cc9d413f', 'IoT Hub Data Contributor', 'Full access to IoT Hub data plane.', {
    dataActions: [`${HUBS}/*`],
  }),
  role('b447c946-2db7-41ec-983d-d8bf3b1c77e3', 'IoT Hub Data Reader', 'Full read access to IoT Hub data plane.', {
    dataActions: [`${HUBS}/*/read`, `${HUBS}/fileUpload/notifications/action`],
  }),
  role('4ea46cd5-c1b2-4a8e-910b-273211f9ce47', 'IoT Hub Registry Contributor', 'Full access to the device registry.', {
    dataActions: [`${HUBS}/devices/*`],
  }),
  role('494bdba2-168f-4f31-a0a1-191d2f7c028c', 'IoT Hub Twin Contributor', 'Reads and writes all twins.', {
    dataActions: [`${HUBS}/twins/*`],
  }),
  role(
    'dfce44e4-17b7-4bd1-a6d1-04996ec95633',
    'Device Provisioning Service Data Contributor',
    'Full access to the data plane of Device Provisioning Service.',
    { dataActions: [`${DPS}/*`] },
  ),
  role(
    '10745317-c249-44a1-a5ce-3a4353c0bbd8',
    'Device Provisioning Service Data Reader',
    'Full read access to the data plane of Device Provisioning Service.',
    { dataActions: [`${DPS}/*/read`] },
  ),
  role('b7e6dc6d-f1e8-4753-8033-0f276bb0955b', 'Storage Blob Data Owner', 'Full access to containers and blobs.', {
    actions: [`${CONTAINERS}/*`, DELEGATION],
    dataActions: [`${CONTAINERS}/blobs/*`],
  }),
  role('ba92f5b4-2d11-453d-a403-e96b0029c9fe', 'Storage Blob Data Contributor', 'Reads, writes and deletes blobs.', {
    actions: [...['delete', 'read', 'write'].map((end) => `${CONTAINERS}/${end}`), DELEGATION],
    dataActions: ['delete', 'read', 'write', 'move/action', 'add/action'].map((end) => `${CONTAINERS}/blobs/${end}`),
  }),
  role('2a2b9908-6ea1-4ae2-8e65-a410df84e7d1', 'Storage Blob Data Reader', 'Reads containers and blobs.', {
    actions: [`${CONTAINERS}/read`, DELEGATION],
    dataActions: [`${CONTAINERS}/blobs/read`],
  }),
  role(
    '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
    'Storage Table Data Contributor',
    'Reads, writes and deletes entities.',
    {
      actions: ['read', 'write', 'delete'].map((end) => `${TABLES}/${end}`),
      dataActions: ['read', 'write', 'delete', 'add/action', 'update/action'].map((end) => `${TABLES}/entities/${end}`),
    },
  ),
  role('76199698-9eea-4c19-bc75-cec21354c6b6', 'Storage Table Data Reader', 'Reads tables and entities.', {
    actions: [`${TABLES}/read`],
    dataActions: [`${TABLES}/entities/read`],
  }),
  role('f526a384-b230-433a-b45c-95f59c4a2dec', 'Azure Event Hubs Data Owner', 'Full access to Event Hubs.', {
    actions: [`${EVENT_HUBS}/*`],
    dataActions: [`${EVENT_HUBS}/*`],
  }),
  role('a638d3c7-ab3a-418d-83e6-5f17a39d4fde', 'Azure Event Hubs Data Receiver', 'Receives events.', {
    actions: [`${EVENT_HUBS}/*/eventhubs/consumergroups/read`],
    dataActions: [`${EVENT_HUBS}/*/receive/action`],
  }),
  role('2b629674-e913-4c01-ae53-ef4638d8f975', 'Azure Event Hubs Data Sender', 'Sends events.', {
    actions: [`${EVENT_HUBS}/*/eventhubs/read`],
    dataActions: [`${EVENT_HUBS}/*/send/action`],
  }),
  role('f1a07417-d97a-45cb-824c-7a7467783830', 'Managed Identity Operator', 'Reads and assigns an identity.', {
    actions: [`${MANAGED_IDENTITY}/*/read`, `${MANAGED_IDENTITY}/*/assign/action`],
  }),
  role('420fcaa2-552c-430f-98ca-3264be4806c7', 'SignalR App Server', 'Server connections and keys for tokens.', {
    dataActions: ['auth/accessKey/action', 'serverConnection/write', 'clientConnection/write'].map(
      (end) => `${SIGNALR}/${end}`,
    ),
  }),
  role('fd53cd77-2268-407a-8f46-7e7863d0f521', 'SignalR REST API Owner', 'Full access to the REST APIs of SignalR.', {
    dataActions: ['auth/clientToken/action', 'hub/*', 'group/*', 'clientConnection/*', 'user/*'].map(
      (end) => `${SIGNALR}/${end}`,
    ),
  }),
  role('ddde6b66-c0df-4114-a159-3618637b3035', 'SignalR REST API Reader', 'Reads by the REST APIs of SignalR.', {
    dataActions: ['group/read', 'clientConnection/read', 'user/read'].map((end) => `${SIGNALR}/${end}`),
  }),
  role('7e4f1700-ea5a-4f59-8f37-079cfe29dce3', 'SignalR Service Owner', 'Full access to the data plane of SignalR.', {
    dataActions: [`${SIGNALR}/*`],
  }),
];
