import { parseBody } from '../../../emulator/arm/envelope';
import { eventsOf, hubDescription, hubResource, skuOf } from '../../../emulator/arm/hub-description';
import { hubSettings } from '../../../emulator/hub/settings';

const described = (body: object = {}) =>
  parseBody(hubDescription, { location: 'West Europe', sku: { name: 'S1', capacity: 1 }, ...body });
const SETTINGS = hubSettings({ sku: { name: 'S1', units: 1 } });
const identity = {
  id: '/x',
  name: 'Hub1',
  type: 'Microsoft.Devices/IotHubs',
  etag: 'e',
  created: '2026-01-01T00:00:00Z',
};

it('answers a hub without any key, with the endpoints that Azure adds', () => {
  const policy = { keyName: 'own', rights: 'ServiceConnect', primaryKey: 'c2VjcmV0c2VjcmV0c2VjcmV0' };

  const storage = { connectionString: 'AccountName=a;AccountKey=c2VjcmV0;EndpointSuffix=x', containerName: 'c' };
  const body = {
    properties: { authorizationPolicies: [policy], comments: 'kept', storageEndpoints: { $default: storage } },
  };

  const hub = hubResource(identity, described(body), body, SETTINGS);

  expect(JSON.stringify(hub)).not.toContain('c2VjcmV0');
  expect(hub.location).toBe('westeurope');
  expect(hub['sku']).toEqual({ name: 'S1', tier: 'Standard', capacity: 1 });
  expect(hub.properties).toMatchObject({
    comments: 'kept',
    hostName: 'Hub1.azure-devices.test',
    state: 'Active',
    storageEndpoints: { $default: { connectionString: 'AccountName=a;AccountKey=****;EndpointSuffix=x' } },
    locations: [
      { location: 'westeurope', role: 'primary' },
      { location: 'northeurope', role: 'secondary' },
    ],
    eventHubEndpoints: { events: { partitionCount: 4, partitionIds: ['0', '1', '2', '3'], path: 'hub1' } },
  });
});

it('names every problem of a description at once', () => {
  const body = { sku: { name: 'S9', capacity: 0 }, properties: { minTlsVersion: '1.1' } };

  expect(() => described(body)).toThrow(/sku\.name.*sku\.capacity.*properties\.minTlsVersion/s);
});

it.each([
  ['S1', 'S3', 10],
  ['B1', 'S1', 200],
  ['B2', 'B1', 1],
  ['F1', 'F1', 1],
] as const)('lets a hub go from %s to %s with %d units', (from, to, capacity) => {
  expect(skuOf(described({ sku: { name: to, capacity } }), { name: from, units: 1 })).toEqual({
    name: to,
    units: capacity,
  });
});

it.each([
  ['S1', 'B1', 1, 'cannot change from S1'],
  ['F1', 'S1', 1, 'cannot change from F1'],
  ['S1', 'F1', 1, 'cannot change from S1'],
  ['S1', 'S3', 11, 'at most 10 units'],
  ['F1', 'F1', 2, 'at most 1 units'],
] as const)('refuses %s to %s with %d units', (from, to, capacity, message) => {
  expect(() => skuOf(described({ sku: { name: to, capacity } }), { name: from, units: 1 })).toThrow(message);
});

it('keeps the partitions of a hub, and refuses another number', () => {
  const events = (given: object) => described({ properties: { eventHubEndpoints: { events: given } } });

  expect(eventsOf(events({ partitionCount: 8 }), undefined)).toEqual({ partitionCount: 8, retentionDays: 1 });
  expect(eventsOf(events({ retentionTimeInDays: 7 }), SETTINGS)).toEqual({ partitionCount: 4, retentionDays: 7 });
  expect(() => eventsOf(events({ partitionCount: 8 }), SETTINGS)).toThrow('cannot be changed');
});

it('gives a free hub two partitions, and no hub more than 32', () => {
  const hub = (name: string, partitionCount?: number) =>
    hubDescription.parse({
      location: 'westeurope',
      sku: { name },
      properties: { eventHubEndpoints: { events: { partitionCount } } },
    });

  expect(eventsOf(hub('F1'), undefined).partitionCount).toBe(2);
  expect(() => eventsOf(hub('F1', 4), undefined)).toThrow('F1 has at most 2, not 4');
  expect(() => hub('S1', 33)).toThrow();
});
