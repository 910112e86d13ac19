import { ENVELOPE, type FunctionEntry, GROUP, type TypeEntry } from './entry';

const SITE = `${GROUP}/providers/Microsoft.Web/sites/{name}`;
const SIGNALR = `${GROUP}/providers/Microsoft.SignalRService/signalR/{resourceName}`;
const APP = `${GROUP}/providers/Microsoft.App`;

/** What runs programs and tells of them: kept by the Resource Manager with nothing behind it. */
export const HOSTING_TYPES: Readonly<Record<string, TypeEntry>> = {
  'azure-native:web:AppServicePlan': {
    path: `${GROUP}/providers/Microsoft.Web/serverfarms/{name}`,
    envelope: ENVELOPE,
    forceNew: ['location'],
  },
  'azure-native:web:WebApp': { path: SITE, envelope: ENVELOPE, forceNew: ['location', 'kind'] },
  'azure-native:signalrservice:SignalR': { path: SIGNALR, envelope: ENVELOPE, forceNew: ['location'] },
  'azure-native:applicationinsights:Component': {
    path: `${GROUP}/providers/Microsoft.Insights/components/{resourceName}`,
    envelope: ['kind', 'location', 'tags'],
    // The specification spells these with a capital letter (applicationInsights, components_API.json).
    wireNames: {
      applicationType: 'Application_Type',
      flowType: 'Flow_Type',
      requestSource: 'Request_Source',
      hockeyAppId: 'HockeyAppId',
      samplingPercentage: 'SamplingPercentage',
      retentionInDays: 'RetentionInDays',
      disableIpMasking: 'DisableIpMasking',
      disableLocalAuth: 'DisableLocalAuth',
      forceCustomerStorageForProfiler: 'ForceCustomerStorageForProfiler',
      workspaceResourceId: 'WorkspaceResourceId',
      ingestionMode: 'IngestionMode',
      appId: 'AppId',
      applicationId: 'ApplicationId',
      connectionString: 'ConnectionString',
      creationDate: 'CreationDate',
      instrumentationKey: 'InstrumentationKey',
      tenantId: 'TenantId',
    },
    forceNew: ['location'],
  },
  'azure-native:operationalinsights:Workspace': {
    path: `${GROUP}/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}`,
    envelope: ['identity', 'location', 'tags'],
    forceNew: ['location'],
  },
  'azure-native:app:ManagedEnvironment': {
    path: `${APP}/managedEnvironments/{environmentName}`,
    envelope: ENVELOPE,
    forceNew: ['location'],
  },
  'azure-native:app:ContainerApp': {
    path: `${APP}/containerApps/{containerAppName}`,
    envelope: [...ENVELOPE, 'managedBy'],
    forceNew: ['location', 'environmentId', 'managedEnvironmentId'],
  },
};

export const HOSTING_FUNCTIONS: Readonly<Record<string, FunctionEntry>> = {
  'azure-native:web:listWebAppHostKeys': {
    method: 'POST',
    path: `${SITE}/host/default/listkeys`,
    apiVersion: '2025-05-01',
    secrets: ['masterKey', 'functionKeys', 'systemKeys'],
  },
  'azure-native:signalrservice:listSignalRKeys': {
    method: 'POST',
    path: `${SIGNALR}/listKeys`,
    apiVersion: '2024-03-01',
    secrets: ['primaryKey', 'primaryConnectionString', 'secondaryKey', 'secondaryConnectionString'],
  },
};
