import { CONTAINERS } from '../../../emulator/arm/recorded/containers';
import { type RecordedKind, requireName, type Subject } from '../../../emulator/arm/recorded/kind';
import { MONITORING } from '../../../emulator/arm/recorded/monitoring';
import { WEB } from '../../../emulator/arm/recorded/web';

const ALL = [...WEB, ...MONITORING, ...CONTAINERS];
function kindOf(type: string): RecordedKind {
  const found = ALL.find((kind) => kind.type === type);
  if (found === undefined) throw new Error(type);
  return found;
}
const SUBJECT: Subject = {
  id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.App/containerApps/worker',
  name: 'worker',
  location: 'westeurope',
  resourceGroup: 'g',
  properties: { template: { containers: [{ image: 'worker:1' }] } },
  existing: undefined,
  now: '2026-01-01T00:00:00Z',
};

it.each([
  ['Microsoft.Web/sites', 'fleet-functions', 'under_score'],
  ['Microsoft.OperationalInsights/workspaces', 'logs', 'abc'],
  ['Microsoft.App/containerApps', 'worker-1', 'Worker'],
])('%s may be called %s and not %s', (type, good, bad) => {
  expect(() => requireName(kindOf(type), good)).not.toThrow();
  expect(() => requireName(kindOf(type), bad)).toThrow(`'${bad}' is no name of a ${type}: `);
});

it('gives a container app a new revision when its template changes, and only then', () => {
  const apps = kindOf('Microsoft.App/containerApps');
  const first = apps.facts(SUBJECT);
  const existing = { id: SUBJECT.id, name: 'worker', type: apps.type, properties: first };
  const changed = { template: { containers: [{ image: 'worker:2' }] } };

  expect(apps.facts({ ...SUBJECT, existing })).toEqual(first);
  expect(apps.facts({ ...SUBJECT, existing, properties: changed })['latestRevisionName']).not.toBe(
    first['latestRevisionName'],
  );
});

it('keeps no setting of an app and no secret of a container app', () => {
  const app = {
    httpsOnly: true,
    siteConfig: { minTlsVersion: '1.2', appSettings: [{ name: 'KEY', value: 'hunter2' }] },
  };
  const container = { configuration: { secrets: [{ name: 'key', value: 'hunter2' }], ingress: null } };

  expect(kindOf('Microsoft.Web/sites').withheld?.(app)).toEqual({
    httpsOnly: true,
    siteConfig: { minTlsVersion: '1.2' },
  });
  expect(kindOf('Microsoft.App/containerApps').withheld?.(container)).toEqual({
    configuration: { secrets: [{ name: 'key' }], ingress: null },
  });
});
