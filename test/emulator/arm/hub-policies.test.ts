import { hubPolicies } from '../../../emulator/arm/hub-policies';

const { parse: parseRights, after: policiesAfter, text: rightsText } = hubPolicies;
const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');

describe('rights', () => {
  it.each([
    ['RegistryWrite, RegistryRead', ['RegistryRead', 'RegistryWrite']],
    ['serviceconnect,DeviceConnect', ['ServiceConnect', 'DeviceConnect']],
    ['RegistryRead, RegistryWrite, ServiceConnect', ['RegistryRead', 'RegistryWrite', 'ServiceConnect']],
  ])('reads %j in any order and case, and writes it in the order of Azure', (text, rights) => {
    expect(parseRights(text)).toEqual(rights);
    expect(rightsText(parseRights(text))).toBe(rights.join(', '));
  });

  it.each(['', 'RegistryRead, Owner', 'RegistryRead RegistryWrite'])(
    'refuses %j and names the rights there are',
    (text) => {
      expect(() => parseRights(text)).toThrow(/is no access right; rights are RegistryRead, RegistryWrite/);
    },
  );
});

describe('policies after a PUT', () => {
  it('gives a new hub without declared policies the five of Azure', () => {
    const names = policiesAfter(undefined, undefined).map(({ keyName }) => keyName);

    expect(names).toEqual(['iothubowner', 'service', 'device', 'registryRead', 'registryReadWrite']);
  });

  it('keeps what a hub has when the update declares none', () => {
    const existing = policiesAfter([{ keyName: 'own', rights: 'ServiceConnect' }], undefined);

    expect(policiesAfter(undefined, existing)).toEqual(existing);
  });

  it('keeps the keys of a policy whose rights change, and drops policies that are no longer declared', () => {
    const existing = policiesAfter(
      [
        { keyName: 'own', rights: 'ServiceConnect', primaryKey: key(1), secondaryKey: key(2) },
        { keyName: 'gone', rights: 'DeviceConnect' },
      ],
      undefined,
    );

    const after = policiesAfter([{ keyName: 'OWN', rights: 'RegistryRead' }], existing);

    expect(after).toEqual([{ keyName: 'OWN', rights: ['RegistryRead'], primaryKey: key(1), secondaryKey: key(2) }]);
  });

  it('generates different keys of 32 bytes where none are given', () => {
    const [policy] = policiesAfter([{ keyName: 'own', rights: 'ServiceConnect' }], undefined);

    expect(Buffer.from(policy?.primaryKey ?? '', 'base64')).toHaveLength(32);
    expect(policy?.secondaryKey).not.toBe(policy?.primaryKey);
  });

  it('takes 16 policies and refuses 17', () => {
    const declare = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ keyName: `policy${at}`, rights: 'ServiceConnect' }));

    expect(policiesAfter(declare(16), undefined)).toHaveLength(16);
    expect(() => policiesAfter(declare(17), undefined)).toThrow('at most 16');
  });

  it.each([
    [
      'a name twice',
      [
        { keyName: 'a', rights: 'ServiceConnect' },
        { keyName: 'A', rights: 'ServiceConnect' },
      ],
      'declared twice',
    ],
    [
      'a key that is not base64',
      [{ keyName: 'a', rights: 'ServiceConnect', primaryKey: 'not base64!' }],
      "key of the policy 'a'",
    ],
    ['a key that is too short', [{ keyName: 'a', rights: 'ServiceConnect', primaryKey: 'YWJj' }], '16 to 64 bytes'],
  ])('refuses %s', (_, declared, message) => {
    expect(() => policiesAfter(declared, undefined)).toThrow(message);
  });
});
