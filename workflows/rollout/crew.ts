import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { HubName } from '../../domain/ids';
import type { ShareFault } from '../../domain/share';
import type { Tally } from '../../domain/tally';
import type { WaveRef } from './journal';
import type { Run } from './run';
import { runToEnd, shareOf } from './share';

/** One share at work. */
export interface Task {
  readonly ref: WaveRef;
  readonly part: number;
  readonly limit: 'asked' | 'waived';
  /** No batch begins at or after it. */
  readonly deadline?: string;
  /** Nothing new is to begin; what is in flight ends. */
  stopped: boolean;
  /** Its wave was judged without it, and it goes on beside the next ones. */
  late: boolean;
  done: boolean;
}

export const taskOf = (ref: WaveRef, part: number, change: Partial<Task> = {}): Task => ({
  ref,
  part,
  limit: 'asked',
  stopped: false,
  late: false,
  done: false,
  ...change,
});

/** A late share that has tripped a limit. */
export interface LateBreach {
  readonly ref: WaveRef;
  readonly tally: Tally;
}

/** A share that cannot go on until a person has mended something. */
export interface ShareAt {
  readonly ref: WaveRef;
  readonly part: number;
  readonly hub: HubName;
  readonly fault: ShareFault;
}

/** The shares that run. When one trips a limit, or cannot go on, all others stop after their batch in flight. */
export class Crew {
  readonly #tasks = new Set<Task>();
  readonly #scopes = new Set<CancellationScope>();
  #breach: LateBreach | undefined;
  #faults: ShareAt[] = [];
  /** A defect: what no share may end with. */
  failure: unknown;

  get size(): number {
    return this.#tasks.size;
  }

  /** Whether a late share has tripped a limit. */
  get breached(): boolean {
    return this.#breach !== undefined;
  }

  /** Whether a late share has tripped a limit, or any cannot go on: whoever waits for something else is to look. */
  get alarmed(): boolean {
    return this.breached || this.#faults.length > 0 || this.failure !== undefined;
  }

  runs({ pass, index }: WaveRef, part: number): boolean {
    return [...this.#tasks].some(({ ref, part: at }) => ref.pass === pass && ref.index === index && at === part);
  }

  launch(run: Run, task: Task): Task {
    this.#tasks.add(task);
    void this.#follow(run, task);
    return task;
  }

  /** Calls an activity in a scope that a pause, a change or a stop can cancel. */
  async within<Result>(call: () => Promise<Result>): Promise<Result> {
    const scope = new CancellationScope();
    this.#scopes.add(scope);
    try {
      return await scope.run(call);
    } finally {
      this.#scopes.delete(scope);
    }
  }

  /** Lets the batches in flight end; each share then looks what holds now. */
  interrupt(): void {
    for (const scope of this.#scopes) scope.cancel();
  }

  stop(): void {
    for (const task of this.#tasks) task.stopped = true;
    this.interrupt();
  }

  takeBreach(): LateBreach | undefined {
    const breach = this.#breach;
    this.#breach = undefined;
    return breach;
  }

  takeFaults(): readonly ShareAt[] {
    const faults = this.#faults;
    this.#faults = [];
    return faults;
  }

  async #follow(run: Run, task: Task): Promise<void> {
    try {
      const result = await runToEnd(run, task);
      if (result?.stopped === 'failureLimit') {
        this.stop();
        if (task.late) this.#breach ??= { ref: task.ref, tally: result.tally };
      }
      if (result?.fault !== undefined) {
        this.stop();
        this.#faults.push({ ref: task.ref, part: task.part, hub: shareOf(run, task).hub, fault: result.fault });
      }
    } catch (error) {
      if (!isCancellation(error)) {
        this.failure ??= error;
        this.stop();
      }
    } finally {
      task.done = true;
      this.#tasks.delete(task);
    }
  }
}
