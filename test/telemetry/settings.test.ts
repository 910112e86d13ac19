import { telemetrySettings } from '../../telemetry/settings';

it('has the ranges of the issue by default', () => {
  expect(telemetrySettings({}).fields).toEqual({
    Celsius: { min: -40, max: 80, required: false },
    hPa: { min: 600, max: 1_600, required: false },
    Humidity: { min: 0, max: 100, required: false },
  });
});

const FIELD = { min: 0, max: 1 };

it.each([
  [{ tries: 0 }, 'tries is 0, allowed is a whole number from 1 to 100'],
  [{ trys: 3 }, 'trys is 3, allowed is one of the fields fields, hubs, '],
  [{ fields: {} }, 'fields is {}, allowed is at least one field'],
  [{ fields: { Celsius: { min: 5, max: 5 } } }, 'fields.Celsius is {"min":5,"max":5}, allowed is min below max'],
  [{ fields: { Celsius: { min: 5 } } }, 'fields.Celsius.max is nothing, allowed is a number'],
  [{ fields: { __proto_: FIELD, RowKey: FIELD } }, 'allowed is a name of 1 to 64'],
  [{ retryBaseMs: 50, retryCapMs: 49 }, 'retryCapMs is 49, allowed is at least retryBaseMs'],
  [{ windowCount: 288 }, 'windowCount is 288, allowed is fewer, with so many fields: all windows of a device must fit'],
])('refuses %j by name', (raw, said) => {
  expect(() => telemetrySettings(raw)).toThrow(said);
});
