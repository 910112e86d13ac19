import { specTemplate } from '../../../cli/rollout/template';
import { ADVICE } from '../../../spec/rollout/advice';
import { lintRolloutSpec } from '../../../spec/rollout/lint';

/** Nothing to warn of. */
const METHOD = specTemplate('a', 'method', 'x');
const TWIN = specTemplate('a', 'twin', 'x');
const MIGRATE = specTemplate('a', 'migrate', 'x');
const METHOD_LINE = '    name: lockDoor\n';

const rulesIn = (text: string): string[] => {
  const found = lintRolloutSpec(text);
  if (found.kind === 'invalid') throw new Error(JSON.stringify(found.problems));
  return found.warnings.map(({ rule }) => rule);
};

it.each([
  ['a method', METHOD],
  ['a twin', TWIN],
  ['a move', MIGRATE],
])('has nothing to say of what init writes for %s', (_name, text) => expect(rulesIn(text)).toEqual([]));

const COMPARE_NONE = 'compare: { tags: false, desired: false, modules: false, reported: ignore }';

const WAVES = 'waves: [20, 10%, rest]';
const BATCH = '  size: 10 #';
const LIMIT = 'failureLimit: 5%';

/** A change of the template that one rule must see, and the nearest one that it must not. */
interface Case {
  readonly rule: string;
  readonly in: string;
  readonly from: string;
  readonly to: string;
  readonly fine?: string;
}

const telemetry = (rule: string, soak = '12m'): string => `soak: ${soak}\n  checks: [{ name: a, telemetry: ${rule} }]`;

const CASES: readonly Case[] = [
  {
    rule: 'telemetry-soak',
    in: METHOD,
    from: 'soak: 30m',
    to: telemetry("{ rejected: true, value: '< 1%', grace: 3m }"),
    fine: telemetry("{ rejected: true, value: '< 1%', grace: 2m }"),
  },
  {
    rule: 'telemetry-soak',
    in: METHOD,
    from: 'soak: 30m',
    to: telemetry("{ missing: true, value: '< 1%', grace: 2m }", '2m'),
    fine: telemetry("{ missing: true, value: '< 1%', grace: 2m }", '3m'),
  },
  {
    rule: 'telemetry-past',
    in: METHOD,
    from: 'soak: 30m',
    to: telemetry("{ mean: a, past: { difference: '< 1', for: 2h } }", '61m'),
    fine: telemetry("{ mean: a, past: { difference: '< 1', for: 2h } }", '1h'),
  },
  {
    rule: 'telemetry-minimum',
    in: METHOD,
    from: 'soak: 30m',
    to: telemetry("{ mean: a, value: '< 1', minimum: 21 }"),
    fine: telemetry("{ mean: a, value: '< 1', minimum: 20 }"),
  },
  {
    rule: 'telemetry-last-wave',
    in: METHOD,
    from: 'soak: 30m',
    to: telemetry("{ mean: a, untouched: { ratio: '< 2' } }"),
    fine: telemetry("{ mean: a, value: '< 1', untouched: { ratio: '< 2' } }"),
  },
  { rule: 'no-soak', in: METHOD, from: 'soak: 30m', to: 'soak: 0s', fine: 'soak: 1s' },
  { rule: 'no-limit', in: METHOD, from: LIMIT, to: 'failureLimit: 50%', fine: 'failureLimit: 49%' },
  { rule: 'large-canary', in: METHOD, from: WAVES, to: 'waves: [10.5%, rest]', fine: 'waves: [10%, rest]' },
  { rule: 'large-canary', in: METHOD, from: WAVES, to: 'waves: [rest]' },
  { rule: 'one-failure-trips', in: METHOD, from: WAVES, to: 'waves: [19, rest]', fine: 'waves: [20, rest]' },
  {
    rule: 'one-failure-trips',
    in: METHOD,
    from: WAVES,
    to: 'waves: { ramp: { first: 19, stepAfter: 20 } }',
    fine: 'waves: { ramp: { first: 20, stepAfter: 20 } }',
  },
  {
    rule: 'limit-not-asked',
    in: METHOD,
    from: LIMIT,
    to: `${LIMIT}\n  minimum: 21`,
    fine: `${LIMIT}\n  minimum: 20`,
  },
  {
    rule: 'limit-behind-another',
    in: METHOD,
    from: LIMIT,
    to: 'failureLimit: { timedOut: 5% }',
    fine: 'failureLimit: { timedOut: 4%, offline: 50% }',
  },
  { rule: 'no-offline-rule', in: METHOD, from: 'offline: true', to: '', fine: 'offline: {}' },
  { rule: 'batch-holds-canary', in: METHOD, from: BATCH, to: '  size: 20 #', fine: '  size: 19 #' },
  { rule: 'no-rollback', in: TWIN, from: 'rollback: true', to: '', fine: 'rollback: {}' },
  { rule: 'not-confirmed', in: TWIN, from: 'confirmWithin: 5m', to: '', fine: 'confirmWithin: 1s' },
  { rule: 'one-etag', in: TWIN, from: 'desired:', to: 'etag: abc\n    desired:', fine: "etag: '*'\n    desired:" },
  {
    rule: 'done-twice',
    in: METHOD,
    from: 'onBreach: hold',
    to: 'retry: { attempts: 2 }',
    fine: 'retry: { attempts: 2, on: [failed] }',
  },
  { rule: 'short-batch', in: METHOD, from: 'timeout: 30m', to: 'timeout: 20s', fine: 'timeout: 30s' },
  {
    rule: 'nobody-hears',
    in: METHOD,
    from: 'onBreach: hold',
    to: 'approvals: true\nnotify: [{ url: https://a.example.com, on: [held] }]',
    fine: 'approvals: true\nnotify: [{ url: https://a.example.com }]',
  },
  {
    rule: 'secret-in-url',
    in: METHOD,
    from: 'onBreach: hold',
    to: 'notify: [{ url: https://chat.example.com/T0/secret, format: slack }]',
    fine: 'notify: [{ urlEnv: GROUNDSWELL_SECRET_CHAT, format: slack }]',
  },
  {
    rule: 'secret-in-url',
    in: METHOD,
    from: 'onBreach: hold',
    to: 'notify: [{ url: https://hooks.slack.com/services/T0/B0/secret }]',
    fine: 'notify: [{ url: https://hooks.example.com/services/T0/B0 }]',
  },
  {
    rule: 'rings-leave-out',
    in: METHOD,
    from: WAVES,
    to: 'waves: { rings: [{ name: a, where: b }] }',
    fine: 'waves: { rings: [{ name: a, where: b }, { name: c, rest: true }] }',
  },
  {
    rule: 'many-waves',
    in: METHOD,
    from: WAVES,
    to: 'waves: { ramp: { first: 20, factor: 1, stepAfter: 20 } }',
    fine: 'waves: { ramp: { first: 2000, factor: 1, stepAfter: 20 } }',
  },
  {
    rule: 'never-shuts',
    in: METHOD,
    from: 'onBreach: hold',
    to: 'window: { opens: 0 * * * *, for: 1h, timeZone: UTC }',
    fine: 'window: { opens: 0 * * * *, for: 59m, timeZone: UTC }',
  },
  {
    rule: 'short-wait',
    in: MIGRATE,
    from: 'to: east\n    arriveWithin: 10m',
    to: 'to: east\n    trigger: { wait: true }\n    arriveWithin: 59m',
    fine: 'to: east\n    trigger: { wait: true }\n    arriveWithin: 60m',
  },
  {
    rule: 'tenant-stays',
    in: MIGRATE,
    from: 'to: east',
    to: 'to: east\n    provisioning: other',
    fine: 'to: east\n    provisioning: other\n    oldIdentity: disable',
  },
  { rule: 'move-not-undone', in: MIGRATE, from: 'rollback: true', to: '' },
  {
    rule: 'compares-nothing',
    in: MIGRATE,
    from: 'to: east',
    to: `to: east\n    ${COMPARE_NONE}`,
    fine: `to: east\n    ${COMPARE_NONE.replace('desired: false', 'desired: true')}`,
  },
];

it.each(CASES)('$rule: warns of $to', ({ rule, in: text, from, to }) => {
  const changed = text.replace(from, to);

  expect(changed).not.toBe(text);
  expect(rulesIn(changed)).toContain(rule);
});

it.each(CASES.filter(({ fine }) => fine !== undefined))('$rule: lets $fine pass', ({ rule, in: text, from, fine }) => {
  expect(rulesIn(text.replace(from, fine ?? ''))).not.toContain(rule);
});

it('tries every rule', () => expect(new Set(CASES.map(({ rule }) => rule))).toEqual(new Set(Object.keys(ADVICE))));

it('says where, why and what to write, and gives no advice on a spec with mistakes', () => {
  const found = lintRolloutSpec(METHOD.replace('soak: 30m', 'soak: 0s'));
  const line = METHOD.split('\n').findIndex((text) => text.includes('soak: 30m')) + 1;

  expect(found).toMatchObject({
    warnings: [
      {
        rule: 'no-soak',
        path: 'gate.soak',
        line,
        why: expect.stringContaining('a fault that shows late') as string,
        write: expect.stringContaining('soak: 10m') as string,
      },
    ],
  });
  expect(lintRolloutSpec(METHOD.replace('soak: 30m', 'soak: 0s').replace(METHOD_LINE, ''))).toEqual({
    kind: 'invalid',
    problems: [expect.objectContaining({ path: 'action.method.name' })],
  });
});
