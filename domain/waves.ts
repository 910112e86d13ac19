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

/**
 * Cuts items into slices of the given lengths, in order.
 *
 * @param counts lengths that add up to the number of items
 * @example slices(['a', 'b', 'c'], [1, 2]) // => [['a'], ['b', 'c']]
 */
export function slices<Item>(items: readonly Item[], counts: readonly number[]): Item[][] {
  let from = 0;
  return counts.map((count) => items.slice(from, (from += count)));
}
