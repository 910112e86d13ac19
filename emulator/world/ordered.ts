/** A map whose entries keep the order in which they came, and whose order can be entered at any place in O(log n). */
export class Ordered<V> {
  readonly #byKey = new Map<string, Slot<V>>();
  #slots: Slot<V>[] = [];
  #next = 1;

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): V | undefined {
    return this.#byKey.get(key)?.value;
  }

  /** The position that the next entry gets unless it brings one. */
  get nextPosition(): number {
    return this.#next;
  }

  /**
   * Adds at the end.
   *
   * @param position a position that was kept; not below {@link nextPosition}
   * @throws Error when the key is there already
   */
  add(key: string, value: V, position = this.#next): void {
    if (this.#byKey.has(key)) throw new Error(`'${key}' is there already`);
    this.#next = position + 1;
    const slot = { position, value, live: true };
    this.#byKey.set(key, slot);
    this.#slots.push(slot);
  }

  delete(key: string): void {
    const slot = this.#byKey.get(key);
    if (slot === undefined) return;
    slot.live = false;
    this.#byKey.delete(key);
    if (this.#slots.length > 64 && this.#slots.length > 2 * this.size)
      this.#slots = this.#slots.filter((each) => each.live);
  }

  /** Entries after a position (0 for all), oldest first, each with its own position. */
  *after(position: number): Generator<readonly [position: number, value: V]> {
    const slots = this.#slots; // a compaction replaces the array, so this one stays as it is
    for (let i = firstAfter(slots, position); i < slots.length; i++) {
      const slot = slots[i];
      if (slot?.live) yield [slot.position, slot.value];
    }
  }

  /** As {@link after}, of these keys only. */
  among(keys: ReadonlySet<string>, position: number): (readonly [position: number, value: V])[] {
    return [...keys]
      .flatMap((key) => this.#byKey.get(key) ?? [])
      .filter((slot) => slot.position > position)
      .sort((a, b) => a.position - b.position)
      .map((slot) => [slot.position, slot.value]);
  }
}

interface Slot<V> {
  readonly position: number;
  readonly value: V;
  live: boolean;
}

function firstAfter(slots: readonly Slot<unknown>[], position: number): number {
  let [low, high] = [0, slots.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((slots[middle]?.position ?? Infinity) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
