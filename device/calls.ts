import type { Doings, MethodHandler } from './agent/index';

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

/** Methods that count their calls under `reported.calls`, each one before it is answered. */
export function counted(methods: Readonly<Record<string, MethodHandler>>): Pick<Doings, 'methods' | 'onReported'> {
  const calls = new Calls();
  return {
    onReported: ({ calls: reported }) => calls.restore(reported),
    methods: Object.fromEntries(
      Object.entries(methods).map(([name, handle]): [string, MethodHandler] => [
        name,
        async (payload, device) => {
          await device.report({ calls: { [name]: calls.count(name) } });
          return handle(payload, device);
        },
      ]),
    ),
  };
}
