import type { DeviceView } from '../../telemetry/view';

/** Neither a hub's name nor a device id has a line feed. */
export const keyOf = ({ hub, deviceId }: Pick<DeviceView, 'hub' | 'deviceId'>): string => `${hub}\n${deviceId}`;

const seenOf = ({ count, rejected }: DeviceView): number => count + rejected;

/**
 * All devices that the page knows, as they were told last. Two hosts may tell of one device in either order: counts only
 * rise, so the view that has counted more is the newer one.
 */
export class FleetStore {
  readonly #views = new Map<string, DeviceView>();
  readonly #listeners = new Set<() => void>();
  /** Told while a load runs: those it does not need to find. */
  #told: Set<string> | undefined;
  #scheduled = false;
  /** Rises with each change. */
  version = 0;

  /** @param schedule runs the listeners a little later, so that many changes are one */
  constructor(private readonly schedule: (run: () => void) => void) {}

  get size(): number {
    return this.#views.size;
  }

  values(): Iterable<DeviceView> {
    return this.#views.values();
  }

  get(key: Pick<DeviceView, 'hub' | 'deviceId'>): DeviceView | undefined {
    return this.#views.get(keyOf(key));
  }

  /** Takes in what was told live. */
  apply(views: readonly DeviceView[]): void {
    for (const view of views) {
      const key = keyOf(view);
      this.#told?.add(key);
      const known = this.#views.get(key);
      if (known === undefined || seenOf(view) >= seenOf(known)) this.#views.set(key, view);
    }
    this.#changed();
  }

  /**
   * Takes in all devices, page by page; what is told live meanwhile is newer. Who is in no page and was not told is gone.
   *
   * @param site only of this one
   */
  async load(pages: AsyncIterable<readonly DeviceView[]>, site = ''): Promise<void> {
    const told = new Set<string>();
    const found = new Set<string>();
    this.#told = told;
    for await (const page of pages) {
      for (const view of page) this.#loaded(view, found, told);
      this.#changed();
    }
    for (const [key, view] of this.#views)
      if (!found.has(key) && !told.has(key) && (site === '' || view.site === site)) this.#views.delete(key);
    if (this.#told === told) this.#told = undefined;
    this.#changed();
  }

  /** A row that was made anew counts from 0: it replaces what the page knew, unless that was told since. */
  #loaded(view: DeviceView, found: Set<string>, told: ReadonlySet<string>): void {
    const key = keyOf(view);
    found.add(key);
    const known = this.#views.get(key);
    if (known === undefined || !told.has(key) || seenOf(view) >= seenOf(known)) this.#views.set(key, view);
  }

  /** @returns what ends it */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    this.version += 1;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.schedule(() => {
      this.#scheduled = false;
      for (const listener of this.#listeners) listener();
    });
  }
}
