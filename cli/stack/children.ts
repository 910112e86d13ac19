import { Child, type ChildDiedError, type ChildSpec } from './child';
import type { Guard } from './guard';

/** The processes of a stack, in levels: those of a level need some of the levels below, and stop before them. */
export class Children {
  private readonly levels = new Map<number, Set<Child>>();
  private closed = false;
  private report: (error: ChildDiedError) => void = () => undefined;
  /** Resolves when the first process ends that nobody has stopped. */
  readonly died = new Promise<ChildDiedError>((resolve) => (this.report = resolve));

  constructor(private readonly guard: Guard) {}

  /** Starts a process that lives as long as the stack. */
  start(level: number, spec: ChildSpec): Child {
    const child = this.launch(level, spec);
    void child.died().then(this.report);
    return child;
  }

  /**
   * Runs a process that ends by itself.
   *
   * @throws ChildDiedError when it ends with another exit code than 0
   */
  async run(level: number, spec: ChildSpec): Promise<void> {
    const child = this.launch(level, spec);
    const exit = await child.exited;
    if (exit.code !== 0) throw child.death(exit);
  }

  /** Stops all, the highest level first, the processes of a level at the same time. None can be started any more. */
  async stop(): Promise<void> {
    this.closed = true;
    for (const level of [...this.levels.keys()].sort((a, b) => b - a)) {
      await Promise.all([...(this.levels.get(level) ?? [])].map((child) => child.stop()));
    }
  }

  /** Kills all at once. */
  kill(): void {
    this.closed = true;
    for (const children of this.levels.values()) for (const child of children) child.kill();
  }

  private launch(level: number, spec: ChildSpec): Child {
    if (this.closed) throw new Error(`${spec.name} is not started: the stack stops`);
    const child = new Child(spec);
    const children = this.levels.get(level) ?? new Set();
    this.levels.set(level, children.add(child));
    const { pid } = child;
    if (pid !== undefined) this.guard.add(pid);
    void child.exited.then(() => {
      children.delete(child);
      if (pid !== undefined) this.guard.remove(pid);
    });
    return child;
  }
}
