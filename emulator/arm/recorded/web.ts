import { SITES_SUFFIX } from '../../names';
import { isRecord, type RecordedKind, without } from './kind';

type Facts = Readonly<Record<string, unknown>>;

const hostOf = (site: string): string => `${site.toLowerCase()}.${SITES_SUFFIX}`;

/** Settings of an app are secrets for Azure: a GET leaves them out (App Service, "List Application Settings"). */
function withoutSettings(properties: Facts): Facts {
  const { siteConfig } = properties;
  if (!isRecord(siteConfig)) return properties;
  return { ...properties, siteConfig: without(siteConfig, 'appSettings', 'connectionStrings') };
}

const plans: RecordedKind = {
  type: 'Microsoft.Web/serverfarms',
  name: { pattern: /^[\w-]{1,60}$/, rule: '1 to 60 letters, digits and hyphens' },
  facts: ({ resourceGroup, location }) => ({
    geoRegion: location,
    maximumNumberOfWorkers: 1,
    numberOfSites: 0,
    numberOfWorkers: 0,
    resourceGroup,
    status: 'Ready',
  }),
};

const sites: RecordedKind = {
  type: 'Microsoft.Web/sites',
  name: {
    pattern: /^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])$/i,
    rule: '2 to 60 letters, digits and hyphens, no hyphen at the ends',
  },
  defaults: { enabled: true, httpsOnly: false },
  facts: ({ name, resourceGroup, now }) => ({
    availabilityState: 'Normal',
    defaultHostName: hostOf(name),
    enabledHostNames: [hostOf(name), `${name.toLowerCase()}.scm.${SITES_SUFFIX}`],
    hostNames: [hostOf(name)],
    lastModifiedTimeUtc: now,
    repositorySiteName: name,
    resourceGroup,
    state: 'Running',
    usageState: 'Normal',
  }),
  needs: ({ serverFarmId }) => [{ property: 'serverFarmId', id: serverFarmId }],
  withheld: withoutSettings,
  keys: {
    // Functions, "Host keys": a new app has a master key and a function key named default.
    'host/default/listkeys': (_, key) => ({
      masterKey: key('master'),
      functionKeys: { default: key('default') },
      systemKeys: {},
    }),
  },
};

export const WEB: readonly RecordedKind[] = [plans, sites];
