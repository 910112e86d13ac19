import { messageTopic, publicationOf, subscriptionOf } from '../../../../emulator/hub/mqtt/topics';

const DEVICE = { deviceId: 'd1' };
const MODULE = { deviceId: 'd1', moduleId: 'm1' };

it('knows a module’s topics, and ids that come encoded', () => {
  const odd = { deviceId: 'a+b#c', moduleId: 'x:y' };
  const bag = { kind: 'telemetry', properties: 'k=v' };

  expect(publicationOf(MODULE, 'devices/d1/modules/m1/messages/events/k=v')).toEqual(bag);
  expect(publicationOf(odd, 'devices/a%2Bb%23c/modules/x%3Ay/messages/events/k=v')).toEqual(bag);
  expect(publicationOf(MODULE, 'devices/d1/messages/events/')).toBeUndefined();
  expect(publicationOf(MODULE, 'devices/d1/modules/m2/messages/events/')).toBeUndefined();
  expect(subscriptionOf(MODULE, 'devices/d1/modules/m1/inputs/#')).toBe('inputs');
  expect(subscriptionOf(MODULE, 'devices/d1/modules/m1/messages/devicebound/#')).toBe('messages');
  expect(subscriptionOf(DEVICE, 'devices/d1/inputs/#')).toBeUndefined();
  expect(messageTopic(odd, 'k=v')).toBe('devices/a%2Bb%23c/modules/x:y/messages/devicebound/k=v');
});

it.each([
  ['devices/d1/messages/events/', { kind: 'telemetry', properties: '' }],
  [
    'devices/d1/messages/events/%24.ct=application%2Fjson&a=b',
    { kind: 'telemetry', properties: '%24.ct=application%2Fjson&a=b' },
  ],
  ['$iothub/twin/GET/?$rid=1', { kind: 'twinGet', requestId: '1' }],
  ['$iothub/twin/GET?$rid=a-b', { kind: 'twinGet', requestId: 'a-b' }],
  ['$iothub/twin/PATCH/properties/reported/?$rid=2', { kind: 'twinReport', requestId: '2', version: undefined }],
  ['$iothub/twin/PATCH/properties/reported/?$rid=2&$version=7', { kind: 'twinReport', requestId: '2', version: 7 }],
  ['$iothub/methods/res/200/?$rid=x', { kind: 'methodAnswer', requestId: 'x', status: 200 }],
  ['$iothub/methods/res/-1/?$rid=x', { kind: 'methodAnswer', requestId: 'x', status: -1 }],
])('reads %s', (topic, publication) => {
  expect(publicationOf(DEVICE, topic)).toEqual(publication);
});

it.each([
  'devices/d2/messages/events/',
  'devices/d1/messages/eventsX',
  'devices/d1/messages/devicebound/',
  'devices/d1/modules/m/messages/events/',
  '$iothub/twin/GET/',
  '$iothub/twin/PATCH/properties/desired/?$rid=1',
  '$iothub/twin/PATCH/properties/reported/?$rid=1&$version=x',
  '$iothub/methods/res/abc/?$rid=1',
  '$iothub/methods/POST/m/?$rid=1',
  'anything',
  '',
])('lets no device publish to %j', (topic) => {
  expect(publicationOf(DEVICE, topic)).toBeUndefined();
});

it('serves the four filters of a device and no other', () => {
  const filters = [
    '$iothub/twin/res/#',
    '$iothub/twin/PATCH/properties/desired/#',
    '$iothub/methods/POST/#',
    'devices/d1/messages/devicebound/#',
  ];

  expect(filters.map((filter) => subscriptionOf(DEVICE, filter))).toEqual([
    'twinAnswers',
    'desired',
    'methods',
    'messages',
  ]);
  for (const filter of ['#', '+/+', '$iothub/#', 'devices/d2/messages/devicebound/#', 'constructor']) {
    expect(subscriptionOf(DEVICE, filter)).toBeUndefined();
  }
});
