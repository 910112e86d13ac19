import { EVENTS_SUFFIX } from '../../names';
import { kept, type RecordedKind, type Subject } from './kind';

const stamps = (subject: Subject) => ({
  createdAt: kept(subject, 'createdAt', () => subject.now),
  updatedAt: subject.now,
});

const namespaces: RecordedKind = {
  type: 'Microsoft.EventHub/namespaces',
  name: {
    pattern: /^[a-z][a-z0-9-]{4,48}[a-z0-9]$/i,
    rule: '6 to 50 letters, digits and hyphens, a letter first, no hyphen last',
  },
  defaults: {
    disableLocalAuth: false,
    isAutoInflateEnabled: false,
    kafkaEnabled: true,
    maximumThroughputUnits: 0,
    minimumTlsVersion: '1.2',
    publicNetworkAccess: 'Enabled',
    zoneRedundant: true,
  },
  facts: (subject) => ({
    ...stamps(subject),
    serviceBusEndpoint: `https://${subject.name.toLowerCase()}.${EVENTS_SUFFIX}:443/`,
    status: 'Active',
  }),
};

const eventHubs: RecordedKind = {
  type: 'Microsoft.EventHub/namespaces/eventhubs',
  name: { pattern: /^\w(?:[\w.-]{0,254}\w)?$/, rule: '1 to 256 letters, digits, dots, hyphens and underscores' },
  defaults: { messageRetentionInDays: 1, partitionCount: 4, status: 'Active' },
  facts: (subject) => ({
    ...stamps(subject),
    partitionIds: Array.from({ length: Number(subject.properties['partitionCount'] ?? 4) }, (_, at) => String(at)),
  }),
};

const groups: RecordedKind = {
  type: 'Microsoft.EventHub/namespaces/eventhubs/consumergroups',
  name: { pattern: /^[\w$](?:[\w.-]{0,48}\w)?$/, rule: '1 to 50 letters, digits, dots, hyphens and underscores' },
  facts: stamps,
};

export const EVENT_HUBS: readonly RecordedKind[] = [namespaces, eventHubs, groups];
