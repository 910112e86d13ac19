import { parseRolloutSpec } from '../../../spec/rollout/parse';

interface Parts {
  readonly target?: string;
  readonly action?: string;
  readonly waves?: string;
  readonly more?: string;
}

const METHOD = '{ method: { name: lockDoor } }';
const TWIN = '{ twin: { desired: { floor: 3 } } }';

const specText = ({
  target = '{ hubs: [west], where: "*" }',
  action = METHOD,
  waves = '[5, rest]',
  more = '',
}: Parts) =>
  `apiVersion: groundswell/v1\nname: lock-doors\ntarget: ${target}\naction: ${action}\nwaves: ${waves}\n${more}\n`;

const specOf = (parts: Parts, read?: (path: string) => string): Record<string, unknown> => {
  const parsed = parseRolloutSpec(specText(parts), read);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  return { ...parsed.spec };
};
const pathsIn = (parts: Parts): string[] => {
  const parsed = parseRolloutSpec(specText(parts));
  return parsed.kind === 'invalid' ? parsed.problems.map(({ path }) => path) : [];
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

it.each<[string, Parts, object]>([
  [
    'a target that devices may join',
    { target: '{ hubs: [west], where: tags.a = 1, done: tags.b = 2, joining: { for: 30d } }' },
    {
      target: {
        kind: 'query',
        hubs: ['west'],
        where: 'tags.a = 1',
        done: 'tags.b = 2',
        joining: { forMs: 30 * DAY, everyMs: 15 * MINUTE },
      },
    },
  ],
  [
    'a method with an operation id',
    { action: '{ method: { name: lock, payload: { a: 1 }, operationIdField: op } }' },
    { action: { kind: 'method', name: 'lock', payload: { a: 1 }, responseTimeoutMs: 30_000, operationIdField: 'op' } },
  ],
  [
    'rings',
    { waves: '{ rings: [{ name: lab, where: tags.ring = 0 }, { name: others, rest: true }] }' },
    {
      waves: {
        kind: 'rings',
        rings: [
          { name: 'lab', where: 'tags.ring = 0' },
          { name: 'others', where: { kind: 'rest' } },
        ],
      },
    },
  ],
  [
    'cohorts',
    { waves: '{ cohorts: { tag: place.region, order: [north, south] } }' },
    { waves: { kind: 'cohorts', tag: 'place.region', order: ['north', 'south'], others: 'last' } },
  ],
  [
    'a ramp',
    { waves: '{ ramp: { first: 10, factor: 1.5, stepAfter: 100, most: 50 } }' },
    { waves: { kind: 'ramp', first: 10, factor: 1.5, stepAfter: 100, most: 50 } },
  ],
  [
    'limits of each kind',
    { more: 'gate: { failureLimit: { any: 10%, failed: 4%, timedOut: 5%, offline: 0% } }' },
    {
      gate: expect.objectContaining({
        failureLimit: 0.1,
        limits: { failed: 0.04, timedOut: 0.05, offline: 0 },
      }) as object,
    },
  ],
  [
    'limits that leave the one on all failures at its default',
    { more: 'gate: { failureLimit: { offline: 30% } }' },
    { gate: expect.objectContaining({ failureLimit: 0.05, limits: { offline: 0.3 } }) as object },
  ],
  [
    'checks',
    {
      more: `gate:
  checks:
    - { name: desk, webhook: { url: https://desk.example.com/x, secretEnv: GROUNDSWELL_SECRET_A } }
    - { name: errors, prometheus: { url: 'https://p.example.com:9090', query: up, is: '<= 1e-3', tokenEnv: GROUNDSWELL_SECRET_B } }
    - { name: battery, telemetry: { mean: battery, value: '>= -40.5' } }
    - name: readings
      telemetry: { rejected: true, value: '<= 2%', untouched: { difference: '-1% to 0.5%', ratio: '< 2' }, grace: 0s }
    - name: damp
      telemetry: { quantile: { of: Humidity, at: 95% }, past: { for: 30m, ratio: '0.8 to 1.2' }, minimum: 20 }
    - { name: there, telemetry: { missing: true, untouched: { difference: '<= 1%' } } }`,
    },
    {
      gate: expect.objectContaining({
        checks: [
          {
            kind: 'webhook',
            name: 'desk',
            url: 'https://desk.example.com/x',
            timeoutMs: 10_000,
            secretEnv: 'GROUNDSWELL_SECRET_A',
          },
          {
            kind: 'prometheus',
            name: 'errors',
            url: 'https://p.example.com:9090',
            query: 'up',
            is: { op: '<=', value: 0.001 },
            tokenEnv: 'GROUNDSWELL_SECRET_B',
          },
          {
            ...{ kind: 'telemetry', name: 'battery', measure: { kind: 'mean', field: 'battery' } },
            ...{ value: { op: '>=', value: -40.5 }, minimum: 5, graceMs: MINUTE },
          },
          {
            ...{ kind: 'telemetry', name: 'readings', measure: { kind: 'rejected' }, value: { op: '<=', value: 0.02 } },
            untouched: { difference: { op: 'to', least: -0.01, most: 0.005 }, ratio: { op: '<', value: 2 } },
            ...{ minimum: 5, graceMs: 0 },
          },
          {
            ...{ kind: 'telemetry', name: 'damp', measure: { kind: 'quantile', field: 'Humidity', at: 0.95 } },
            past: { forMs: 30 * MINUTE, ratio: { op: 'to', least: 0.8, most: 1.2 } },
            ...{ minimum: 20, graceMs: MINUTE },
          },
          {
            ...{ kind: 'telemetry', name: 'there', measure: { kind: 'missing' } },
            ...{ untouched: { difference: { op: '<=', value: 0.01 } }, minimum: 5, graceMs: MINUTE },
          },
        ],
      }) as object,
    },
  ],
  [
    'a batch',
    { more: 'batch: { size: 10, parallel: 4, timeout: 10m, startWithin: 6h, devicesPerMinute: 600 }' },
    {
      batch: { size: 10, parallel: 4, timeoutMs: 10 * MINUTE, startWithinMs: 6 * HOUR, devicesPerMinute: 600 },
    },
  ],
  [
    'retries with defaults',
    { more: 'retry: { attempts: 3 }' },
    { retry: { attempts: 3, on: ['failed', 'timedOut'], firstMs: MINUTE, factor: 2, mostMs: HOUR } },
  ],
  [
    'retries with everything given',
    { more: 'retry: { attempts: 2, on: [offline], backoff: { first: 0s, factor: 1, most: 0s } }' },
    { retry: { attempts: 2, on: ['offline'], firstMs: 0, factor: 1, mostMs: 0 } },
  ],
  ['an offline rule by one word', { more: 'offline: true' }, { offline: { quorum: 0.9, catchUpMs: 7 * DAY } }],
  [
    'a window in one zone, with dates and spans frozen',
    {
      more: 'window: { opens: 0 22 * * MON-FRI, for: 6h, timeZone: Europe/Berlin, freeze: [2026-12-24, { from: 2026-12-30, to: 2027-01-02 }] }',
    },
    {
      window: {
        opens: '0 22 * * MON-FRI',
        forMs: 6 * HOUR,
        zone: { kind: 'fixed', timeZone: 'Europe/Berlin' },
        freeze: [
          { from: '2026-12-24', to: '2026-12-24' },
          { from: '2026-12-30', to: '2027-01-02' },
        ],
        quorum: 1,
      },
    },
  ],
  [
    "a window in each device's zone",
    { more: 'window: { opens: 0 1 * * *, for: 4h, timeZoneTag: place.zone, otherwise: UTC, quorum: 80% }' },
    {
      window: {
        opens: '0 1 * * *',
        forMs: 4 * HOUR,
        zone: { kind: 'tag', tag: 'place.zone', otherwise: 'UTC' },
        freeze: [],
        quorum: 0.8,
      },
    },
  ],
  [
    'an approval of the start by one word',
    { more: 'approvals: true' },
    { approvals: { before: [1], by: [], requesterMay: false, deadlineMs: DAY } },
  ],
  [
    'approvals of some waves',
    { more: 'approvals: { before: [1, 2], by: [ana], requesterMay: true, deadline: 2h }' },
    { approvals: { before: [1, 2], by: ['ana'], requesterMay: true, deadlineMs: 2 * HOUR } },
  ],
  [
    "a twin's rollback by one word",
    { action: TWIN, more: 'rollback: true' },
    { rollback: { gate: { failureLimit: 0.05, limits: {}, minimum: 1, successTarget: 0.95 } } },
  ],
  [
    "a twin's rollback that follows from onBreach",
    { action: TWIN, more: 'onBreach: rollback' },
    { onBreach: 'rollback', rollback: { gate: expect.objectContaining({ successTarget: 0.95 }) as object } },
  ],
  [
    "a method's rollback",
    { more: 'rollback: { action: { method: { name: unlock } }, gate: { failureLimit: 20% } }' },
    {
      rollback: {
        action: { kind: 'method', name: 'unlock', payload: null, responseTimeoutMs: 30_000 },
        gate: { failureLimit: 0.2, limits: {}, minimum: 1, successTarget: 0.95 },
      },
    },
  ],
  [
    'a watch',
    { more: 'watch: { for: 2d, failing: { where: tags.bad = true, limit: 1% } }' },
    { watch: { forMs: 2 * DAY, everyMs: 5 * MINUTE, failing: { where: 'tags.bad = true', limit: 0.01 } } },
  ],
  [
    'a quarantine',
    { more: 'retry: { attempts: 3 }\nquarantine: { after: 3, tags: { sick: true } }' },
    { quarantine: { after: 3, tags: { sick: true } } },
  ],
  [
    'webhooks',
    {
      more: 'notify: [{ url: https://a.example.com/x }, { urlEnv: GROUNDSWELL_SECRET_B, format: slack, on: [held], secretEnv: GROUNDSWELL_SECRET_C }]',
    },
    {
      notify: [
        {
          url: 'https://a.example.com/x',
          format: 'json',
          on: ['started', 'held', 'breached', 'approvalNeeded', 'ended'],
        },
        { urlEnv: 'GROUNDSWELL_SECRET_B', format: 'slack', on: ['held'], secretEnv: 'GROUNDSWELL_SECRET_C' },
      ],
    },
  ],
  ['an executor and a priority', { more: 'executor: direct\npriority: 1' }, { executor: 'direct', priority: 1 }],
  [
    'nothing of a section that is switched off',
    { more: 'offline: false\napprovals: false\nrollback: false' },
    { offline: undefined, approvals: undefined, rollback: undefined },
  ],
])('reads %s', (_name, parts, expected) => expect(specOf(parts)).toMatchObject(expected));

it('leaves what is not there out', () => {
  for (const name of ['offline', 'window', 'approvals', 'rollback', 'watch', 'quarantine']) {
    expect(specOf({})[name]).toBeUndefined();
  }
});

const freeze = (text: string): Parts => ({
  more: `window: { opens: 0 1 * * *, for: 1h, timeZone: UTC, freeze: [${text}] }`,
});
const window = (text: string): Parts => ({ more: `window: { for: 1h, ${text} }` });
const url = (text: string): Parts => ({ more: `notify: [{ url: "${text}" }]` });
const check = (text: string): Parts => ({ more: `gate: { checks: [${text}] }` });
const HEALTH = 'gate.checks[0].telemetry';
const rings = (text: string): Parts => ({ waves: `{ rings: [${text}] }` });

it.each<[string, Parts, readonly string[]]>([
  // Sections.
  ['joining with devices', { target: '{ hubs: [a], devices: [b], joining: { for: 1d } }' }, ['target.joining']],
  [
    'joining asked less often than it lasts',
    { target: '{ hubs: [a], where: "*", joining: { for: 1h, every: 2h } }' },
    ['target.joining.every'],
  ],
  ['where and a file', { target: '{ hubs: [a], where: "*", devicesFile: x }' }, ['target']],
  [
    'an operation id without an object',
    { action: '{ method: { name: a, operationIdField: op } }' },
    ['action.method.operationIdField'],
  ],
  [
    'an operation id that the payload has',
    { action: '{ method: { name: a, payload: { op: 1 }, operationIdField: op } }' },
    ['action.method.operationIdField'],
  ],
  ['a payload that is no JSON', { action: '{ method: { name: a, payload: .nan } }' }, ['action.method.payload']],
  ['waves that are a word', { waves: 'all' }, ['waves']],
  ['waves of two kinds', { waves: '{ ramp: { first: 1, stepAfter: 1 }, cohorts: { tag: a, order: [b] } }' }, ['waves']],
  ['waves of no kind', { waves: '{}' }, ['waves']],
  ['a ramp that shrinks', { waves: '{ ramp: { first: 1, stepAfter: 1, factor: 0.5 } }' }, ['waves.ramp.factor']],
  ['a rest that is not the last ring', rings('{ name: a, rest: true }, { name: b, where: c }'), ['waves.rings']],
  ['two rings of one name', rings('{ name: a, where: b }, { name: a, where: c }'), ['waves.rings']],
  ['a ring without a condition', rings('{ name: a }'), ['waves.rings[0]']],
  ['a ring with two conditions', rings('{ name: a, where: b, rest: true }'), ['waves.rings[0]']],
  ['a ring that is not the rest', rings('{ name: a, rest: false }'), ['waves.rings[0].rest']],
  ['a cohort twice', { waves: '{ cohorts: { tag: a, order: [b, b] } }' }, ['waves.cohorts.order']],
  ['a tag with its prefix and more', { waves: '{ cohorts: { tag: "tags.a b", order: [b] } }' }, ['waves.cohorts.tag']],
  ['a limit that is no number', { more: 'gate: { failureLimit: [5%] }' }, ['gate.failureLimit']],
  ['a limit of an unknown kind', { more: 'gate: { failureLimit: { skipped: 5% } }' }, ['gate.failureLimit.skipped']],
  ['a check without a question', check('{ name: a }'), ['gate.checks[0]']],
  [
    'two checks of one name',
    check('{ name: a, telemetry: { mean: b, value: < 1 } }, { name: a, telemetry: { mean: c, value: < 1 } }'),
    ['gate.checks'],
  ],
  [
    'a bound that compares nothing',
    check('{ name: a, telemetry: { mean: b, value: "= 1" } }'),
    ['gate.checks[0].telemetry.value'],
  ],
  ['a check of telemetry that measures nothing', check("{ name: a, telemetry: { value: '< 1' } }"), [HEALTH]],
  [
    'one that measures two things',
    check("{ name: a, telemetry: { rejected: true, mean: b, value: '< 1%' } }"),
    [HEALTH],
  ],
  ['one that compares with nothing', check('{ name: a, telemetry: { mean: b } }'), [HEALTH]],
  [
    'a comparison that says nothing',
    check('{ name: a, telemetry: { mean: b, untouched: {}, past: { for: 1h } } }'),
    [`${HEALTH}.untouched`, `${HEALTH}.past`],
  ],
  ['a share without per cent', check("{ name: a, telemetry: { rejected: true, value: '< 2' } }"), [`${HEALTH}.value`]],
  ['a field in per cent', check("{ name: a, telemetry: { mean: b, value: '< 2%' } }"), [`${HEALTH}.value`]],
  [
    'a ratio in per cent',
    check("{ name: a, telemetry: { rejected: true, untouched: { ratio: '< 200%' } } }"),
    [`${HEALTH}.untouched.ratio`],
  ],
  [
    'a range the wrong way round, and one of two units',
    check("{ name: a, telemetry: { mean: b, value: '3 to -3', past: { difference: '1 to 2%' } } }"),
    [`${HEALTH}.value`, `${HEALTH}.past.difference`],
  ],
  [
    'a quantile that is none',
    check("{ name: a, telemetry: { quantile: { of: b, at: 100% }, value: '< 2' } }"),
    [`${HEALTH}.quantile.at`],
  ],
  [
    'a past of who is missing',
    check("{ name: a, telemetry: { missing: true, past: { difference: '< 2%' } } }"),
    [`${HEALTH}.past`],
  ],
  [
    'telemetry of devices that move',
    {
      action: '{ migrate: { to: east } }',
      more: "gate: { checks: [{ name: a, telemetry: { rejected: true, value: '< 2%' } }] }",
    },
    [HEALTH],
  ],
  [
    'a secret in place of its name',
    check('{ name: a, webhook: { url: https://a.example.com, secretEnv: hunter2 } }'),
    ['gate.checks[0].webhook.secretEnv'],
  ],
  [
    'a variable that is not for specs',
    check('{ name: a, webhook: { url: https://a.example.com, secretEnv: AZURE_CLIENT_SECRET } }'),
    ['gate.checks[0].webhook.secretEnv'],
  ],
  ['a webhook without an address', { more: 'notify: [{ format: json }]' }, ['notify[0]']],
  [
    'a webhook with two addresses',
    { more: 'notify: [{ url: https://a.example.com, urlEnv: GROUNDSWELL_SECRET_A }]' },
    ['notify[0]'],
  ],
  ['an address of any variable', { more: 'notify: [{ urlEnv: AZURE_CLIENT_SECRET }]' }, ['notify[0].urlEnv']],
  ['a URL without TLS', url('http://a.example.com'), ['notify[0].url']],
  ['a URL with a password', url('https://ana:pw@a.example.com'), ['notify[0].url']],
  ['a URL with a user', url('https://ana@a.example.com/x'), ['notify[0].url']],
  ['a URL of a file', url('file:///etc/passwd'), ['notify[0].url']],
  ['a URL without a host', url('https:///x'), ['notify[0].url']],
  ['a URL with a port that is none', url('https://a.example.com:99999'), ['notify[0].url']],
  ['a webhook twice', { more: 'notify: [{ url: https://a.example.com, on: [held, held] }]' }, ['notify[0].on']],
  ['one attempt that is retried', { more: 'retry: { attempts: 1, on: [failed] }' }, ['retry.attempts']],
  ['retries of successes', { more: 'retry: { attempts: 2, on: [succeeded] }' }, ['retry.on[0]']],
  [
    'a backoff whose most is less than its first',
    { more: 'retry: { attempts: 2, backoff: { first: 5m, most: 1m } }' },
    ['retry.backoff.most'],
  ],
  ['a cron of six fields', window('opens: 0 0 1 * * *, timeZone: UTC'), ['window.opens']],
  ['a cron of a word', window("opens: '@daily', timeZone: UTC"), ['window.opens']],
  ['a minute 60', window('opens: 60 1 * * *, timeZone: UTC'), ['window.opens']],
  ['a window on the 30th of February', window('opens: 0 1 30 2 *, timeZone: UTC'), ['window.opens']],
  ['a zone of nowhere', window('opens: 0 1 * * *, timeZone: Europe/Atlantis'), ['window.timeZone']],
  ['an offset for a zone', window('opens: 0 1 * * *, timeZone: "+01:00"'), ['window.timeZone']],
  ['a window without a zone', window('opens: 0 1 * * *'), ['window']],
  ['a tag without another zone', window('opens: 0 1 * * *, timeZoneTag: a'), ['window.otherwise']],
  ['another zone without a tag', window('opens: 0 1 * * *, timeZone: UTC, otherwise: UTC'), ['window.otherwise']],
  ['a quorum in one zone', window('opens: 0 1 * * *, timeZone: UTC, quorum: 50%'), ['window.quorum']],
  ['a quorum of nobody', window('opens: 0 1 * * *, timeZoneTag: a, otherwise: UTC, quorum: 0%'), ['window.quorum']],
  ['a day that is none', freeze('2026-02-30'), ['window.freeze[0]']],
  ['a span that ends before it begins', freeze('{ from: 2027-01-02, to: 2026-12-24 }'), ['window.freeze[0].to']],
  ['an approval of wave 0', { more: 'approvals: { before: [0] }' }, ['approvals.before[0]']],
  [
    'a watch that never looks',
    { more: 'watch: { for: 1h, every: 2h, failing: { where: a, limit: 1% } }' },
    ['watch.every'],
  ],
  [
    'a quarantine without a mark',
    { more: 'retry: { attempts: 2 }\nquarantine: { after: 1, tags: {} }' },
    ['quarantine.tags'],
  ],
  ['priority 6', { more: 'priority: 6' }, ['priority']],
  // Rules between sections.
  ['onBreach: rollback of a method', { more: 'onBreach: rollback' }, ['rollback.action']],
  ['a rollback of a method without an action', { more: 'rollback: true' }, ['rollback.action']],
  ['a quarantine without retries', { more: 'quarantine: { after: 2, tags: { a: 1 } }' }, ['quarantine.after']],
  [
    'a quarantine after more attempts than there are',
    { more: 'retry: { attempts: 3 }\nquarantine: { after: 4, tags: { a: 1 } }' },
    ['quarantine.after'],
  ],
  ['an approval of a wave too many', { more: 'approvals: { before: [1, 3] }' }, ['approvals.before[1]']],
  [
    'an approval of a cohort too many',
    { waves: '{ cohorts: { tag: a, order: [b], others: leaveOut } }', more: 'approvals: { before: [2] }' },
    ['approvals.before[0]'],
  ],
  [
    'a notice of approvals that nobody asks for',
    { more: 'notify: [{ url: https://a.example.com, on: [approvalNeeded] }]' },
    ['notify[0].on'],
  ],
  // All at once.
  [
    'mistakes in a section and between others',
    { more: 'priority: 9\nonBreach: rollback\nquarantine: { after: 2, tags: { a: 1 } }' },
    ['priority', 'rollback.action', 'quarantine.after'],
  ],
])('refuses %s', (_name, parts, paths) => expect(pathsIn(parts)).toEqual(paths));

it.each<[string, Parts]>([
  [
    'an approval of the others’ cohort',
    { waves: '{ cohorts: { tag: a, order: [b] } }', more: 'approvals: { before: [2] }' },
  ],
  [
    'an approval of a ramp’s tenth wave',
    { waves: '{ ramp: { first: 1, stepAfter: 1 } }', more: 'approvals: { before: [10] }' },
  ],
  [
    'an approval of a wave of late joiners',
    { target: '{ hubs: [a], where: "*", joining: { for: 1d } }', more: 'approvals: { before: [3] }' },
  ],
  ['a quarantine after the last attempt', { more: 'retry: { attempts: 2 }\nquarantine: { after: 2, tags: { a: 1 } }' }],
  ['a span of one day', freeze('{ from: 2026-12-24, to: 2026-12-24 }')],
  ['a URL with an @ in its path', url('https://a.example.com/@x')],
  ['a URL with a port, a path and a query', url('https://a.example.com:8443/x?y=1')],
])('takes %s', (_name, parts) => expect(pathsIn(parts)).toEqual([]));

describe('a file of device ids', () => {
  const parts: Parts = { target: '{ hubs: [west], devicesFile: lists/a.txt, done: tags.x = 1 }' };
  const wrong = (text: string): string[] => {
    const parsed = parseRolloutSpec(specText(parts), () => text);
    return parsed.kind === 'invalid' ? parsed.problems.map(({ path, allowed }) => `${path}: ${allowed}`) : [];
  };

  it('is read by the path that the spec names, comments and empty lines left out', () => {
    const read = jest.fn(() => '# a list\n a-1 \r\n\n#2\nb\n#\n');

    expect(specOf(parts, read).target).toEqual({
      kind: 'devices',
      hubs: ['west'],
      devices: ['a-1', '#2', 'b'],
      done: 'tags.x = 1',
    });
    expect(read).toHaveBeenCalledWith('lists/a.txt');
  });

  it.each([
    ['an impossible id', 'a\nb c\n', [/^target\.devicesFile: line 2 of it holds "b c", not a device id/]],
    ['an id twice', 'a\nb\na\n', [/^target\.devicesFile: line 3 of it names a again/]],
    ['no id', '# none\n', [/with 1 to 10000 device ids, not 0/]],
    ['too many ids', Array.from({ length: 10_001 }, (_, i) => `d${i}`).join('\n'), [/not 10001/]],
    ['ten impossible ids', 'a b\n'.repeat(10), Array.from({ length: 5 }, (_, i) => new RegExp(`line ${i + 1} `))],
  ])('refuses %s', (_name, text, messages) => {
    const found = wrong(text);

    expect(found).toHaveLength(messages.length);
    messages.forEach((message, index) => expect(found[index]).toMatch(message));
  });

  it('says why it cannot be read', () => {
    const parsed = parseRolloutSpec(specText(parts), () => {
      throw new Error('ENOENT: no such file');
    });

    expect(parsed).toMatchObject({
      problems: [
        {
          path: 'target.devicesFile',
          value: '"lists/a.txt"',
          line: 3,
          allowed: expect.stringContaining('ENOENT') as string,
        },
      ],
    });
  });
});
