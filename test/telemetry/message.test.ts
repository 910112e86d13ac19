import { messageOf, type ReceivedEvent } from '../../telemetry/message';

const event: ReceivedEvent = {
  body: Buffer.from('{"Celsius":20}'),
  sequenceNumber: 7,
  enqueuedTimeUtc: new Date('2026-11-22T06:00:01Z'),
  properties: { hub: 'gs-west-1a2b', site: 'north' },
  systemProperties: { 'iothub-connection-device-id': 'pump-1', 'iothub-enqueuedtime': Date.UTC(2026, 10, 22, 6) },
};

it('takes device, hub, site and both times from where the hub has put them', () => {
  expect(messageOf(event, { 'gs-west-1a2b': 'west' })).toEqual({
    sequence: 7,
    enqueuedAtMs: Date.UTC(2026, 10, 22, 6, 0, 1),
    atMs: Date.UTC(2026, 10, 22, 6),
    hub: 'west',
    deviceId: 'pump-1',
    site: 'north',
    body: event.body,
  });
});

it('reads times as a function is given them', () => {
  const given = {
    ...event,
    enqueuedTimeUtc: '2026-11-22T06:00:01Z',
    systemProperties: { 'iothub-enqueuedtime': '2026-11-22T06:00:00.5Z' },
  };

  expect(messageOf(given)).toMatchObject({
    enqueuedAtMs: Date.UTC(2026, 10, 22, 6, 0, 1),
    atMs: Date.UTC(2026, 10, 22, 6, 0, 0, 500),
    hub: 'gs-west-1a2b',
  });
});

it('leaves out what is not there', () => {
  const { body, sequenceNumber, enqueuedTimeUtc } = event;

  expect(messageOf({ body, sequenceNumber, enqueuedTimeUtc }, { toString: 'west' })).toEqual({
    sequence: 7,
    enqueuedAtMs: Date.UTC(2026, 10, 22, 6, 0, 1),
    atMs: Date.UTC(2026, 10, 22, 6, 0, 1),
    body,
  });
});

it.each([
  ['{"Celsius":20}', '{"Celsius":20}'],
  [{ Celsius: 20 }, '{"Celsius":20}'],
  [undefined, 'null'],
])('takes a body of %j, that somebody has parsed', (body, text) => {
  expect(Buffer.from(messageOf({ ...event, body }).body).toString()).toBe(text);
});

it('refuses an event without a time', () => {
  expect(() => messageOf({ ...event, enqueuedTimeUtc: '' })).toThrow('event 7 says it was taken at , which is no time');
});
