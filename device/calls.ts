/** Counts a device's direct-method calls. The counts live in the twin's reported section, so they outlast the process. */
export class Calls {
  private readonly counts = new Map<string, number>();

  /** Takes over the counts that an earlier process of the same device reported. */
  restore(reported: unknown): void {
    if (typeof reported !== 'object' || reported === null) return;
    for (const [method, count] of Object.entries(reported)) {
      if (typeof count === 'number' && !this.counts.has(method)) this.counts.set(method, count);
    }
  }

  /** @returns the number of calls of this method, this one included */
  count(method: string): number {
    const next = (this.counts.get(method) ?? 0) + 1;
    this.counts.set(method, next);
    return next;
  }
}
