import { normalized, problemsOf } from '../../../infra/dynamic/check';
import { UNKNOWN, type EnrollmentInputs } from '../../../infra/dynamic/inputs';
import { makeCertificate } from '../../support/certificates';
import { DEVICE, GROUP, without } from './samples';

const KEY = Buffer.alloc(32, 1).toString('base64');
const problemsWith = (more: object, base: EnrollmentInputs = GROUP): string[] =>
  problemsOf(normalized({ ...base, ...more })).map(({ property, reason }) => `${property} ${reason}`);
let maker: string;
let door: string;

beforeAll(async () => {
  maker = (await makeCertificate('Maker', { ca: true })).cert;
  door = (await makeCertificate('door-1')).cert;
});

it('finds nothing wrong with a group and an individual enrollment', () => {
  const custom = { allocation: 'custom', webhookUrl: 'https://a.example/?code=1', webhookApiVersion: '2021-10-01' };
  expect(problemsWith(custom)).toEqual([]);
  expect(problemsWith({ deviceId: 'front-door', primaryKey: KEY, secondaryKey: KEY }, DEVICE)).toEqual([]);
  expect(problemsWith({ attestation: 'x509', certificate: maker, secondaryCertificate: maker })).toEqual([]);
  expect(problemsWith({ attestation: 'x509', certificate: door }, DEVICE)).toEqual([]);
  expect(problemsWith({ allocation: 'static', hubs: ['a.azure-devices.net'] })).toEqual([]);
});

it('demands a reprovision policy, by the names that Azure gives them', () => {
  const [problem] = problemsOf(without(GROUP, 'reprovisionPolicy') as EnrollmentInputs);

  expect(problem).toMatchObject({ property: 'reprovisionPolicy' });
  expect(problem?.reason).toMatch(/reprovisionAndMigrateData.*reprovisionAndResetToInitialConfig.*never/);
});

it.each([
  ['an id with a space', { enrollmentGroupId: 'a b' }, /^enrollmentGroupId must be 1 to 128/],
  ['an id that ends in a dot', { enrollmentGroupId: 'a.' }, /^enrollmentGroupId/],
  ['a host with a scheme', { serviceHostName: 'https://x.net' }, /^serviceHostName must be a host name/],
  ['TPM', { attestation: 'tpm' }, /^attestation 'tpm' is not built: symmetricKey and x509 are/],
  ['an unknown way to sign in', { auth: 'key' }, /^auth 'key' is none of entra, sas/],
  ['shared keys without the service', { auth: 'sas' }, /^serviceResourceId is required/],
  ['a resource id of something else', { serviceResourceId: '/subscriptions/s' }, /^serviceResourceId must be/],
  ['an allocation that is none', { allocation: 'nearest' }, /^allocation 'nearest' is none of hashed/],
  ['static without a hub', { allocation: 'static' }, /^hubs must be exactly one hub/],
  ['no hub in a list', { hubs: [] }, /^hubs must name a hub/],
  ['a hub twice', { hubs: ['a.net', 'A.net'] }, /^hubs names a hub twice/],
  ['custom without a webhook', { allocation: 'custom' }, /^ webhookUrl is required/],
  ['a webhook without custom', { webhookUrl: 'https://a.example' }, /webhookUrl goes with allocation custom only/],
  ['x509 without a certificate', { attestation: 'x509' }, /^certificate or caReference is required/],
  ['a certificate that is none', { attestation: 'x509', certificate: 'x' }, /^certificate must be one certificate/],
  ['a certificate with a key', { caReference: 'maker' }, /^caReference goes with attestation x509 only/],
  ['a twin with a forbidden name', { initialTwin: { tags: { 'a.b': 1 } } }, /^initialTwin\.tags/],
  ['reported properties', { initialTwin: { reported: { a: 1 } } }, /^initialTwin/],
])('refuses %s', (_what, more, text) => {
  expect(problemsWith(more)).toEqual([expect.stringMatching(text)]);
});

it('names a key that is wrong, but gives the engine no property whose value it would print', () => {
  const problems = problemsOf({ ...GROUP, primaryKey: 'secret', secondaryKey: KEY });

  expect(problems).toEqual([{ property: '', reason: 'primaryKey must be base64 of 16 to 64 bytes' }]);
  expect(problemsOf({ ...GROUP, primaryKey: KEY })).toEqual([
    { property: '', reason: 'secondaryKey and primaryKey must be given both, or neither' },
  ]);
});

it('wants the certificate of a device to bear its registration id', () => {
  expect(problemsWith({ attestation: 'x509', certificate: maker }, DEVICE)).toEqual([
    expect.stringMatching(/^certificate must have the registration id as its common name/),
  ]);
});

it('tells all problems at once', () => {
  expect(problemsWith({ enabled: 'yes', iotEdge: 1, hubs: ['no host'] })).toHaveLength(3);
});

it('passes over what a preview does not know, and still finds what is wrong with the rest', () => {
  const unknown = { serviceHostName: UNKNOWN, hubs: [UNKNOWN] };

  expect(problemsWith(unknown)).toEqual([]);
  expect(problemsWith({ ...unknown, enabled: 'yes' })).toEqual([expect.stringMatching(/^enabled/)]);
});

it('leaves out what is not set and what says nothing', () => {
  const inputs = normalized({ ...GROUP, deviceId: undefined, initialTwin: { tags: {}, desired: { a: 1 } } });

  expect(inputs).toEqual({ ...GROUP, initialTwin: { desired: { a: 1 } } });
  expect(normalized({ ...GROUP, initialTwin: { tags: {} } })).toEqual(GROUP);
});
