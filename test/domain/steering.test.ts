import { type Command, COMMANDS, effectOf, STATUSES } from '../../domain/machine';
import { refusalOf, type Steered } from '../../domain/steering';
import { specOf } from '../support/specs';

const order = { actor: 'grace', reason: 'seen enough' };
const startedBy = { actor: 'ada', reason: 'doors must lock' };
const steered = (status: Steered['state']['status'], spec: Partial<Steered['spec']> = {}): Steered => ({
  state: { status, startedBy, decisionCount: 7 },
  spec: { ...specOf(), ...spec },
});
const approvals = { before: 'everyWave', requesterMay: false, by: ['eva', 'ben', 'ada'], deadlineMs: 1 } as const;

it.each([
  ['no actor', { ...order, actor: '' }],
  ['no reason', { ...order, reason: '' }],
  ['neither', {}],
])('refuses an order with %s', (_name, bad) => {
  expect(refusalOf('abort', bad, steered('running'))).toBe('an order needs an actor and a reason');
});

it('says what is possible now', () => {
  expect(refusalOf('resume', order, steered('held'))).toBe(
    'resume is not possible while it is held; possible now: proceed, abort, rollback, change',
  );
  expect(refusalOf('abort', order, steered('completed'))).toBe(
    'abort is not possible while it is completed; possible now: nothing',
  );
});

it.each<{ name: string; command: Command; actor: string; refused: RegExp | undefined }>([
  { name: 'somebody named approves', command: 'approve', actor: 'eva', refused: undefined },
  {
    name: 'the requester may not, even if named',
    command: 'approve',
    actor: 'ada',
    refused: /ada started the rollout/,
  },
  {
    name: 'somebody else may not',
    command: 'approve',
    actor: 'eve',
    refused: /eve may not approve it; who may: eva, ben/,
  },
  { name: 'somebody else may not deny', command: 'deny', actor: 'eve', refused: /eve may not deny it/ },
  { name: 'the requester may deny', command: 'deny', actor: 'ada', refused: undefined },
])('approvals: $name', ({ command, actor, refused }) => {
  const why = refusalOf(command, { ...order, actor }, steered('awaitingApproval', { approvals }));

  if (refused === undefined) expect(why).toBeUndefined();
  else expect(why).toMatch(refused);
});

it.each(['proceed', 'approve'] as const)('takes a %s for the moment that it was meant for, and no other', (command) => {
  const status = command === 'proceed' ? 'held' : 'awaitingApproval';
  const given = (seen?: number) =>
    refusalOf(command, { ...order, ...(seen !== undefined && { seen }) }, steered(status));

  expect(given(7)).toBeUndefined();
  expect(given()).toBeUndefined();
  expect(given(6)).toMatch(/6 decisions were seen, and there are 7; look again/);
  expect(given(8)).toMatch(/8 decisions were seen/);
});

it('takes what stops a rollout at any moment', () => {
  const stale = { ...order, seen: 1 };
  for (const command of ['pause', 'hold', 'abort'] as const)
    expect(refusalOf(command, stale, steered('running'))).toBeUndefined();
});

/** Orders that are wrong whatever the state; only the state's own refusal may come first. */
it('refuses every command in every state without actor or reason', () => {
  for (const status of STATUSES)
    for (const command of COMMANDS)
      for (const bad of [{}, { ...order, actor: '' }, { ...order, reason: '' }])
        expect(refusalOf(command, bad, steered(status))).toBe('an order needs an actor and a reason');
});

it('refuses in each state what the table refuses, and says what is possible', () => {
  const twin = { kind: 'twin', desired: { floor: 1 }, etag: '*' } as const;
  const good = { ...order, settings: { minimum: 2 } };
  for (const status of STATUSES)
    for (const command of COMMANDS) {
      const why = refusalOf(command, good, steered(status, { action: twin }));
      if (effectOf(command, status) === 'refused')
        expect(why).toMatch(`${command} is not possible while it is ${status}; possible now: `);
      else expect(why).toBeUndefined();
    }
});

it('lets the requester approve where the spec says so, and anybody else where nobody is named', () => {
  const open = { ...approvals, by: [] };

  expect(refusalOf('approve', order, steered('awaitingApproval', { approvals: open }))).toBeUndefined();
  const own = { ...order, actor: 'ada' };
  expect(refusalOf('approve', own, steered('awaitingApproval', { approvals: open }))).toMatch(/may not approve/);
  const allowed = steered('awaitingApproval', { approvals: { ...open, requesterMay: true } });
  expect(refusalOf('approve', own, allowed)).toBeUndefined();
});

it('refuses to roll a method back without an action for it; a twin has its snapshots', () => {
  expect(refusalOf('rollback', order, steered('held'))).toMatch(/needs? rollback\.action|without rollback\.action/);
  const twin = { kind: 'twin', desired: { floor: 1 }, etag: '*' } as const;
  expect(refusalOf('rollback', order, steered('held', { action: twin }))).toBeUndefined();
});

it.each<{ settings: object; refused: RegExp | undefined }>([
  { settings: {}, refused: /names at least one of failureLimit/ },
  { settings: { failureLimit: 0 }, refused: undefined },
  { settings: { failureLimit: 1 }, refused: undefined },
  { settings: { failureLimit: -0.01 }, refused: /settings\.failureLimit/ },
  { settings: { failureLimit: Number.NaN }, refused: /settings\.failureLimit/ },
  { settings: { limits: null }, refused: /settings\.limits/ },
  { settings: { limits: { lost: 0.1 } }, refused: /settings\.limits/ },
  { settings: { minimum: 1 }, refused: undefined },
  { settings: { soakMs: -1 }, refused: /settings\.soakMs/ },
  { settings: { parallel: 1 }, refused: undefined },
  { settings: { parallel: 10 }, refused: undefined },
  { settings: { parallel: 11 }, refused: /settings\.parallel: got 11; allowed: 1 to 10/ },
  { settings: { devicesPerMinute: 1 }, refused: undefined },
  { settings: { devicesPerMinute: 0 }, refused: /settings\.devicesPerMinute/ },
  { settings: { failureLimit: 1.01 }, refused: /settings\.failureLimit: got 1\.01; allowed: 0 to 1/ },
  { settings: { failureLimit: '5%' }, refused: /got "5%"; allowed: 0 to 1/ },
  { settings: { limits: { offline: 2 } }, refused: /settings\.limits: got .*; allowed/ },
  { settings: { limits: { offline: 0.2 } }, refused: undefined },
  { settings: { minimum: 0 }, refused: /allowed: a whole number from 1/ },
  { settings: { soakMs: 0 }, refused: undefined },
  { settings: { parallel: 0 }, refused: /settings\.parallel/ },
  { settings: { devicesPerMinute: 1.5 }, refused: /settings\.devicesPerMinute/ },
  { settings: { waves: 3 }, refused: /settings\.waves: cannot be changed/ },
])('a change of $settings', ({ settings, refused }) => {
  const why = refusalOf('change', { ...order, settings }, steered('running'));

  if (refused === undefined) expect(why).toBeUndefined();
  else expect(why).toMatch(refused);
});
