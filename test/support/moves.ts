import { setImmediate as soon } from 'node:timers/promises';
import { createMoves } from '../../activities/ledger/moves';
import { createPlans } from '../../activities/ledger/plans';
import { createResults } from '../../activities/ledger/results';
import { createPlanningActivities } from '../../activities/planning';
import { createShareActivities } from '../../activities/shares/share';
import { createWindowActivities } from '../../activities/windows';
import { hubNameOf, type RolloutId } from '../../domain/ids';
import type { ShareInput, ShareProgress, ShareResult } from '../../domain/share';
import type { MigrateAction, RolloutSpec } from '../../domain/spec';
import { activityContext } from './activity';
import { fakeLedger, noClaims } from './fake-hub';
import type { FakeWorld } from './fake-provisioning';
import { fakeSlots, testLifeline } from './shares';
import { batchOf, gateOf, REST, sizes, specOf } from './specs';

export const WEST = hubNameOf('west');
export const EAST = hubNameOf('east');
export const rolloutId = 'go-east' as RolloutId;

export const TELL = {
  kind: 'method',
  name: 'reprovision',
  payload: {},
  responseTimeoutMs: 5_000,
  by: 'direct',
} as const;

export const migrateTo = (change: Partial<MigrateAction> = {}): MigrateAction => ({
  kind: 'migrate',
  to: EAST,
  trigger: TELL,
  arriveWithinMs: 60_000,
  compare: { tags: true, desired: true, reported: 'byPolicy', modules: true, ignore: [] },
  oldIdentity: 'leave',
  evacuate: false,
  ...change,
});

export const moveSpec = (action: MigrateAction = migrateTo(), change: Partial<RolloutSpec> = {}): RolloutSpec =>
  specOf({
    name: 'go-east',
    target: { kind: 'query', hubs: [WEST], where: '*' },
    action,
    executor: 'migrate',
    waves: sizes(REST),
    gate: gateOf({ failureLimit: 1 }),
    batch: batchOf({ size: 100 }),
    ...change,
  });

/** What moves need: in memory, or of the local Azure. */
export type MoveWorld = Pick<FakeWorld, 'hubs' | 'provisionings' | 'assignments' | 'identities'>;

/** A rest that takes no time: the clock goes on by it. */
const atOnce = async (millis: number): Promise<void> => {
  jest.setSystemTime(Date.now() + millis);
  await soon();
};

/** Plans a move, and hands out what runs its shares. */
export async function moveOf(
  world: MoveWorld,
  spec: RolloutSpec = moveSpec(),
  rest: (millis: number) => Promise<unknown> = atOnce,
) {
  const { hubs, provisionings, assignments, identities } = world;
  const ledger = fakeLedger();
  const moves = createMoves(ledger);
  const { planRollout } = createPlanningActivities({
    hubs,
    ledger,
    claims: noClaims,
    windows: createWindowActivities(),
    provisionings,
    identities,
  });
  await activityContext().run(planRollout, { rolloutId, spec, runId: 'first' });
  const { line, lifelineOf } = testLifeline(rest);
  const { slots, asked } = fakeSlots();
  const results = createResults(ledger);
  const { runShare } = createShareActivities({
    hubs,
    plans: createPlans(ledger),
    results,
    slots,
    lifelineOf,
    moving: { provisionings, assignments, identities, moves },
  });
  const input: ShareInput = {
    rolloutId,
    pass: 'wave',
    wave: 1,
    part: 1,
    hub: WEST,
    mode: 'run',
    limit: 'asked',
    settings: { ...spec.gate, ...spec.batch },
  };
  const run = (change: Partial<ShareInput> = {}, heartbeatDetails?: ShareProgress): Promise<ShareResult> =>
    activityContext({ heartbeatDetails, attempt: heartbeatDetails === undefined ? 1 : 2 }).run(runShare, {
      ...input,
      ...change,
    });
  const outcomes = async (change: Partial<ShareInput & { attempt: number; batch: number }> = {}) =>
    (await results.ended({ ...input, attempt: 1, batch: 1, ...change }))?.outcomes ?? [];
  return { run, outcomes, ledger, line, asked };
}

/** Fakes the date and nothing else: rests of the world in memory move it, and timers stay real. */
export const fakeDate = (): void =>
  void jest.useFakeTimers({
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
