import type { Children } from './children';
import type { Environment } from './environment';
import type { StatePaths } from './state';

/** What every component of the stack works with. */
export interface StackContext {
  /** The checkout. */
  readonly root: string;
  readonly paths: StatePaths;
  readonly children: Children;
  /** Without anything that points out of the local stack; has the tools on PATH. */
  readonly env: Environment;
  /** Aborted when the stack shall not go on starting. */
  readonly signal: AbortSignal;
  /** Tells the user of a step. */
  readonly say: Say;
}

/** Tells the user what a component does or has done. */
export type Say = (component: string, message: string) => void;

/** One part of the stack. */
export interface Component<Needs, Gives> {
  readonly name: string;
  /**
   * Starts it and waits until it works.
   *
   * @throws ChildDiedError when its process ends instead, or an error that says what is wrong
   */
  start(context: StackContext, needs: Needs): Promise<Gives>;
}
