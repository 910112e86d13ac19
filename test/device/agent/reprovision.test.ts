import { readWish, scopeOf } from '../../../device/agent/reprovision';

const FACTORY = { idScope: '0ne00000001', endpoint: 'global.azure-devices-provisioning.net' };

it.each([
  ['nothing', undefined],
  ['null', null],
  ['an operation', { operationId: 'move', within: 60 }],
  ['another scope', { provisioning: { idScope: '0neAB' } }],
  ['another host', { provisioning: { idScope: '0neAB', endpoint: 'my-dps.azure-devices-provisioning.net' } }],
])('takes a call with %s', (_name, payload) => {
  expect(readWish(payload, FACTORY)).toEqual({ wish: payload ?? {} });
});

it.each([
  ['operationId', { operationId: 7 }],
  ['within', { within: -1 }],
  ['provisioning.idScope', { provisioning: { idScope: '../x' } }],
  [
    'provisioning.endpoint',
    { provisioning: { idScope: '0neAB', endpoint: 'global.azure-devices-provisioning.net.evil' } },
  ],
  ['provisioning.endpoint', { provisioning: { idScope: '0neAB', endpoint: 'evil/.azure-devices-provisioning.net' } }],
  ['payload', 'now'],
])('names %s when it cannot take it', (field, payload) => {
  expect(readWish(payload, FACTORY)).toEqual({ problem: expect.stringContaining(`${field}: `) as string });
});

it('keeps the host where only the scope changes', () => {
  expect(scopeOf({ provisioning: { idScope: '0neAB' } }, FACTORY)).toEqual({ ...FACTORY, idScope: '0neAB' });
  expect(scopeOf({}, FACTORY)).toBe(FACTORY);
});
