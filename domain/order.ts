/**
 * Hashes text to 32 bits: FNV-1a over UTF-16 units, then the finalizer of MurmurHash3 so that ids that differ in their
 * last character only do not stay neighbours. Not for secrets.
 *
 * Source: FNV, draft-eastlake-fnv, section 5 (constants for 32 bits); MurmurHash3, fmix32.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** What orders devices: the same for the same seed and key, whatever else there is. 0 to 2^32 - 1; distinct keys may share one. */
export const rankOf = (seed: string, key: string): number => hash32(`${seed}\n${key}`);

const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/**
 * Puts items into the order that a seed gives them: the same seed and keys give the same order, whatever order they came
 * in, and another seed gives another one, so that two rollouts do not always choose the same canaries.
 *
 * @param keyOf distinct keys
 */
export const seededOrder = <Item>(items: readonly Item[], keyOf: (item: Item) => string, seed: string): Item[] =>
  items
    .map((item) => ({ item, key: keyOf(item), rank: rankOf(seed, keyOf(item)) }))
    .sort((left, right) => left.rank - right.rank || compareText(left.key, right.key))
    .map(({ item }) => item);
