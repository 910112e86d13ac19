import { diffOf, differences } from '../../../infra/dynamic/diff';
import { UNKNOWN } from '../../../infra/dynamic/inputs';
import { makeCertificate } from '../../support/certificates';
import { DEVICE, GROUP, stateOf } from './samples';

const NONE = { changes: false, replaces: [], deleteBeforeReplace: false };
const UPDATE = { ...NONE, changes: true };

it('sees no change in what is the same in another form', async () => {
  const { cert } = await makeCertificate('Maker', { ca: true });
  const signed = { ...GROUP, attestation: 'x509', certificate: cert, hubs: ['a.net', 'b.net'] } as const;

  expect(diffOf(stateOf(GROUP), GROUP)).toEqual(NONE);
  expect(diffOf(stateOf(GROUP), { ...GROUP, adopt: true })).toEqual(NONE);
  expect(diffOf(stateOf(signed), { ...signed, certificate: cert.replaceAll('\n', '\r\n') })).toEqual(NONE);
  expect(diffOf(stateOf(signed), { ...signed, hubs: ['B.net', 'a.net'] })).toEqual(NONE);
});

it.each([
  ['reprovisionPolicy', { reprovisionPolicy: { updateHubAssignment: false, migrateDeviceData: false } }],
  ['allocation', { allocation: 'static', hubs: ['a.net'] }],
  ['hubs', { hubs: ['a.net'] }],
  ['initialTwin', { initialTwin: { tags: { a: 1 } } }],
  ['enabled', { enabled: false }],
  ['iotEdge', { iotEdge: true }],
  ['webhookUrl', { webhookUrl: 'https://b.example' }],
  ['primaryKey', { primaryKey: 'b' }],
  ['auth', { auth: 'sas' }],
] as const)('updates in place for %s', (_what, more) => {
  expect(diffOf(stateOf(GROUP), { ...GROUP, ...more })).toEqual(UPDATE);
});

it('updates for a device id, and for what is no longer declared', () => {
  expect(diffOf(stateOf(DEVICE), { ...DEVICE, deviceId: 'front' })).toEqual(UPDATE);
  expect(diffOf(stateOf({ ...DEVICE, deviceId: 'front' }), DEVICE)).toEqual(UPDATE);
});

it('replaces for another id, service or kind of attestation, the old one first where both have one id', () => {
  const replaced = (more: object) => diffOf(stateOf(GROUP), { ...GROUP, ...more });

  expect(replaced({ enrollmentGroupId: 'doors' })).toEqual({ ...UPDATE, replaces: ['enrollmentGroupId'] });
  expect(replaced({ serviceHostName: 'b.net' })).toEqual({ ...UPDATE, replaces: ['serviceHostName'] });
  expect(replaced({ attestation: 'x509' })).toEqual({
    ...UPDATE,
    replaces: ['attestation'],
    deleteBeforeReplace: true,
  });
  expect(replaced({ enrollmentGroupId: 'PUMPS' })).toMatchObject({ deleteBeforeReplace: true });
});

it('announces no replacement for a host name that a preview does not know', () => {
  expect(diffOf(stateOf(GROUP), { ...GROUP, serviceHostName: UNKNOWN })).toEqual(UPDATE);
});

it('names the fields of the record that differ, and not how the service is reached', () => {
  const other = { ...GROUP, enabled: false, hubs: ['a.net'], auth: 'sas', adopt: true } as const;

  expect(differences(GROUP, other)).toEqual(['hubs', 'enabled']);
});
