import { judge } from '../../telemetry/judge';
import { telemetrySettings } from '../../telemetry/settings';
import { messageAt } from '../support/telemetry';

const settings = telemetrySettings({});
const judged = (body: unknown, rest: object = {}) => judge(messageAt(1, { body, ...rest }), undefined, settings);
const rejectionOf = (body: unknown, rest: object = {}) => {
  const one = judged(body, rest);
  return one.kind === 'rejected' ? one.rejection : one.reading;
};

it.each([[{ Celsius: -40, hPa: 1600, Humidity: 0 }], [{ Celsius: 80 }], [{ hPa: 600, Humidity: 100 }]])(
  'accepts %j, at the ends of its ranges',
  (body) => {
    expect(judged(body)).toMatchObject({ kind: 'accepted', reading: body });
  },
);

it('keeps fields of the settings alone', () => {
  expect(judged({ messageId: 7, Celsius: 20, toString: 1 })).toMatchObject({ reading: { Celsius: 20 } });
});

it.each([
  ['{', { reason: 'notJson' }],
  ['', { reason: 'notJson' }],
  [Buffer.from([0x22, 0xff, 0x22]), { reason: 'notJson' }],
  ['[20]', { reason: 'notObject' }],
  ['null', { reason: 'notObject' }],
  ['20', { reason: 'notObject' }],
  [{}, { reason: 'noReading' }],
  [{ celsius: 20 }, { reason: 'noReading' }],
  [{ Celsius: null }, { reason: 'noReading' }],
  [{ Celsius: '20' }, { reason: 'notNumber', field: 'Celsius', value: '"20"' }],
  [{ Celsius: [20] }, { reason: 'notNumber', field: 'Celsius', value: '[20]' }],
  [{ Celsius: -40.001 }, { reason: 'outOfRange', field: 'Celsius', value: '-40.001' }],
  [
    { Celsius: 20, hPa: 599.9 },
    { reason: 'outOfRange', field: 'hPa', value: '599.9' },
  ],
  [
    { Celsius: 20, Humidity: 100.1 },
    { reason: 'outOfRange', field: 'Humidity', value: '100.1' },
  ],
  ['{"Celsius": 1e999}', { reason: 'outOfRange', field: 'Celsius', value: 'Infinity' }],
  [
    { Celsius: 20, version: 3 },
    { reason: 'badVersion', field: 'version', value: '3' },
  ],
  [
    { Celsius: 20, version: '' },
    { reason: 'badVersion', field: 'version', value: '""' },
  ],
  [Buffer.alloc(32_769, '1'), { reason: 'tooBig', value: '32769' }],
])('rejects %j', (body, rejection) => {
  expect(rejectionOf(body)).toEqual(rejection);
});

it('rejects a site that is no name, and takes one that is', () => {
  expect(rejectionOf({ Celsius: 20 }, { site: 'x'.repeat(129) })).toMatchObject({ reason: 'badSite', field: 'site' });
  expect(judged({ Celsius: 20 }, { site: 'north' })).toMatchObject({ kind: 'accepted', site: 'north' });
});

it('cuts a value that is long', () => {
  expect(rejectionOf({ Celsius: 'x'.repeat(10_000) })).toMatchObject({ value: `"${'x'.repeat(255)}` });
});

it('knows the version of a message that it rejects for its reading', () => {
  expect(judged({ Celsius: 200, version: '2.0.1' })).toMatchObject({ kind: 'rejected', version: '2.0.1' });
});

it('rejects a message without a required field', () => {
  const strict = telemetrySettings({ fields: { Celsius: { min: 0, max: 9 }, V: { min: 0, max: 5, required: true } } });

  expect(judge(messageAt(1, { body: { Celsius: 5 } }), undefined, strict)).toMatchObject({
    rejection: { reason: 'missing', field: 'V' },
  });
});

it('calibrates before it validates', () => {
  const calibrations = { Celsius: { slope: 0.5, offset: -10 }, Humidity: { slope: 1, offset: 60 } };
  const of = (body: unknown) => judge(messageAt(1, { body }), calibrations, settings);

  expect(of({ Celsius: 150, hPa: 1_000 })).toMatchObject({ reading: { Celsius: 65, hPa: 1_000 } });
  expect(of({ Humidity: 50 })).toMatchObject({ rejection: { reason: 'outOfRange', value: '110' } });
});

it('rejects what it cannot calibrate', () => {
  const one = judge(messageAt(1), { Celsius: { unreadable: 'slope=2' } }, settings);

  expect(one).toMatchObject({ rejection: { reason: 'badCalibration', field: 'Celsius', value: '"slope=2"' } });
});
