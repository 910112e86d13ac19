import { GroundswellError } from './errors';
import { percent } from './gate';
import type { WaveRule, WaveSize } from './spec';

/** As a spec writes it: `5`, `20%`, `rest`. */
export function waveSizeText(size: WaveSize): string {
  switch (size.kind) {
    case 'count':
      return String(size.count);
    case 'share':
      return percent(size.share);
    case 'rest':
      return 'rest';
  }
}

/** The whole rule in a line. */
export function waveRuleText(rule: WaveRule): string {
  switch (rule.kind) {
    case 'sizes':
      return rule.sizes.map(waveSizeText).join(', ');
    case 'rings':
      return `rings ${rule.rings.map(({ name }) => name).join(', ')}`;
    case 'cohorts':
      return `cohorts by ${rule.tag}: ${rule.order.join(', ')}`;
    case 'ramp':
      return `ramp from ${rule.first}, times ${rule.factor} after each ${rule.stepAfter}`;
  }
}

// The margin keeps 0.07 * 100, which is 7.000000000000001, at 7.
const shareOf = (share: number, total: number): number => Math.ceil(share * total - 1e-9);

function wanted(size: WaveSize, total: number): number {
  if (size.kind === 'rest') return total;
  return size.kind === 'count' ? size.count : shareOf(size.share, total);
}

/**
 * Works out how many devices each wave gets. A share is of the whole target set, rounded up; a wave gets no more than
 * earlier ones have left, so the first is never empty and late ones may be.
 *
 * @param sizes the last one is `rest`
 * @param total devices in the target set, at least 1
 * @returns     one count a wave, adding up to `total`
 * @example     waveCounts([{ kind: 'count', count: 5 }, { kind: 'share', share: 0.2 }, { kind: 'rest' }], 100) // => [5, 20, 75]
 * @see         docs/decisions/0006-wave-sizes.md, for why shares are of the whole set and rounded up
 */
export function waveCounts(sizes: readonly WaveSize[], total: number): number[] {
  let left = total;
  return sizes.map((size) => {
    const count = Math.min(left, wanted(size, total));
    left -= count;
    return count;
  });
}

/** Waves that a rollout may have, at most: its state holds each of them. */
export const MAX_WAVES = 500;

type Ramp = Extract<WaveRule, { kind: 'ramp' }>;

/**
 * Works out a ramp's waves: after each `stepAfter` devices they are `factor` times as large, up to `most`.
 *
 * @param total devices in the target set
 * @returns     no empty wave; they add up to `total`
 * @throws      GS_PLAN_WAVES when there would be more than MAX_WAVES
 * @example     rampCounts({ kind: 'ramp', first: 5, factor: 2, stepAfter: 10 }, 60) // => [5, 5, 10, 20, 20]
 */
export function rampCounts({ first, factor, stepAfter, most = Infinity }: Ramp, total: number): number[] {
  const counts: number[] = [];
  for (let done = 0; done < total;) {
    if (counts.length === MAX_WAVES) throw new GroundswellError('GS_PLAN_WAVES', { devices: total, most: MAX_WAVES });
    const size = Math.floor(first * factor ** Math.floor(done / stepAfter));
    const count = Math.min(size, most, total - done);
    counts.push(count);
    done += count;
  }
  return counts;
}

/** What a rule wants to know of a device. */
export interface Placed {
  /** Position of the first ring whose condition holds for it. */
  readonly ring?: number;
  /** Value of the tag that cohorts go by. */
  readonly tag?: string;
}

/**
 * Says which group a device is in. Rings and cohorts have a group a wave; of sizes and ramps there is one group, which
 * is cut by count.
 *
 * @returns undefined when no wave takes the device
 */
export function groupOf(rule: WaveRule, { ring, tag }: Placed): number | undefined {
  switch (rule.kind) {
    case 'sizes':
    case 'ramp':
      return 0;
    case 'rings': {
      const last = rule.rings.length - 1;
      return ring ?? (typeof rule.rings[last]?.where === 'object' ? last : undefined);
    }
    case 'cohorts': {
      const position = tag === undefined ? -1 : rule.order.indexOf(tag);
      if (position >= 0) return position;
      return rule.others === 'last' ? rule.order.length : undefined;
    }
  }
}

/** Groups that a rule has. */
export function groupCountOf(rule: WaveRule): number {
  if (rule.kind === 'rings') return rule.rings.length;
  return rule.kind === 'cohorts' ? rule.order.length + (rule.others === 'last' ? 1 : 0) : 1;
}

/** A wave as a rule cuts it: the next `deviceCount` devices of a group, in the plan's order. */
export interface WaveCut {
  readonly asked: string;
  readonly group: number;
  readonly deviceCount: number;
}

function cutsOf(rule: WaveRule, groups: readonly number[]): WaveCut[] {
  const [total = 0] = groups;
  const cut = (asked: string, group: number, deviceCount = groups[group] ?? 0) => ({ asked, group, deviceCount });
  switch (rule.kind) {
    case 'sizes': {
      const counts = waveCounts(rule.sizes, total);
      return rule.sizes.map((size, position) => cut(waveSizeText(size), 0, counts[position]));
    }
    case 'ramp':
      return rampCounts(rule, total).map((count) => cut(String(count), 0, count));
    case 'rings':
      return rule.rings.map(({ name }, group) => cut(name, group));
    case 'cohorts':
      return [...rule.order, ...(rule.others === 'last' ? ['others'] : [])].map((asked, group) => cut(asked, group));
  }
}

/**
 * Cuts the target set into waves. An empty ring or cohort gives up its place: it comes last, so that the first wave has
 * devices wherever there are any.
 *
 * @param groups devices in each group of `groupOf`
 * @returns      one cut a wave, adding up to all of the groups; the empty ones at the end
 * @throws       GS_PLAN_WAVES
 */
export function waveCuts(rule: WaveRule, groups: readonly number[]): WaveCut[] {
  const cuts = cutsOf(rule, groups);
  return [...cuts.filter(({ deviceCount }) => deviceCount > 0), ...cuts.filter(({ deviceCount }) => deviceCount === 0)];
}
