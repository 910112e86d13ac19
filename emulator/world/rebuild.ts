/** A part of the emulator that is built from the store, and can be built from it again. */
export interface Rebuildable {
  /** Drops connections, timers and all that is remembered; writes nothing to the store. */
  unload(): void | Promise<void>;
  /** Builds itself from what the store holds now. */
  load(): void | Promise<void>;
}

/** The parts that a restored snapshot rebuilds, in the order in which they were added: a later one may use an earlier. */
export class Rebuild {
  readonly #parts: Rebuildable[] = [];

  add(part: Rebuildable): void {
    this.#parts.push(part);
  }

  /** Unloads every part, has `change` change the store, and loads them again. */
  async around(change: () => void): Promise<void> {
    for (const part of this.#parts.toReversed()) await part.unload();
    change();
    for (const part of this.#parts) await part.load();
  }
}
