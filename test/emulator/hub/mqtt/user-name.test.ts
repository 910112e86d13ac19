import { isModelId, userNameOf } from '../../../../emulator/hub/mqtt/user-name';

it.each([
  ['h.test/d1', ['d1', undefined, undefined]],
  ['h.test/d1/?api-version=2021-04-12&DeviceClientType=x%20y', ['d1', undefined, undefined]],
  ['h.test/d1/api-version=2021-04-12', ['d1', undefined, undefined]],
  ['h.test/d1/m1', ['d1', 'm1', undefined]],
  ['h.test/d1/m1/?api-version=2021-04-12', ['d1', 'm1', undefined]],
  ['h.test/d1/$edgeHub/api-version=2021-04-12', ['d1', '$edgeHub', undefined]],
  ['h.test/d1/?api-version=2020-09-30&model-id=dtmi%3Acom%3Aa%3B1', ['d1', undefined, 'dtmi:com:a;1']],
  ['h.test/d1/?model-id=dtmi:com:a;1&DeviceClientType=a/b', ['d1', undefined, 'dtmi:com:a;1']],
  ['', ['', undefined, undefined]],
])('reads %s', (text, [deviceId, moduleId, modelId]) => {
  expect(userNameOf(text)).toEqual({ host: text.split('/')[0], deviceId, moduleId, modelId });
});

it.each([
  ['dtmi:com:example:Thermostat;1', true],
  ['dtmi:a_b:c9;999999999', true],
  ['dtmi:com:example', false],
  ['dtmi:com:9x;1', false],
  ['dtmi:com:x_;1', false],
  ['dtmi:com;0', false],
  [`dtmi:${'a'.repeat(130)};1`, false],
])('takes %s for a model: %s', (text, is) => {
  expect(isModelId(text)).toBe(is);
});
