import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../domain/canonical';
import { GroundswellError } from '../domain/errors';
import type { HubName, RolloutId } from '../domain/ids';
import { FULL_SKUS, type HubSku, isFull } from '../domain/limits';
import { asksHubs, moveOf } from '../domain/move-scope';
import type { PlanSummary } from '../domain/plan';
import { planDifferences } from '../domain/plan-differences';
import { type CountedWave, plannedWave, summaryOf } from '../domain/planning';
import type { RolloutSpec } from '../domain/spec';
import { groupCountOf, groupOf, waveCuts } from '../domain/waves';
import { beat } from './beat';
import type { JoinersInput, PlanActivities, PlanInput, PreviewInput, WindowActivities } from './contracts';
import { createPlans, type JoinersRecord, type PlanRecord } from './ledger/plans';
import { rolloutPath } from './ledger/records';
import { assertQuarantine } from './planning/apart';
import { Gathering } from './planning/gather';
import { MoveGathering, movePartsOf } from './planning/moves';
import { type Counting, countWaves, type Sink, writeAsides, writeWaves } from './planning/plan-waves';
import { sortTarget } from './planning/sort';
import { type Member, Spill } from './planning/spill';
import { estimateMs } from './planning/timetable';
import { withWorkspace } from './planning/workspace';
import type { Claims, Hubs, Ledger } from './ports';
import type { IdentityStores, Provisionings } from './provisioning-ports';

export interface PlanningParts {
  readonly hubs: Hubs;
  readonly ledger: Ledger;
  readonly claims: Claims;
  readonly windows: Pick<WindowActivities, 'nextOpening'>;
  /** What only the plan of a move reads. */
  readonly provisionings?: Provisionings;
  readonly identities?: IdentityStores;
}

/** A plan before anything of it is written. */
interface Draft extends Omit<Counting, 'firstWave'> {
  readonly summary: PlanSummary;
}

/** Two plans with the same fingerprint do the same: same spec, same members in the same order, same quotas. */
const fingerprintOf = (
  spec: RolloutSpec,
  waves: readonly CountedWave[],
  { skus, enrollments }: { readonly skus: ReadonlyMap<HubName, HubSku>; readonly enrollments?: string | undefined },
): string =>
  createHash('sha256')
    .update(
      canonicalJson({
        spec,
        waves: waves.map(({ members }) => members),
        skus: [...skus],
        ...(enrollments && { enrollments }),
      }),
    )
    .digest('hex');

export const createPlanningActivities = (parts: PlanningParts): PlanActivities => {
  const { hubs, ledger, claims, windows } = parts;
  const plans = createPlans(ledger);

  /** Other running rollouts that change devices of these hubs. */
  async function othersOf(rolloutId: RolloutId, names: readonly HubName[]): Promise<RolloutId[]> {
    const perHub = await Promise.all(names.map((hub) => claims.rolloutsOn(hub)));
    return [...new Set(perHub.flat())].filter((other) => other !== rolloutId).sort();
  }

  /** @throws GS_HUB_UNKNOWN, GS_HUB_TIER */
  function skusOf({ target }: RolloutSpec): Map<HubName, HubSku> {
    const skus = new Map(target.hubs.map((hub) => [hub, hubs.get(hub).sku]));
    for (const [hub, sku] of skus)
      if (!isFull(sku)) throw new GroundswellError('GS_HUB_TIER', { hub, sku: sku.name, allowed: FULL_SKUS });
    return skus;
  }

  async function draft({ rolloutId, spec }: PreviewInput, folder: string): Promise<Draft> {
    const { target, waves } = spec;
    const skus = skusOf(spec);
    assertQuarantine(spec, parts);
    const rollouts = await othersOf(rolloutId, target.hubs);
    const spill = new Spill(folder, rolloutId, target.hubs);
    const gathering = new Gathering(hubs, spill, beat);
    const move = moveOf(spec) && new MoveGathering(movePartsOf(parts), spec, spill, beat);
    const found = asksHubs(spec) ? await gathering.target(spec) : 0;
    const registered = (await move?.enrollments()) ?? 0;
    if (found + registered === 0) {
      const where = target.kind === 'query' && { where: target.where };
      throw new GroundswellError('GS_TARGET_EMPTY', { hubs: target.hubs, ...where });
    }
    await gathering.others(plans, rollouts, target.hubs);

    const check = await move?.check(gathering.origins);
    const groups = { groupCount: groupCountOf(waves), groupOf: (member: Member) => groupOf(waves, member) };
    const sorted = await sortTarget(spill, { folder, ...groups, rollouts, beat, ...(check && { check }) });
    const moving = check && {
      plan: check.plan(await othersOf(rolloutId, [...check.skus.keys()])),
      skus: check.skus,
    };
    const cuts = waveCuts(waves, sorted.groups);
    const counted = await countWaves(spec, sorted, cuts, beat);
    const enrollments = moving?.plan.enrollments;
    const all = new Map([...skus, ...(moving?.skus ?? [])]);
    const fingerprint = fingerprintOf(spec, counted, { skus: all, enrollments });
    const facts = { ...sorted, ...sorted.asides, waves: counted, skus, fingerprint, ...(moving && { move: moving }) };
    const summary = summaryOf(rolloutId, spec, facts);
    const millis = await estimateMs(windows, spec, summary.waves, Date.now());
    return { sorted, cuts, counted, summary: { ...summary, estimateMs: millis } };
  }

  /** Chunks of a plan that was never frozen must not get in the way of the next try, so each try has its own folder. */
  const sinkOf = (rolloutId: RolloutId): Sink => ({
    ledger,
    folder: `${rolloutPath(rolloutId)}/plan-${randomUUID().replaceAll('-', '').slice(0, 16)}`,
    beat,
  });

  async function freeze({ runId, expects, ...input }: PlanInput, folder: string): Promise<PlanRecord> {
    const { rolloutId, spec } = input;
    const made = await draft(input, folder);
    const changes = expects === undefined ? [] : planDifferences(expects, made.summary);
    if (changes.length > 0) throw new GroundswellError('GS_PLAN_STALE', { rolloutId, changes });
    const sink = sinkOf(rolloutId);
    const waves = await writeWaves(spec.batch.size, { ...made, firstWave: 1 }, sink);
    const asides = await writeAsides(made.sorted, sink);
    return plans.freeze({ runId, spec, summary: made.summary, chunks: [...waves, ...asides] });
  }

  /**
   * Who matches now and is new. The provisioning service is asked what stands in their way only where there are any, since
   * that takes a pass over all its enrollments.
   */
  async function newcomers({ rolloutId, spec }: JoinersInput, folder: string) {
    const { hubs: names } = spec.target;
    const spill = new Spill(folder, rolloutId, names);
    const gathering = new Gathering(hubs, spill, beat);
    await gathering.target(spec);
    // Who was in no ring then may be in one now.
    const known = (await plans.chunks(await plans.record(rolloutId))).filter(({ kind }) => kind !== 'leftOut');
    await gathering.chunks(plans, known, names, { kind: 'known' });
    if (moveOf(spec) === undefined) return { spill };

    const fresh = new Spill(await mkdtemp(join(folder, 'new-')), rolloutId, names);
    let count = 0;
    for await (const members of spill.members()) {
      for (const member of members.filter((each) => !each.known)) {
        fresh.carry(member);
        count += 1;
      }
      await fresh.relieve();
    }
    if (count === 0) return { spill: fresh };
    const move = new MoveGathering(movePartsOf(parts), spec, fresh, beat);
    await move.enrollments();
    return { spill: fresh, check: await move.check(gathering.origins) };
  }

  /** A further wave of those that match now and are new. All of them, in the plan's order, whatever the wave rule. */
  async function freezeJoiners(
    input: JoinersInput,
    folder: string,
  ): Promise<{ readonly record?: JoinersRecord } & Pick<JoinersRecord, 'turnedAway'>> {
    const { rolloutId, spec, runId, wave } = input;
    const { spill, check } = await newcomers(input, folder);
    const sorted = await sortTarget(spill, {
      folder,
      groupCount: 1,
      groupOf: (member) => (groupOf(spec.waves, member) === undefined ? undefined : 0),
      rollouts: [],
      beat,
      ...(check && { check, turnsAway: (member) => check.turnsAway(member) }),
    });
    const turned = moveOf(spec) && { turnedAway: check?.turnedAway ?? [] };
    const [deviceCount = 0] = sorted.groups;
    if (deviceCount === 0) return { ...turned };
    const cuts = [{ asked: 'late joiners', group: 0, deviceCount }];
    const counted = await countWaves(spec, sorted, cuts, beat);
    const chunks = await writeWaves(spec.batch.size, { sorted, cuts, counted, firstWave: wave }, sinkOf(rolloutId));
    const [planned] = counted.map((each) => plannedWave(spec, each, wave, skusOf(spec)));
    if (planned === undefined) return { ...turned };
    return { record: await plans.freezeJoiners(rolloutId, { runId, wave: planned, ...turned, chunks }) };
  }

  const assertOwn = (rolloutId: RolloutId, runId: string, frozen: { readonly runId: string }): void => {
    if (frozen.runId !== runId) throw new GroundswellError('GS_ROLLOUT_EXISTS', { rolloutId });
  };

  return {
    previewPlan: (input) => withWorkspace(async (folder) => (await draft(input, folder)).summary),

    async planRollout(input) {
      const { rolloutId, runId } = input;
      const frozen = (await plans.find(rolloutId)) ?? (await withWorkspace((folder) => freeze(input, folder)));
      assertOwn(rolloutId, runId, frozen);
      return frozen.summary;
    },

    async planJoiners(input) {
      const { rolloutId, runId, wave } = input;
      const found = await plans.findJoiners(rolloutId, wave);
      const { record = found, ...turned } = found ? {} : await withWorkspace((folder) => freezeJoiners(input, folder));
      if (record === undefined) return turned;
      assertOwn(rolloutId, runId, record);
      return { wave: record.wave, ...(record.turnedAway && { turnedAway: record.turnedAway }) };
    },
  };
};
