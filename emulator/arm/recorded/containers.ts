import { createHash, randomBytes } from 'node:crypto';

import { CONTAINER_APPS_SUFFIX } from '../../names';
import { isRecord, kept, type RecordedKind, type Subject, without } from './kind';

type Facts = Readonly<Record<string, unknown>>;

const environments: RecordedKind = {
  type: 'Microsoft.App/managedEnvironments',
  name: {
    pattern: /^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$/i,
    rule: '1 to 60 letters, digits and hyphens, no hyphen at the ends',
  },
  defaults: { zoneRedundant: false },
  facts: (subject) => ({
    defaultDomain: kept(
      subject,
      'defaultDomain',
      () => `${randomBytes(4).toString('hex')}.${subject.location}.${CONTAINER_APPS_SUFFIX}`,
    ),
    staticIp: '192.0.2.1', // of TEST-NET-1 (RFC 5737): nothing listens there
  }),
};

/** A change of the template makes a new revision, of anything else none (Container Apps, "Revisions"). */
function revisionOf({ name, properties, existing }: Subject): string {
  const text = JSON.stringify(properties['template'] ?? {});
  const before = existing?.properties['latestRevisionName'];
  const suffix = createHash('sha256').update(text).digest('hex').slice(0, 7);
  return typeof before === 'string' && before.endsWith(suffix) ? before : `${name}--${suffix}`;
}

/** Values of secrets are answered by `listSecrets` only. */
function withoutSecrets(properties: Facts): Facts {
  const { configuration } = properties;
  if (!isRecord(configuration) || !Array.isArray(configuration['secrets'])) return properties;
  const secrets = (configuration['secrets'] as unknown[]).filter(isRecord).map((one) => without(one, 'value'));
  return { ...properties, configuration: { ...configuration, secrets } };
}

const apps: RecordedKind = {
  type: 'Microsoft.App/containerApps',
  name: {
    pattern: /^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])$/,
    rule: '2 to 32 lower-case letters, digits and hyphens, a letter first, no hyphen last',
  },
  facts: (subject) => {
    const revision = revisionOf(subject);
    return {
      latestRevisionName: revision,
      latestReadyRevisionName: revision,
      latestRevisionFqdn: '', // without ingress, which would have to lead somewhere
      outboundIpAddresses: [],
      runningStatus: 'Running',
    };
  },
  needs: ({ managedEnvironmentId, environmentId }) => [
    environmentId === undefined
      ? { property: 'managedEnvironmentId', id: managedEnvironmentId }
      : { property: 'environmentId', id: environmentId },
  ],
  withheld: withoutSecrets,
};

export const CONTAINERS: readonly RecordedKind[] = [environments, apps];
