import { CancelledFailure, Context } from '@temporalio/activity';
import { SLOTS, slotsFor, slowestPerMinute } from '../../domain/dps-limits';
import { GroundswellError } from '../../domain/errors';
import { type HubName, hubNameOf } from '../../domain/ids';
import { jobSlots } from '../../domain/limits';
import {
  type BatchRef,
  shareIdOf,
  type ShareInput,
  type ShareProgress,
  type ShareRef,
  type ShareResult,
} from '../../domain/share';
import type { RolloutSpec } from '../../domain/spec';
import type { ShareActivities } from '../contracts';
import { createDirectExecutor } from '../executors/direct';
import type { Deed, Executor } from '../executors/executor';
import { createJobExecutor } from '../executors/job';
import { createMigrateExecutor, type MoveDependencies } from '../executors/migrate';
import type { PlanRecord, Plans } from '../ledger/plans';
import type { Results } from '../ledger/results';
import type { Lifeline } from '../lifeline';
import type { Hub, Hubs, Slots } from '../ports';
import type { Provisioning } from '../provisioning-ports';
import type { BatchParts } from './batch';
import { catchUpWork, type StragglerShare } from './catch-up';
import { Isolation } from './isolation';
import { Pace } from './pace';
import { plannedWork } from './planned';
import { createRetries } from './retries';
import { rollbackWork } from './rollback';
import { ShareRun } from './run';
import { snapshotReader } from './snapshots';
import { allOf, Turn, type Turns } from './turn';
import type { Work } from './work';

export interface ShareDependencies {
  readonly hubs: Hubs;
  readonly plans: Plans;
  readonly results: Results;
  readonly slots: Slots;
  readonly lifelineOf: (context: Context) => Lifeline<ShareProgress>;
  /** What moves need; without it a rollout that moves devices is refused. */
  readonly moving?: Omit<MoveDependencies, 'hubs'>;
}

/** What a share's devices are to do, and by which executor. */
interface Doing {
  readonly deed: Deed;
  readonly by: RolloutSpec['executor'];
}

/**
 * What a pass does. A rollback without an action of its own brings twins back to their snapshots, device by device, which
 * only direct calls can.
 */
function doingOf(input: ShareInput, spec: RolloutSpec, results: Results): Doing {
  const { action, executor, rollback } = spec;
  if (input.pass !== 'rollback') return { deed: action, by: executor };
  if (rollback?.action !== undefined) return { deed: rollback.action, by: executor };
  if (action.kind === 'method')
    throw new GroundswellError('GS_NO_ROLLBACK', { rolloutId: input.rolloutId, action: action.name });
  if (action.kind === 'migrate') return { deed: { kind: 'moveBack', applied: action }, by: 'migrate' };
  const snapshotOf = snapshotReader(results, input.rolloutId);
  return { deed: { kind: 'restore', applied: action, snapshotOf }, by: 'direct' };
}

/** The planned shares of a hub, wave by wave. Late joiners' waves are in no summary; the plans know them. */
async function* sharesOn(
  plans: Plans,
  plan: PlanRecord,
  { rolloutId, hub }: ShareInput,
): AsyncGenerator<StragglerShare> {
  for await (const wave of plans.waves(plan)) {
    for (const { part, hub: on, batchCount } of wave.shares) {
      if (on === hub) yield { at: { rolloutId, pass: 'wave', wave: wave.index, part, hub }, batchCount };
    }
  }
}

const sameShare = (input: ShareRef, { pass, wave, part, hub }: ShareProgress): boolean =>
  input.pass === pass && input.wave === wave && input.part === part && input.hub === hub;

/** What is known of the share from heartbeats of an earlier try of this very activity. */
function toldBefore(input: ShareInput, context: Context): ShareProgress | undefined {
  const told = context.info.heartbeatDetails as ShareProgress | undefined;
  return told !== undefined && sameShare(input, told) ? told : undefined;
}

export const createShareActivities = ({
  hubs,
  plans,
  results,
  slots,
  lifelineOf,
  moving,
}: ShareDependencies): ShareActivities => {
  const pace = new Pace();
  const isolationPace = new Pace();
  const executors: Readonly<Record<RolloutSpec['executor'], Executor>> = {
    job: createJobExecutor(),
    direct: createDirectExecutor(),
    migrate: moving ? createMigrateExecutor({ hubs, ...moving }) : UNABLE,
  };

  /** Where the spec sets failing devices apart on another hub: their moves take turns with all others of the service. */
  function isolationOf({ quarantine, priority }: RolloutSpec, home: Hub): Isolation | undefined {
    if (quarantine?.hub === undefined) return undefined;
    const { hub } = quarantine;
    const service = moving?.provisionings.get();
    const arbiter = arbiterOf(service ?? { name: 'none' });
    return new Isolation({
      rule: { ...quarantine, hub },
      home,
      away: hubs.get(hub),
      executor: executors.migrate,
      turnOf: (at) => new Turn(slots, arbiter, isolationClaimOf(at, priority), true, WAITS_FOR_SERVICE),
      async pace({ rolloutId }, deviceCount, watch) {
        let left = isolationPace.take({ rolloutId, hub: arbiter }, deviceCount, slowestPerMinute(1));
        for (; left > 0 && !watch.stopAsked(); left -= SLICE_MS) await watch.rest(Math.min(left, SLICE_MS));
      },
    });
  }

  async function workOf(input: ShareInput, plan: PlanRecord, target: Hub, alive: () => boolean): Promise<Work> {
    const { spec } = plan;
    if (input.pass === 'wave') return plannedWork(plans, plan, input);
    if (input.pass === 'rollback') {
      const { batchCount } = await plans.share(plan, input.wave, input.part);
      const part = spec.target.hubs.indexOf(input.hub) + 1;
      const catchUp: ShareRef = { rolloutId: input.rolloutId, pass: 'catchUp', wave: 0, part, hub: input.hub };
      return rollbackWork(results, input, { spec, batchCount, catchUp, alive });
    }
    const shares = sharesOn(plans, plan, input);
    const { attempts } = spec.retry;
    return catchUpWork(results, input, { hub: target, shares, attempts, batchSize: spec.batch.size, alive });
  }

  async function runShare(input: ShareInput): Promise<ShareResult> {
    const context = Context.current();
    const lifeline = lifelineOf(context);
    const told = toldBefore(input, context);
    const from = told?.cursor ?? input.cursor;
    const plan = await plans.record(input.rolloutId);
    const { spec } = plan;
    const target = hubs.get(input.hub);
    const { deed, by } = doingOf(input, spec, results);
    const isDirect = by !== 'job';
    const isolation = isolationOf(spec, target);
    const takesJobSlot = by === 'job' || tellsByJob(input, spec);
    const batch: BatchParts = {
      results,
      target,
      executor: executors[by],
      isDirect,
      takesJobSlot,
      deed,
      spec,
      checkpoints: told?.checkpoints ?? [],
      passOver: input.passOver ?? [],
      ...(isolation && { isolation }),
    };
    const alive = (): boolean => {
      context.heartbeat(told ?? (from && { ...input, cursor: from }));
      return !lifeline.stopAsked();
    };
    const work = await workOf(input, plan, target, alive);
    // The catch-up looks at who is offline by itself, as often as it may.
    const on = spec.retry.on.filter((kind) => input.pass !== 'catchUp' || kind !== 'offline');
    const retry = { ...spec.retry, on };
    const retries = createRetries(results, input, retry, spec.batch.size);
    const mayBeHeld = isContinued(input, context);
    const service =
      moving && spec.action.kind === 'migrate' ? moving.provisionings.get(spec.action.provisioning) : undefined;
    const pacing = service && provisioningClaimOf(input, spec, work.size);
    const turns = [
      ...(service && pacing ? [new Turn(slots, arbiterOf(service), pacing, mayBeHeld, WAITS_FOR_SERVICE)] : []),
      ...(takesJobSlot ? [new Turn(slots, input.hub, claimOf(input, spec, target), mayBeHeld)] : []),
    ];
    const turn = turns.length === 0 ? undefined : allOf(turns);
    const run = new ShareRun({
      input,
      batch,
      work,
      retry,
      retries,
      pace,
      lifeline,
      alive,
      ...(turn && { turn }),
      ...(pacing && { worth: slowestPerMinute(pacing.slots) }),
      ...(from && { from }),
    });
    return withTurn(turn, () => run.run());
  }

  return { runShare };
};

/**
 * Whether another worker may have begun the share. What that one left of slots must be given back also where nothing is left
 * to run: its rollout goes on, so the arbiter would never take them for lost, and its next wave would wait for ever.
 */
const isContinued = ({ mode, cursor }: ShareInput, { info }: Context): boolean =>
  info.attempt > 1 || mode === 'settle' || cursor !== undefined;

const claimOf = (input: ShareInput, { priority }: RolloutSpec, { sku }: Hub) => ({
  id: shareIdOf(input),
  rolloutId: input.rolloutId,
  priority,
  slots: Math.min(input.settings.parallel, jobSlots(sku)),
  of: jobSlots(sku),
});

/** Rests are cut into slices of this length, so that a stop is heard. */
const SLICE_MS = 2_000;

/** One slot of the service, for the devices of one batch that are set apart. */
const isolationClaimOf = (at: BatchRef, priority: number) => ({
  id: `${shareIdOf(at)}-b${at.batch}-a${at.attempt}-q`,
  rolloutId: at.rolloutId,
  priority,
  slots: 1,
  of: SLOTS,
});

const WAITS_FOR_SERVICE = 'its turn at the provisioning service';

/** The provisioning service's arbiter goes under a name that no hub has. */
const arbiterOf = ({ name }: Pick<Provisioning, 'name'>): HubName => hubNameOf(`dps:${name}`);

const provisioningClaimOf = (input: ShareInput, { priority, target }: RolloutSpec, deviceCount: number) => ({
  id: shareIdOf(input),
  rolloutId: input.rolloutId,
  priority,
  slots: slotsFor(deviceCount, target.hubs.length),
  of: SLOTS,
});

/** Whether a hub job tells a move's devices to leave. */
const tellsByJob = ({ pass }: ShareInput, { action }: RolloutSpec): boolean =>
  pass !== 'rollback' && action.kind === 'migrate' && action.trigger.kind === 'method' && action.trigger.by === 'job';

const UNABLE: Executor = {
  run: () => Promise.reject(new GroundswellError('GS_DPS_UNKNOWN', { provisioning: 'of the stack' })),
};

/** Gives the slots back on every way out, but not where another worker goes on with them. */
async function withTurn<Result>(turn: Turns | undefined, run: () => Promise<Result>): Promise<Result> {
  try {
    const result = await run();
    await turn?.giveBack();
    return result;
  } catch (error) {
    if (!(error instanceof CancelledFailure)) await turn?.giveBack().catch(() => undefined);
    throw error;
  }
}
