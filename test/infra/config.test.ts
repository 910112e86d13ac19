import { checkConfig, parseConfig, readConfig } from '../../infra/config';

const S1 = {
  sku: 'S1',
  units: 1,
  weight: 1,
  partitions: 4,
  retentionDays: 1,
  quarantine: false,
  consumerGroups: [],
};
const symmetricKey = { type: 'symmetricKey' };
const group = { attestation: symmetricKey, reprovisionPolicy: 'never' };
const provisioned = { hubs: { west: {}, bad: { quarantine: true } }, provisioning: {} };

const problemsOf = (raw: Record<string, unknown>): string[] => {
  const checked = checkConfig(raw);
  return checked.kind === 'valid' ? [] : checked.problems.map(({ path, allowed }) => `${path}: ${allowed}`);
};
const pathsOf = (raw: Record<string, unknown>): string[] =>
  problemsOf(raw).map((problem) => problem.replace(/: .*/s, ''));

it('gives a stack without configuration one protected S1 hub in West Europe, and signs in by Entra ID', () => {
  expect(parseConfig({})).toEqual({
    location: 'westeurope',
    tags: {},
    protect: true,
    auth: 'entra',
    hubs: { main: S1 },
    neighbours: [],
    provisioning: undefined,
    enrollmentGroups: {},
    enrollments: {},
    storage: { redundancy: 'LRS', softDeleteDays: 14 },
    telemetry: undefined,
    allocationFunction: false,
    worker: undefined,
    registerDevices: false,
    customRoles: true,
  });
});

it('reads values as Pulumi stores them, and leaves those of other projects alone', () => {
  const stored = {
    'groundswell:protect': 'false',
    'groundswell:location': 'northeurope',
    'groundswell:hubs': '{"west":{"sku":"S2","units":3},"free":{"sku":"F1"}}',
    'groundswell:provisioning': 'true',
    'azure-native:location': 'elsewhere',
  };

  expect(readConfig(stored)).toMatchObject({
    location: 'northeurope',
    protect: false,
    hubs: { west: { ...S1, sku: 'S2', units: 3 }, free: { ...S1, sku: 'F1', partitions: 2 } },
    provisioning: { allocationPolicy: 'hashed', certificates: {} },
  });
});

it('lists every problem at once, each with its key, what stands there and what is allowed', () => {
  const configure = () =>
    parseConfig({
      location: 'West Europe',
      protect: 'yes',
      hub: {},
      hubs: { basic: { sku: 'B1' }, big: { sku: 'S3', units: 11 }, odd: { units: 0, size: 3 } },
      provisioning: { hubs: ['west', 'wset'] },
      storage: { coolAfterDays: 30, deleteAfterDays: 30 },
    });

  expect(configure).toThrow(
    [
      "The stack's configuration is not valid:",
      '  groundswell:hub: got {}; allowed: one of the keys location, tags, protect, auth, hubs, neighbours, provisioning, enrollmentGroups, enrollments, storage, telemetry, allocationFunction, worker, registerDevices, customRoles',
      '  groundswell:location: got "West Europe"; allowed: a region\'s name as `az account list-locations --query [].name` gives it, such as westeurope',
      '  groundswell:protect: got "yes"; allowed: true or false',
      '  groundswell:hubs.basic.sku: got "B1"; allowed: F1, S1, S2 or S3: rollouts need jobs and twins, which Basic hubs do not have',
      '  groundswell:hubs.big.units: got 11; allowed: a whole number from 1 to 10',
      '  groundswell:hubs.odd.units: got 0; allowed: a whole number from 1 to 200',
      '  groundswell:hubs.odd.size: got 3; allowed: one of the fields sku, units, location, weight, partitions, retentionDays, quarantine, consumerGroups, network',
      '  groundswell:storage.deleteAfterDays: got 30; allowed: a whole number above coolAfterDays and immutableDays (30)',
    ].join('\n'),
  );
});

it.each([
  ['no hub', { hubs: {} }, ['hubs']],
  ['a name that Azure or outputs would not take', { hubs: { Main: {} } }, ['hubs.Main']],
  ['more partitions than a hub has', { hubs: { a: { partitions: 33 } } }, ['hubs.a.partitions']],
  ['partitions of a free hub', { hubs: { a: { sku: 'F1', partitions: 4 } } }, ['hubs.a.partitions']],
  ['a retention beyond a week', { hubs: { a: { retentionDays: 8 } } }, ['hubs.a.retentionDays']],
  ['two free hubs', { hubs: { a: { sku: 'F1' }, b: { sku: 'F1' } } }, ['hubs.b.sku']],
  ['only quarantine hubs', { hubs: { a: { quarantine: true } } }, ['hubs']],
  ['more than 50 hubs', { hubs: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`h${n}`, {}])) }, ['hubs']],
  [
    'an address that is none',
    { hubs: { a: { network: { allowedIps: ['10.0.0'] } } } },
    ['hubs.a.network.allowedIps[0]'],
  ],
  ['a hub that is not there', { provisioning: { hubs: ['main', 'wset'] } }, ['provisioning.hubs[1]']],
  ['a link to quarantine alone', { ...provisioned, provisioning: { hubs: ['bad'] } }, ['provisioning.hubs']],
  ['groups without provisioning', { enrollmentGroups: { g: group } }, ['enrollmentGroups']],
  ['enrollments without provisioning', { enrollments: { g: group } }, ['enrollments']],
  ['an allocation function without provisioning', { allocationFunction: true }, ['allocationFunction']],
  ['another auth', { auth: 'keys' }, ['auth']],
  ['a worker without an image', { worker: { hosting: 'containerApp' } }, ['worker.image', 'worker.temporal']],
  [
    'a container app that would hold keys',
    { auth: 'sas', worker: { hosting: 'containerApp', image: 'w:1', temporal: { address: 't:7233' } } },
    ['worker.hosting'],
  ],
  ['a telemetry word', { telemetry: 'on' }, ['telemetry']],
  ['a setting of telemetry that is not there', { telemetry: { on: true } }, ['telemetry.on']],
  ['a setting of the pipeline that is wrong', { telemetry: { settings: { tries: 0 } } }, ['telemetry.settings.tries']],
  ['every site as origin', { telemetry: { origins: ['*'] } }, ['telemetry.origins[0]']],
  ['an origin with a path', { telemetry: { origins: ['https://a.example/x'] } }, ['telemetry.origins[0]']],
  [
    'tokens of all tenants',
    { telemetry: { signIn: { authority: 'https://login.microsoftonline.com/common', audience: 'a' } } },
    ['telemetry.signIn.authority'],
  ],
])('refuses %s', (_, raw, paths) => {
  expect(pathsOf(raw)).toEqual(paths);
});

it.each([
  ['no reprovision policy', { reprovisionPolicy: undefined }, 'reprovisionPolicy'],
  ['an unknown reprovision policy', { reprovisionPolicy: 'always' }, 'reprovisionPolicy'],
  ['a tpm', { attestation: { type: 'tpm' } }, 'attestation.type'],
  ['certificates of two kinds', { attestation: { type: 'x509', certificate: 'a.pem', ca: 'b' } }, 'attestation'],
  ['an authority that the service has not', { attestation: { type: 'x509', ca: 'b' } }, 'attestation.ca'],
  ['an unknown allocation', { allocation: 'random' }, 'allocation'],
  ['a webhook without TLS', { allocation: { custom: { webhookUrl: 'http://x' } } }, 'allocation.custom.webhookUrl'],
  ['custom allocation without any webhook', { allocation: { custom: {} } }, 'allocation.custom.webhookUrl'],
  ['static allocation to no hub', { allocation: 'static' }, 'hubs'],
  ['static allocation to two hubs', { allocation: 'static', hubs: ['west', 'bad'] }, 'hubs'],
  ['a hub that is not linked', { hubs: ['east'] }, 'hubs[0]'],
  ['hashing into quarantine', { hubs: ['west', 'bad'] }, 'hubs[1]'],
  ['a twin section that is not there', { initialTwin: { reported: {} } }, 'initialTwin.reported'],
])('refuses an enrollment group with %s', (_, change, field) => {
  expect(pathsOf({ ...provisioned, enrollmentGroups: { doors: { ...group, ...change } } })).toEqual([
    `enrollmentGroups.doors.${field}`,
  ]);
});

it('names the word that a tpm would need, and says why not', () => {
  const [problem] = problemsOf({ ...provisioned, enrollments: { pump: { ...group, attestation: { type: 'tpm' } } } });

  expect(problem).toContain('a tpm can be enrolled by hand only');
});

it('takes static and custom allocation into quarantine', () => {
  const enrollments = {
    pump: { ...group, allocation: 'static', hubs: ['bad'] },
    door: { ...group, allocation: { custom: { webhookUrl: 'https://f.example/api?code=x' } }, hubs: ['bad', 'west'] },
  };

  expect(problemsOf({ ...provisioned, enrollments })).toEqual([]);
});

it('takes more than 100 enrollments but not 101 groups', () => {
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`g${n}`, group]));

  expect(pathsOf({ ...provisioned, enrollments: many })).toEqual([]);
  expect(pathsOf({ ...provisioned, enrollmentGroups: many })).toEqual(['enrollmentGroups']);
});

it('keeps secrets out of problems', () => {
  const worker = { hosting: 'containerApp', image: 'x', temporal: { address: 'no port', apiKey: 'sesame' }, more: 1 };
  const wrong = { worker, enrollmentGroups: { g: { allocation: { custom: { webhookUrl: 'sesame' } } } } };

  const configure = () => parseConfig(wrong);

  expect(configure).toThrow('groundswell:enrollmentGroups.g.allocation.custom.webhookUrl: got "[secret]"');
  expect(configure).not.toThrow('sesame');
});

it('takes tags as texts, also those that look like numbers', () => {
  expect(parseConfig({ tags: { costCentre: 4711, owner: 'fleet' } }).tags).toEqual({
    costCentre: '4711',
    owner: 'fleet',
  });
  expect(pathsOf({ tags: { 'a/b': 'x', long: 'x'.repeat(257) } })).toEqual(['tags.a/b', 'tags.long']);
});
