import { createPlans } from '../../activities/ledger/plans';
import { createResults } from '../../activities/ledger/results';
import type { Lifeline } from '../../activities/lifeline';
import { createPlanningActivities } from '../../activities/planning';
import type { Hub, Slots } from '../../activities/ports';
import { createShareActivities } from '../../activities/shares/share';
import { createWindowActivities } from '../../activities/windows';
import { hubNameOf, type RolloutId } from '../../domain/ids';
import type { ShareInput, ShareProgress, ShareResult } from '../../domain/share';
import type { RolloutSpec } from '../../domain/spec';
import { activityContext } from './activity';
import { fakeLedger, noClaims } from './fake-hub';
import { batchOf, gateOf, REST, sizes, specOf as base } from './specs';

export const rolloutId = 'lock-doors' as RolloutId;
export const main = hubNameOf('main');

/** Device names in their own order: names(2) // => ['door-00', 'door-01'] */
export const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `door-${String(index).padStart(2, '0')}`);

/** One wave over all devices of one hub, in batches of five. */
export const shareSpec = (change: Partial<RolloutSpec> = {}): RolloutSpec =>
  base({
    target: { kind: 'query', hubs: [main], where: '*' },
    waves: sizes(REST),
    batch: batchOf({ size: 5 }),
    gate: gateOf({ failureLimit: 0.1 }),
    ...change,
  });

export const LOCK_DOOR = { kind: 'method', name: 'lockDoor', payload: null, responseTimeoutMs: 5_000 } as const;

/** Direct calls in batches of three that no failure limit stops. */
export const directSpec = (change: Partial<RolloutSpec> = {}): RolloutSpec =>
  shareSpec({
    executor: 'direct',
    action: LOCK_DOOR,
    gate: gateOf({ failureLimit: 1 }),
    batch: batchOf({ size: 3 }),
    ...change,
  });

export interface TestLine {
  stop: boolean;
  readonly beats: ShareProgress[];
  /** Milliseconds that were rested; they pass at once. */
  rested: number;
  /** Called at each check; may throw, as an attempt does that another one has taken over from. */
  onCheck?: (progress: ShareProgress) => void;
  /** Called at each rest. */
  onRest?: () => void;
}

/** @param rest what resting does; it takes no time unless told */
export function testLifeline(rest: (millis: number) => Promise<unknown> = () => Promise.resolve()) {
  const line: TestLine = { stop: false, beats: [], rested: 0 };
  const lifelineOf = (): Lifeline<ShareProgress> => ({
    beat: (progress) => void line.beats.push(progress),
    async check(progress) {
      line.beats.push(progress);
      line.onCheck?.(progress);
      await Promise.resolve();
    },
    stopAsked: () => line.stop,
    async rest(millis) {
      line.rested += millis;
      line.onRest?.();
      await rest(millis);
    },
  });
  return { line, lifelineOf };
}

/** Grants every slot at once, and remembers what was asked. */
export function fakeSlots() {
  const asked: string[] = [];
  const slots: Slots = {
    request: (_hub, { id, slots: count }) => {
      asked.push(`request ${id} ${count}`);
      return Promise.resolve(true);
    },
    look: () => Promise.resolve({ granted: true, contended: false }),
    release: (_hub, id) => {
      asked.push(`release ${id}`);
      return Promise.resolve();
    },
  };
  return { slots, asked };
}

/** @param heartbeatDetails of an earlier try, which makes it the second one */
export type RunShare = (change?: Partial<ShareInput>, heartbeatDetails?: ShareProgress) => Promise<ShareResult>;

/** Plans a rollout over a hub, and hands out what runs its shares. */
export async function shareOf(
  hub: Hub,
  spec = shareSpec(),
  slots: Slots = fakeSlots().slots,
  rest?: (millis: number) => Promise<unknown>,
) {
  const hubs = { get: () => hub };
  const ledger = fakeLedger();
  const { planRollout } = createPlanningActivities({
    hubs,
    ledger,
    claims: noClaims,
    windows: createWindowActivities(),
  });
  await activityContext().run(planRollout, { rolloutId, spec, runId: 'first' });
  const { line, lifelineOf } = testLifeline(rest);
  const results = createResults(ledger);
  const { runShare } = createShareActivities({ hubs, plans: createPlans(ledger), results, slots, lifelineOf });
  const input: ShareInput = {
    rolloutId,
    pass: 'wave',
    wave: 1,
    part: 1,
    hub: main,
    mode: 'run',
    limit: 'asked',
    settings: { ...spec.gate, ...spec.batch },
  };
  const run: RunShare = (change = {}, heartbeatDetails) =>
    activityContext({ heartbeatDetails, attempt: heartbeatDetails === undefined ? 1 : 2 }).run(runShare, {
      ...input,
      ...change,
    });
  return { run, ledger, line, results };
}
