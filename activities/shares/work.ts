import type { Tally } from '../../domain/tally';
import type { BatchDevice, Sources } from '../ledger/results';

/** A batch's devices, and where they come from if not from the plan. */
export interface Made {
  readonly devices: readonly BatchDevice[];
  readonly sources?: Sources;
}

/** The next first attempts of a pass. */
export type Fresh =
  | ({ readonly kind: 'batch' } & Made)
  | { readonly kind: 'none' }
  /** Nothing can be tried now, but that may change. */
  | { readonly kind: 'later'; readonly restMs: number; readonly waitsFor: string };

/** What a pass has to do on a share. */
export interface Work {
  /** Devices, all of them. */
  readonly size: number;
  /** Counts before anything of this pass has run. */
  readonly start: Tally;
  /**
   * Hands out a batch of first attempts, which is not the same as beginning it. Numbers are asked for in rising order,
   * the same one perhaps more than once.
   */
  fresh(batch: number): Promise<Fresh>;
  /**
   * Told when all batches before this one have ended and nothing could be tried.
   *
   * @returns whether it is worth asking again at once
   */
  goneThrough?(batch: number): Promise<boolean>;
}
