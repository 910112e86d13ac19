import { HubError } from '../../../../emulator/hub/errors';
import type { HubEvent } from '../../../../emulator/hub/events/event';
import { checkCondition, compileCondition } from '../../../../emulator/hub/routing/condition';
import { messageOf } from '../../../../emulator/hub/routing/message';

/** A reading that doubles with each parenthesis takes longer than this, by far. */
const AGES_MS = 60_000;

const JSON_BODY = { contentType: 'application/json', contentEncoding: 'utf-8' };
const BODY = { Weather: { Temperature: 50, Time: '2017-03-09', HistoricalData: [{ Month: 'Feb' }] }, IsEnabled: true };
const event = (given: Partial<HubEvent> = {}): HubEvent => ({
  source: 'Telemetry',
  deviceId: 'd1',
  system: JSON_BODY,
  properties: { processingPath: 'hot', severity: '3' },
  body: Buffer.from(JSON.stringify(BODY)),
  ...given,
});
const twin = { tags: { deploymentLocation: { floor: 1 } }, properties: { desired: { unit: 'C' }, reported: {} } };
const holds = (condition: string, of = event()): boolean => compileCondition(condition)(messageOf(of, 0, () => twin));

it.each([
  'true',
  "processingPath = 'hot'",
  "PROCESSINGPATH = 'hot'",
  "$contentEncoding = 'utf-8' AND $contentType = 'application/json'",
  "$connectionDeviceId = 'd1'",
  "$body.Weather.HistoricalData[0].Month = 'Feb'",
  '$body.Weather.Temperature = 50 AND $body.IsEnabled',
  '$body.Weather.Temperature + 10 >= 2 * (25 + 5)',
  "length($body.Weather.Time) = 10 AND starts_with(upper($body.Weather.Time), '2017')",
  'AS_NUMBER(severity) > 2',
  'NOT IS_DEFINED($body.Weather.Wind)',
  '$twin.tags.deploymentLocation.floor = 1',
  "$twin.properties.desired.unit <> 'F'",
  "contains(concat(processingPath, '-', severity), 't-3') and index_of(processingPath, 'o') = 1",
  "substring(processingPath, 1) = 'ot' AND sign(-2) = -1 AND power(2, 3) % 5 = 3",
  'IS_ARRAY($body.Weather.HistoricalData) AND IS_OBJECT($body.Weather) AND is_primitive($body.IsEnabled)',
])('takes a message: %s', (condition) => {
  expect(holds(condition)).toBe(true);
});

it.each([
  'false',
  "processingPath = 'cold'",
  'severity > 2', // properties are texts
  '$body.Weather.Wind = 3',
  'NOT ($body.Weather.Wind = 3)', // undefined stays undefined
  "$body.Weather.Temperature = '50'",
  '$body.Weather', // no boolean
  'absent',
])('does not take a message: %s', (condition) => {
  expect(holds(condition)).toBe(false);
});

it('reads a body only where type and encoding say that it is JSON', () => {
  const condition = '$body.Weather.Temperature = 50';

  expect(holds(condition, event({ system: { contentType: 'application/json' } }))).toBe(false);
  expect(holds(condition, event({ system: { contentType: 'text/plain', contentEncoding: 'utf-8' } }))).toBe(false);
  expect(holds(condition, event({ body: Buffer.from('{') }))).toBe(false);
  const utf16 = Buffer.from(JSON.stringify(BODY), 'utf16le');
  expect(holds(condition, event({ system: { ...JSON_BODY, contentEncoding: 'UTF-16' }, body: utf16 }))).toBe(true);
});

it.each([
  ['a = ', '1:5'],
  ['a = 1 AND', '1:10'],
  ['\n  foo(1) = 2', '2:3'],
  ['LENGTH() = 1', '1:1'],
  ["a = 'b", '1:5'],
  ['', '1:1'],
])('says where a mistake is: %j', (condition, place) => {
  expect(() => checkCondition(condition)).toThrow(HubError);
  expect(() => checkCondition(condition)).toThrow(`: ${place}: `);
});

it('refuses what is nested too deep or is too long, and is quick about what it reads', () => {
  expect(() => checkCondition('('.repeat(5000))).toThrow(/nested/);
  expect(() => checkCondition(`a = '${'x'.repeat(9000)}'`)).toThrow(/characters/);

  const started = Date.now();
  checkCondition(`${'('.repeat(90)}a${')'.repeat(90)} = 1`);
  expect(Date.now() - started).toBeLessThan(AGES_MS);
});
