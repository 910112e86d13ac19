import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../support/judging';
import { AWAY, DPS, HOME, type Mover, moversOf } from './fleet';
import { DPS_LIMITS } from '../../domain/dps-limits';
import { atHome, type Expected, moved, problemsOf } from './judge';
import { ailingOf, quarantine } from './quarantine';
import { MINUTE_MS, mostWithin, RegistrationWatch } from './registrations';
import type { MoveStand, StandOptions } from './stand';

/** One way to disturb a move, and what must come of it. */
export interface MoveScenario extends Scenario {
  /** What the stand is to have beside the devices. */
  readonly stand?: (devices: number) => Partial<StandOptions>;
  /** @returns what is wrong, in words */
  run(stand: MoveStand, rolloutId: string): Promise<readonly string[]>;
}

export interface MoveSpec {
  readonly waves?: string;
  readonly batch?: string;
  readonly gate?: string;
  readonly target?: string;
  readonly more?: string;
  readonly rollback?: boolean;
  readonly arriveWithin?: string;
}

export const specOf = (
  name: string,
  { waves, batch, gate, target, more = '', arriveWithin = '2m', rollback = true }: MoveSpec = {},
) => `
apiVersion: groundswell/v1
name: ${name}
target: ${target ?? `{ hubs: [${HOME}], where: "tags.kind = 'mover'" }`}
action:
  migrate:
    to: ${AWAY}
    arriveWithin: ${arriveWithin}
${more}
waves: ${waves ?? '[1%, 9%, rest]'}
gate: ${gate ?? '{ failureLimit: 0%, successTarget: 100% }'}
batch: ${batch ?? '{ size: 50 }'}
rollback: ${rollback}
`;

/** The move ends by itself, and every device is where it should be. */
async function mustMove(stand: MoveStand, rolloutId: string): Promise<readonly string[]> {
  const { status, why } = await stand.rest(rolloutId);
  if (status !== 'completed') return [`it is ${status}: ${why}`];
  return problemsOf(await stand.outcome(), moved);
}

const deafOf = (devices: number): string => moversOf(devices)[devices >> 1]?.deviceId ?? '';

/** The wave is held for one device, which is named and at home; those of the second wave were not touched. */
async function mustHoldForTheDeaf(stand: MoveStand, rolloutId: string): Promise<readonly string[]> {
  const deaf = deafOf(stand.movers.length);
  const others = stand.movers.slice(0, 9).map(({ deviceId }) => deviceId);
  const target = `{ hubs: [${HOME}], devices: [${[deaf, ...others].join(', ')}] }`;
  await stand.start(rolloutId, specOf(rolloutId, { target, waves: '[rest]', arriveWithin: '20s' }));
  const { status, why } = await stand.rest(rolloutId);
  if (status !== 'held') return [`it is ${status}: ${why}`];
  const { stdout } = await stand.stack.groundswell('rollout', 'devices', rolloutId, '--json');
  const named = stdout.includes(`"${deaf}"`) ? [] : [`${deaf} is not named: ${stdout}`];
  const expected: Expected = (mover) => (others.includes(mover.deviceId) ? moved(mover) : atHome(mover));
  return [...named, ...problemsOf(await stand.outcome(), expected)];
}

/** Operations of Azure that the saga's steps call, in their order. */
export const STEPS = [
  { step: 'check', operation: 'dps.enrollments.get' },
  { step: 'snapshot', operation: 'twins.get', hub: HOME },
  { step: 'point', operation: 'dps.enrollments.post' },
  { step: 'trigger', operation: 'methods.invoke', hub: HOME },
  { step: 'arrive', operation: 'twins.get', hub: AWAY },
  { step: 'old identity', operation: 'twins.get', hub: HOME },
] as const;

/** Kills the worker while an operation of each step is under way, one step after the other. */
async function killAtEachStep(stand: MoveStand): Promise<void> {
  for (const { step, ...where } of STEPS) {
    const fault = await stand.admin.addFault({ ...where, fault: { kind: 'delay', ms: 5_000 } });
    for (let struck = 0, looks = 0; struck === 0; looks += 1) {
      if (looks > 600) throw new Error(`the move never came to the step '${step}'`);
      await sleep(100);
      struck = (await stand.admin.faults()).find(({ id }) => id === fault.id)?.struck ?? 0;
    }
    await stand.stack.kill('worker');
    await stand.admin.removeFaults(fault.id);
    await stand.stack.restart('worker');
  }
}

/** Those whose twin would go along by their group are not in the plan: an old hub that is away cannot give it. */
const isEvacuated = ({ enrolled, policy }: Mover): boolean => enrolled === 'individual' || policy === 'reset';
const evacuated: Expected = (mover) =>
  isEvacuated(mover) ? { ...moved({ ...mover, policy: 'reset' }), hub: AWAY } : atHome(mover);

/** The old hub answers nobody, over any protocol, until everybody whom the plan names has left it. */
async function evacuate(stand: MoveStand, rolloutId: string): Promise<readonly string[]> {
  await stand.admin.addFault({ operation: '*', hub: HOME, fault: { kind: 'drop' } });
  const ids = stand.movers.filter(isEvacuated).map(({ deviceId }) => deviceId);
  const target = `{ hubs: [${HOME}], devices: [${ids.join(', ')}] }`;
  const more = '    evacuate: true\n';
  await stand.start(
    rolloutId,
    specOf(rolloutId, { target, more, batch: '{ size: 10, parallel: 100 }', arriveWithin: '30m', rollback: false }),
  );
  const { status, why } = await stand.rest(rolloutId);
  await stand.admin.removeFaults();
  if (status !== 'completed') return [`it is ${status}: ${why}`];
  await stand.connected(HOME);
  return problemsOf(await stand.outcome(), evacuated);
}

/** Most of a fleet's devices in one wave, at the limits that Azure has: none may be refused for having come too soon. */
async function flood(stand: MoveStand, rolloutId: string): Promise<readonly string[]> {
  const { registrationsPerMinute: registrations, operationsPerMinute: operations } = DPS_LIMITS;
  await stand.admin.setLimits(DPS, { registrations, operations });
  const watch = new RegistrationWatch(stand.admin, DPS);
  const batch = '{ size: 500, parallel: 4 }';
  await stand.start(rolloutId, specOf(rolloutId, { waves: '[rest]', batch, arriveWithin: '5m' }));
  let began: readonly number[] = [];
  const problems = await mustMove(stand, rolloutId).finally(async () => {
    began = await watch.stop();
  });
  const most = mostWithin(began, MINUTE_MS);
  stand.measured.push(`${began.length} registrations, at most ${most} within a minute`);
  const { logs } = await stand.outcome();
  const refused = logs.filter((log) => log.problems.some((problem) => /429|thrott|too many/i.test(problem)));
  return [
    ...problems,
    ...(began.length < stand.movers.length ? [`only ${began.length} registrations were seen`] : []),
    ...(most > registrations ? [`${most} registrations within a minute`] : []),
    ...(refused.length > 0 ? [`${refused.length} devices were told that they are too many`] : []),
  ];
}

export const SCENARIOS: readonly MoveScenario[] = [
  {
    name: 'plain',
    what: 'nothing is disturbed',
    async run(stand, rolloutId) {
      await stand.start(rolloutId, specOf(rolloutId));
      return mustMove(stand, rolloutId);
    },
  },
  {
    name: 'worker',
    what: 'the worker is killed at every step of the saga in turn',
    async run(stand, rolloutId) {
      await stand.start(rolloutId, specOf(rolloutId));
      await killAtEachStep(stand);
      return mustMove(stand, rolloutId);
    },
  },
  {
    name: 'webhook',
    what: 'the allocation webhook is down for a minute',
    async run(stand, rolloutId) {
      await stand.start(rolloutId, specOf(rolloutId, { arriveWithin: '5m' }));
      await stand.wave(rolloutId, 2);
      await stand.stack.kill('webhook');
      await sleep(60_000);
      await stand.stack.restart('webhook');
      return mustMove(stand, rolloutId);
    },
  },
  {
    name: 'throttled',
    what: 'the provisioning service lets a tenth through',
    async run(stand, rolloutId) {
      await stand.admin.setLimits(DPS, { registrations: 100, operations: 100 });
      await stand.start(rolloutId, specOf(rolloutId, { arriveWithin: '10m' }));
      return mustMove(stand, rolloutId);
    },
  },
  {
    name: 'flood',
    what: 'all devices in one wave, at the limits of Azure',
    stand: () => ({ light: true, telemetryEveryMs: 30_000 }),
    run: flood,
  },
  {
    name: 'evacuation',
    what: 'the old hub answers nobody',
    // It lasts long, and the local Azure keeps 16 MiB of a partition's events.
    stand: () => ({ telemetryEveryMs: 20_000 }),
    run: evacuate,
  },
  {
    name: 'deaf',
    what: 'one device says yes and never goes',
    stand: (devices) => ({ deaf: [deafOf(devices)] }),
    run: mustHoldForTheDeaf,
  },
  {
    name: 'quarantine',
    what: 'devices that fail are set apart, released, set apart again by a rollback, and released for good',
    stand: (devices) => ({ ailing: ailingOf(moversOf(devices)) }),
    run: quarantine,
  },
  {
    name: 'rollback',
    what: 'somebody wants all back in wave 2',
    async run(stand, rolloutId) {
      await stand.start(rolloutId, specOf(rolloutId, { batch: '{ size: 5 }' }));
      await stand.wave(rolloutId, 2);
      await stand.order('rollback', rolloutId, '--reason', 'of this test');
      const { status, why } = await stand.rest(rolloutId);
      if (status !== 'rolledBack') return [`it is ${status}: ${why}`];
      return problemsOf(await stand.outcome(), atHome);
    },
  },
];
