import { gateTexts } from './gate-texts';
import type { HubName, RolloutId } from './ids';
import { callsInFlight, type HubSku, jobSlots } from './limits';
import { shareMs } from './move-plan';
import { arrivalUse } from './move-uses';
import type { MovePlan, PlannedWave, PlanSummary, WaveShare } from './plan';
import type { RolloutSpec } from './spec';
import { devicesPerSecond, hubUse } from './uses';

/** A wave's part on one hub and in one zone, counted. */
export interface CountedShare extends WaveShare {
  readonly largestBatch: number;
}

/** A wave as it was cut, in the plan's order; members is the hash that PlannedWave has. */
export interface CountedWave {
  readonly asked: string;
  readonly members: string;
  readonly shares: readonly CountedShare[];
}

/** What was found in the target, and how it was cut. */
export interface Counted extends Pick<
  PlanSummary,
  'offlineCount' | 'skipped' | 'leftOut' | 'conflicts' | 'fingerprint'
> {
  readonly waves: readonly CountedWave[];
  /** Devices of the target on each hub, those in no wave counted. */
  readonly targetCounts: ReadonlyMap<HubName, number>;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const hubsOf = (shares: readonly CountedShare[]): HubName[] => [...new Set(shares.map(({ hub }) => hub))];

/** Time that a wave needs at the pace of its slowest hub; zones of one hub share its pace. */
function waveMs(spec: RolloutSpec, shares: readonly CountedShare[], skus: ReadonlyMap<HubName, HubSku>): number {
  const times = hubsOf(shares).map((hub) => {
    const sku = skus.get(hub);
    const devices = sum(shares.filter((share) => share.hub === hub).map(({ deviceCount }) => deviceCount));
    const own = sku === undefined ? 0 : Math.ceil((devices / devicesPerSecond(spec, sku)) * 1_000);
    return spec.action.kind === 'migrate' ? Math.max(own, shareMs(devices, spec.target.hubs.length)) : own;
  });
  return Math.max(0, ...times);
}

/**
 * Devices of a wave that may be in flight at once: of a job all its devices, since nothing stops it; of direct calls those
 * that are being called. Each zone of a hub runs its own batches at the same time.
 */
function inFlight(
  { action, batch, executor }: RolloutSpec,
  shares: readonly CountedShare[],
  skus: ReadonlyMap<HubName, HubSku>,
): number {
  const onHub = (hub: HubName): number => {
    const own = shares.filter((share) => share.hub === hub);
    const sku = skus.get(hub);
    const batches = sum(own.map(({ batchCount }) => Math.min(batch.parallel, batchCount)));
    const largest = own.reduce((most, { largestBatch }) => Math.max(most, largestBatch), 0);
    const all = sum(own.map(({ deviceCount }) => deviceCount));
    if (sku === undefined || executor === 'migrate') return Math.min(all, batches * largest);
    if (executor === 'job') return Math.min(all, Math.min(batches, jobSlots(sku)) * largest);
    const calls = callsInFlight(sku, action.kind === 'method' ? 'methods' : 'twinUpdates');
    return Math.min(all, batches * Math.min(largest, calls));
  };
  return sum(hubsOf(shares).map(onHub));
}

/** What the summary of a plan follows from besides the spec. */
export interface PlanFacts extends Counted {
  /** Of every hub of the target. */
  readonly skus: ReadonlyMap<HubName, HubSku>;
  /** Only of a move; with the hubs that devices go to. */
  readonly move?: { readonly plan: MovePlan; readonly skus: ReadonlyMap<HubName, HubSku> };
}

const shareOf = ({ part, hub, zone, deviceCount, batchCount }: CountedShare): WaveShare => ({
  part,
  hub,
  ...(zone !== undefined && { zone }),
  deviceCount,
  batchCount,
});

/**
 * Works a wave out.
 *
 * @param index its number, from 1
 */
export const plannedWave = (
  spec: RolloutSpec,
  { asked, members, shares }: CountedWave,
  index: number,
  skus: ReadonlyMap<HubName, HubSku>,
): PlannedWave => ({
  index,
  asked,
  deviceCount: sum(shares.map(({ deviceCount }) => deviceCount)),
  shares: shares.map(shareOf),
  members,
  estimateMs: waveMs(spec, shares, skus),
});

/** The plan's summary, but for the time that all of it takes: that goes by the calendar. */
export function summaryOf(rolloutId: RolloutId, spec: RolloutSpec, facts: PlanFacts): Omit<PlanSummary, 'estimateMs'> {
  const { waves: counted, skus, targetCounts, move } = facts;
  const waves = counted.map((wave, position) => plannedWave(spec, wave, position + 1, skus));
  const shares = counted.flatMap((wave) => wave.shares);
  const uses = [...skus].map(([hub, sku]) => {
    const own = shares.filter((share) => share.hub === hub);
    return hubUse(spec, {
      hub,
      sku,
      deviceCount: sum(own.map(({ deviceCount }) => deviceCount)),
      batchCount: sum(own.map(({ batchCount }) => batchCount)),
      targetCount: targetCounts.get(hub) ?? 0,
    });
  });
  const there = (move?.plan.to ?? []).flatMap((each) => {
    const sku = move?.skus.get(each.hub);
    return sku === undefined ? [] : [arrivalUse(spec, { ...each, sku })];
  });
  return {
    rolloutId,
    name: spec.name,
    deviceCount: sum(waves.map(({ deviceCount }) => deviceCount)),
    offlineCount: facts.offlineCount,
    skipped: facts.skipped,
    leftOut: facts.leftOut,
    waves,
    gates: gateTexts(spec),
    blastRadius: Math.max(0, ...counted.map((wave) => inFlight(spec, wave.shares, skus))),
    conflicts: facts.conflicts,
    uses: [...uses, ...there],
    ...(move && { move: move.plan }),
    fingerprint: facts.fingerprint,
  };
}
