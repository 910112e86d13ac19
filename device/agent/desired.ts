import type { DesiredHandler, Properties } from './types';

/** What {@link Desired} does with the outcome. */
export interface DesiredOptions {
  /** By name of the property; `*` takes those that no other does. */
  readonly handlers: Readonly<Record<string, DesiredHandler>>;
  readonly report: (patch: Properties) => Promise<unknown>;
  readonly problem: (error: unknown) => void;
}

/** Applies desired properties, change by change, each once: notifications may come again or late. */
export class Desired {
  private last: Promise<void> = Promise.resolve();
  private hub: string | undefined;
  /** Version last applied on this hub, whose reports are on their way for certain. */
  private applied = 0;

  constructor(private readonly options: DesiredOptions) {}

  /** @param change desired properties with `$version`: all, or those that changed */
  take(hub: string, change: Properties): void {
    this.last = this.last.then(() => this.apply(hub, change));
  }

  /** Versions of different hubs have nothing to do with each other. */
  private async apply(hub: string, change: Properties): Promise<void> {
    if (this.hub !== hub) [this.hub, this.applied] = [hub, 0];
    const version = Number(change['$version']);
    if (version <= this.applied) return;
    const { reported, failed } = await this.handle(change);
    // A version that failed in part is applied again as a whole when the device connects the next time.
    if (!failed) this.applied = version;
    if (Object.keys(reported).length > 0) void this.options.report(reported);
  }

  private async handle(change: Properties): Promise<{ reported: Properties; failed: boolean }> {
    const reported: Record<string, unknown> = {};
    let failed = false;
    for (const [name, value] of Object.entries(change)) {
      const handler = this.handlerOf(name);
      try {
        const result = await handler?.(value, name);
        if (result !== undefined) reported[name] = result;
      } catch (error) {
        failed = true;
        this.options.problem(error);
      }
    }
    return { reported, failed };
  }

  /** Names with `$` are the hub's own, and the Node SDK puts functions among the properties. */
  private handlerOf(name: string): DesiredHandler | undefined {
    if (name.startsWith('$')) return undefined;
    const { handlers } = this.options;
    return Object.hasOwn(handlers, name) ? handlers[name] : handlers['*'];
  }
}
