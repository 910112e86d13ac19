import { parseRolloutSpec } from '../../../spec/rollout/parse';

const specText = (change: { readonly target?: string; readonly migrate?: string; readonly rest?: string } = {}) => `
apiVersion: groundswell/v1
name: move
target: ${change.target ?? "{ hubs: [west], where: '*' }"}
action: { migrate: ${change.migrate ?? '{ to: east }'} }
waves: [5, rest]
${change.rest ?? ''}
`;
const problemsIn = (text: string) => {
  const parsed = parseRolloutSpec(text, () => 'a\nb\n');
  return parsed.kind === 'invalid' ? parsed.problems.map(({ path, allowed }) => `${path}: ${allowed}`) : [];
};
const specIn = (text: string) => {
  const parsed = parseRolloutSpec(text);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  return parsed.spec;
};

const COMPARE = { tags: true, desired: true, reported: 'byPolicy', modules: true, ignore: [] };

it('fills in what a move does not say', () => {
  expect(specIn(specText())).toMatchObject({
    executor: 'migrate',
    action: {
      kind: 'migrate',
      to: 'east',
      trigger: { kind: 'method', name: 'reprovision', payload: {}, responseTimeoutMs: 30_000, by: 'direct' },
      arriveWithinMs: 600_000,
      compare: COMPARE,
      oldIdentity: 'leave',
      evacuate: false,
    },
  });
});

it('reads all that a move may say', () => {
  const migrate =
    '{ to: safe, toQuarantine: true, provisioning: other, arriveWithin: 1h, oldIdentity: delete, ' +
    'trigger: { method: { name: go, payload: { now: true }, responseTimeout: 5s, by: job } }, ' +
    'compare: { tags: false, desired: true, reported: ignore, modules: false, ignore: [desired.site.name] } }';

  expect(specIn(specText({ migrate, rest: 'rollback: true' }))).toMatchObject({
    action: {
      to: 'safe',
      toQuarantine: true,
      provisioning: 'other',
      arriveWithinMs: 3_600_000,
      trigger: { kind: 'method', name: 'go', payload: { now: true }, responseTimeoutMs: 5_000, by: 'job' },
      compare: { tags: false, desired: true, reported: 'ignore', modules: false, ignore: ['desired.site.name'] },
      oldIdentity: 'delete',
    },
    rollback: { gate: {} },
  });
});

it.each([
  ['{ to: east, trigger: { disable: true } }', { kind: 'disable' }],
  ['{ to: east, trigger: { wait: true }, arriveWithin: 30d }', { kind: 'wait' }],
])('reads the trigger of %s', (migrate, trigger) => {
  expect(specIn(specText({ migrate }))).toMatchObject({ action: { trigger } });
});

it('reads what assignments are to bring', () => {
  const migrate = '{ to: east, payload: { site: { id: 7 } }, initialTwin: { tags: { floor: 3 } } }';

  expect(specIn(specText({ migrate })).action).toMatchObject({
    payload: { site: { id: 7 } },
    initialTwin: { tags: { floor: 3 } },
  });
});

it('takes payloads and initial twins of the largest size, and none larger', () => {
  const migrate = (payload: number, tags: number): string =>
    `{ to: east, payload: { p: ${'x'.repeat(payload)} }, initialTwin: { tags: { t: ${'y'.repeat(tags)} } } }`;

  expect(problemsIn(specText({ migrate: migrate(94_000 - 60, 8) }))).toEqual([]);
  expect(problemsIn(specText({ migrate: migrate(94_000, 8) }))).toEqual([
    'action.migrate.payload: an object that has, together with initialTwin, 94,000 bytes as JSON at most',
  ]);
  expect(problemsIn(specText({ migrate: migrate(1, 8_200) }))).toEqual([
    'action.migrate.initialTwin.tags: an object without null, of 8,192 bytes as JSON at most',
  ]);
});

it('waits in an evacuation, of all that are registered', () => {
  const text = specText({ target: '{ hubs: [west], registered: true }', migrate: '{ to: east, evacuate: true }' });

  expect(specIn(text)).toMatchObject({
    target: { kind: 'registered', hubs: ['west'] },
    action: { evacuate: true, trigger: { kind: 'wait' } },
  });
});

it('takes a hub for quarantine', () => {
  const rest = 'quarantine: { after: 1, tags: { set: apart }, hub: ward }';

  expect(specIn(specText({ rest }))).toMatchObject({ quarantine: { after: 1, tags: { set: 'apart' }, hub: 'ward' } });
});

const REGISTERED = '{ hubs: [west], registered: true }';
const EVACUATE = '{ to: east, evacuate: true }';

it.each([
  [{ rest: 'executor: direct' }, 'executor: nothing for a move'],
  [{ migrate: '{ to: west }' }, 'action.migrate.to: a hub that is not among target.hubs'],
  [{ migrate: '{ to: east, trigger: {} }' }, 'action.migrate.trigger: exactly one of method, disable and wait'],
  [
    { migrate: '{ to: east, trigger: { disable: true, wait: true } }' },
    'action.migrate.trigger: exactly one of method, disable and wait',
  ],
  [
    { migrate: '{ to: east, trigger: { method: { payload: { operationId: 1 } } } }' },
    'action.migrate.trigger.method.payload: an object without operationId and provisioning',
  ],
  [{ migrate: '{ to: east, compare: { ignore: [firmware] } }' }, 'action.migrate.compare.ignore[0]: a path such as'],
  [{ migrate: '{ to: east, arriveWithin: 25h }' }, 'action.migrate.arriveWithin: a duration from 1s to 1d, unless'],
  [
    { migrate: '{ to: east, trigger: { disable: true }, arriveWithin: 25h }' },
    'action.migrate.arriveWithin: a duration from 1s to 1d, unless',
  ],
  [
    { migrate: '{ to: east, provisioning: other, trigger: { wait: true } }' },
    'action.migrate.provisioning: nothing unless the trigger is a method',
  ],
  [{ migrate: '{ to: east, provisioning: other, payload: {} }' }, 'action.migrate.payload: nothing with provisioning'],
  [
    { migrate: '{ to: east, provisioning: other, initialTwin: { tags: { a: 1 } } }' },
    'action.migrate.initialTwin: nothing with provisioning',
  ],
  [{ migrate: '{ to: east, payload: [1] }' }, 'action.migrate.payload: an object'],
  [{ migrate: '{ to: east, initialTwin: { tags: {} } }' }, 'action.migrate.initialTwin: tags or desired, or both'],
  [
    { migrate: '{ to: east, initialTwin: { desired: { a: { b: null } } } }' },
    'action.migrate.initialTwin.desired: an object without null',
  ],
  [{ migrate: '{ to: origin, provisioning: other }' }, 'action.migrate.provisioning: nothing with to: origin'],
  [{ target: REGISTERED, migrate: '{ to: origin, evacuate: true }' }, 'action.migrate.to: the name of a hub'],
  [
    { target: REGISTERED, migrate: '{ to: east, evacuate: true, trigger: { disable: true } }' },
    'action.migrate.trigger: wait: true, or nothing',
  ],
  [
    { target: REGISTERED, migrate: '{ to: east, evacuate: true, compare: { tags: true } }' },
    'action.migrate.compare: nothing with evacuate',
  ],
  [
    { target: REGISTERED, migrate: '{ to: east, evacuate: true, oldIdentity: disable }' },
    'action.migrate.oldIdentity: leave, or nothing: with evacuate',
  ],
  [{ migrate: EVACUATE }, 'target.where: registered: true, devices or devicesFile with evacuate'],
  [{ target: REGISTERED, migrate: EVACUATE, rest: 'rollback: true' }, 'rollback: nothing with evacuate'],
  [{ target: REGISTERED, migrate: EVACUATE, rest: 'onBreach: rollback' }, 'onBreach: hold or abort with evacuate'],
  [{ rest: 'rollback: { action: { method: { name: back } } }' }, 'rollback.action: nothing for a move'],
  [{ target: REGISTERED, migrate: '{ to: origin }' }, 'target.registered: where, devices or devicesFile with'],
  [
    { target: "{ hubs: [west], registered: true, done: 'tags.a = 1' }" },
    'target.done: nothing that a twin tells: with target.registered',
  ],
  [
    {
      target: REGISTERED,
      rest: 'window: { opens: 0 1 * * *, for: 1h, timeZoneTag: zone, otherwise: UTC }',
    },
    'window.timeZoneTag: nothing that a twin tells',
  ],
  [
    {
      target: '{ hubs: [west], devicesFile: ids }',
      migrate: EVACUATE,
      rest: 'window: { opens: 0 1 * * *, for: 1h, timeZoneTag: zone, otherwise: UTC }',
    },
    'window.timeZoneTag: nothing that a twin tells',
  ],
  [
    {
      migrate: '{ to: origin }',
      rest: 'watch: { for: 1h, failing: { where: a = 1, limit: 1% } }',
    },
    'watch: nothing with to: origin',
  ],
  [{ rest: 'quarantine: { after: 1, tags: { a: b }, hub: west }' }, 'quarantine.hub: a hub that is not among'],
  [{ rest: 'quarantine: { after: 1, tags: { a: b }, hub: east }' }, 'quarantine.hub: another hub than the one'],
  [
    { target: REGISTERED, migrate: EVACUATE, rest: 'quarantine: { after: 1, tags: { a: b }, hub: ward }' },
    'quarantine.hub: nothing with evacuate',
  ],
])('refuses %j', (change, problem) => {
  expect(problemsIn(specText(change))).toEqual([expect.stringContaining(problem)]);
});

it.each(['rings: [{ name: a, where: b }]', 'cohorts: { tag: a, order: [b] }'])(
  'refuses waves by %s of devices whose twins are not asked',
  (rule) => {
    const text = specText({ target: REGISTERED }).replace('waves: [5, rest]', `waves: { ${rule} }`);

    expect(problemsIn(text)).toEqual([expect.stringContaining('a twin tells')]);
  },
);

it('refuses devices by registration for anything but a move', () => {
  const text = specText({ target: REGISTERED }).replace('{ migrate: { to: east } }', '{ method: { name: go } }');

  expect(problemsIn(text)).toEqual([expect.stringContaining('target.registered: where, devices or devicesFile')]);
});
