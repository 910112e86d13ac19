import { parseBody } from '../../../emulator/arm/envelope';
import { hubDescription } from '../../../emulator/arm/hub-description';
import { messagingOf } from '../../../emulator/arm/hub-messaging';
import { routingOf } from '../../../emulator/arm/hub-routing';

const propertiesOf = (properties: object) =>
  parseBody(hubDescription, { location: 'westeurope', sku: { name: 'S1' }, properties }).properties ?? {};
const ACCOUNT = 'DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=a2V5;EndpointSuffix=x';
const QUEUE = { ttlMs: 3_600_000, lockDurationMs: 60_000, maxDeliveryCount: 10 };

describe('messages and files', () => {
  it('have the defaults of Azure', () => {
    expect(messagingOf({}, undefined)).toEqual({
      cloudToDevice: QUEUE,
      feedback: QUEUE,
      fileNotifications: QUEUE,
      fileUpload: undefined,
    });
  });

  it('go by what is declared', () => {
    const declared = propertiesOf({
      cloudToDevice: { maxDeliveryCount: 3, defaultTtlAsIso8601: 'P1DT1M', feedback: { ttlAsIso8601: 'PT2M' } },
      storageEndpoints: { $default: { connectionString: ACCOUNT, containerName: 'c', sasTtlAsIso8601: 'PT90S' } },
      messagingEndpoints: { fileNotifications: { lockDurationAsIso8601: 'PT5S' } },
      enableFileUploadNotifications: true,
    });

    expect(messagingOf(declared, undefined)).toEqual({
      cloudToDevice: { ...QUEUE, maxDeliveryCount: 3, ttlMs: 86_460_000 },
      feedback: { ...QUEUE, ttlMs: 120_000 },
      fileNotifications: { ...QUEUE, lockDurationMs: 5000 },
      fileUpload: {
        connectionString: ACCOUNT,
        containerName: 'c',
        sasTtlMs: 90_000,
        isIdentityBased: false,
        notifies: true,
      },
    });
  });

  it.each([
    ['a time to live over two days', { cloudToDevice: { defaultTtlAsIso8601: 'P3D' } }],
    ['a duration without an amount', { cloudToDevice: { defaultTtlAsIso8601: 'PT' } }],
    ['too many deliveries', { cloudToDevice: { maxDeliveryCount: 101 } }],
    ['a lock over five minutes', { messagingEndpoints: { fileNotifications: { lockDurationAsIso8601: 'PT6M' } } }],
  ])('refuse %s', (_, properties) => {
    expect(() => propertiesOf(properties)).toThrow(/properties\./);
  });

  it('refuse a storage account without its key', () => {
    const masked = ACCOUNT.replace('a2V5', '****');
    const declared = propertiesOf({ storageEndpoints: { $default: { connectionString: masked, containerName: 'c' } } });

    expect(() => messagingOf(declared, undefined)).toThrow('has no key');
  });
});

describe('routing', () => {
  const container = { name: 'cold', connectionString: ACCOUNT, containerName: 'c', encoding: 'JSON' };
  const eventHub = {
    name: 'live',
    endpointUri: 'sb://n.servicebus.windows.net',
    entityPath: 'e',
    authenticationType: 'identityBased',
  };
  const route = { name: 'r', source: 'DeviceMessages', endpointNames: ['cold'], isEnabled: true };
  const routed = (routing: object) => routingOf(propertiesOf({ routing }).routing, undefined);

  it('sends all to the built-in endpoint when it is not declared', () => {
    expect(routingOf(undefined, undefined)).toMatchObject({ routes: [], fallbackIsEnabled: true });
  });

  it('takes routes to storage, and has no fallback route unless one is declared', () => {
    const routing = routed({ endpoints: { storageContainers: [container] }, routes: [route] });

    expect(routing).toMatchObject({
      storage: [{ name: 'cold', batchFrequencyMs: 300_000, maxChunkBytes: 314_572_800 }],
      routes: [{ name: 'r', condition: 'true' }],
      fallbackIsEnabled: false,
    });
  });

  it('takes routes to an event hub that the hub opens as an identity', () => {
    const routing = routed({ endpoints: { eventHubs: [eventHub] }, routes: [{ ...route, endpointNames: ['live'] }] });

    expect(routing).toMatchObject({ storage: [], routes: [{ name: 'r', endpointNames: ['live'] }] });
  });

  it.each([
    ['an endpoint that is not there', { routes: [route] }, "no endpoint 'cold'"],
    ['two endpoints of a name', { endpoints: { storageContainers: [container, container] } }, 'used twice'],
    ['a reserved name', { endpoints: { storageContainers: [{ ...container, name: 'Events' }] } }, 'reserved'],
    ['an event hub without a key', { endpoints: { eventHubs: [{ name: 'e' }] } }, 'has no key for it'],
    ['an event hub that is nowhere', { endpoints: { eventHubs: [{ ...eventHub, endpointUri: 'n' }] } }, 'sb://'],
    ['two kinds of endpoints of a name', { endpoints: { eventHubs: [eventHub, eventHub] } }, 'used twice'],
    ['Avro', { endpoints: { storageContainers: [{ ...container, encoding: 'Avro' }] } }, 'does not implement'],
    [
      'a file name that is not unique',
      { endpoints: { storageContainers: [{ ...container, fileNameFormat: '{iothub}' }] } },
      'lacks {partition}',
    ],
    ['a route to two endpoints', { routes: [{ ...route, endpointNames: ['events', 'cold'] }] }, 'exactly one'],
    [
      'a condition that cannot be read',
      { routes: [{ ...route, endpointNames: ['events'], condition: 'a = (' }] },
      '1:',
    ],
    ['an unknown source', { routes: [{ ...route, source: 'Everything' }] }, 'source'],
  ])('refuses %s', (_, routing, message) => {
    expect(() => routed(routing)).toThrow(message);
  });
});
