/** A binary heap: the least of its items in O(log n). */
export class Heap<T> {
  #items: T[] = [];

  constructor(private readonly compare: (a: T, b: T) => number) {}

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(this.#items.length - 1);
  }

  pop(): T | undefined {
    const [first] = this.#items;
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last;
      this.#sink(0);
    }
    return first;
  }

  /** Leaves out what `wanted` refuses. */
  keep(wanted: (item: T) => boolean): void {
    this.#items = this.#items.filter(wanted).sort(this.compare); // what is sorted is a heap
  }

  #rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (this.#isOrdered(parent, at)) return;
      this.#swap(parent, at);
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = right < this.#items.length && !this.#isOrdered(left, right) ? right : left;
      if (child >= this.#items.length || this.#isOrdered(at, child)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #isOrdered(above: number, below: number): boolean {
    const [a, b] = [this.#items[above], this.#items[below]];
    return a === undefined || b === undefined || this.compare(a, b) <= 0;
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#items[a], this.#items[b]];
    if (first === undefined || second === undefined) return;
    [this.#items[a], this.#items[b]] = [second, first];
  }
}
