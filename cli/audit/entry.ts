import type { Decision, Order, Settings } from '../../domain/progress';
import type { Tally } from '../../domain/tally';

/** One thing that the history records; `at` is UTC, ISO 8601. */
export type Entry = { readonly at: string } & (
  | { readonly kind: 'started'; readonly name: string; readonly by: Order; readonly specHash?: string }
  | { readonly kind: 'planned'; readonly deviceCount: number; readonly waves: readonly number[] }
  | { readonly kind: 'joined'; readonly wave: number; readonly deviceCount: number }
  /** Late joiners that cannot be moved, each reason with its devices. */
  | { readonly kind: 'turnedAway'; readonly reasons: readonly string[] }
  /** `settles`: nothing new begins, only what was in flight is brought in. */
  | { readonly kind: 'shareStarted'; readonly share: string; readonly settles: boolean }
  | {
      readonly kind: 'shareEnded';
      readonly share: string;
      readonly tally: Tally;
      readonly stopped?: string;
      readonly tookMs: number;
    }
  /** A try that did not end, so another worker took over: the history keeps the last one only. */
  | { readonly kind: 'retried'; readonly what: string; readonly attempt: number; readonly lastFailure: string }
  | { readonly kind: 'activityFailed'; readonly what: string; readonly why: string }
  | { readonly kind: 'decided'; readonly decision: Extract<Decision, { kind: 'gate' }> }
  | {
      readonly kind: 'ordered';
      readonly what: string;
      readonly order: Order;
      readonly wave?: number;
      readonly settings?: Partial<Settings>;
    }
  /** A wait of the rollout's own, in the words that the history has for it. */
  | { readonly kind: 'waitStarted'; readonly what: string; readonly until: string }
  | { readonly kind: 'waitCut'; readonly what: string }
  | { readonly kind: 'closed'; readonly path: string; readonly sha256: string }
  | { readonly kind: 'taskFailed'; readonly why: string }
  | { readonly kind: 'continued' }
  | { readonly kind: 'cancelRequested'; readonly by: string; readonly why: string }
  /** `underWay`: what nobody brought to rest, where the rollout was ended by force. */
  | { readonly kind: 'ended'; readonly how: string; readonly why: string; readonly underWay?: readonly string[] }
);
