import { randomUUID } from 'node:crypto';

import { TENANT_ID } from '../../entra/principal';
import { MONITOR_SUFFIX } from '../../names';
import { kept, type RecordedKind } from './kind';

const components: RecordedKind = {
  type: 'Microsoft.Insights/components',
  name: {
    pattern: /^[^%&\\?/\n]{1,259}[^%&\\?/\s.]$|^\w$/,
    rule: '1 to 260 characters, none of %&\\?/ and no dot last',
  },
  defaults: {
    Application_Type: 'web',
    IngestionMode: 'LogAnalytics',
    RetentionInDays: 90,
    publicNetworkAccessForIngestion: 'Enabled',
    publicNetworkAccessForQuery: 'Enabled',
  },
  facts: (subject) => {
    const key = kept(subject, 'InstrumentationKey', randomUUID);
    const appId = kept(subject, 'AppId', randomUUID);
    const region = `https://${subject.location}.${MONITOR_SUFFIX}/`;
    return {
      AppId: appId,
      ApplicationId: subject.name,
      ConnectionString: `InstrumentationKey=${key};IngestionEndpoint=${region};LiveEndpoint=${region};ApplicationId=${appId}`,
      CreationDate: kept(subject, 'CreationDate', () => subject.now),
      InstrumentationKey: key,
      TenantId: TENANT_ID,
    };
  },
  needs: ({ WorkspaceResourceId: id }) => [{ property: 'WorkspaceResourceId', id }],
};

const workspaces: RecordedKind = {
  type: 'Microsoft.OperationalInsights/workspaces',
  name: {
    pattern: /^[a-z0-9][a-z0-9-]{2,61}[a-z0-9]$/i,
    rule: '4 to 63 letters, digits and hyphens, no hyphen at the ends',
  },
  defaults: {
    retentionInDays: 30,
    publicNetworkAccessForIngestion: 'Enabled',
    publicNetworkAccessForQuery: 'Enabled',
  },
  facts: (subject) => ({
    customerId: kept(subject, 'customerId', randomUUID),
    createdDate: kept(subject, 'createdDate', () => subject.now),
    modifiedDate: subject.now,
  }),
};

export const MONITORING: readonly RecordedKind[] = [components, workspaces];
