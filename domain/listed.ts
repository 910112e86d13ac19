/** A rollout as the server's index has it; what it lacks was started while the server had no such attribute. */
export interface ListedRollout {
  readonly rolloutId: string;
  /** Temporal's word: RUNNING, COMPLETED, FAILED, CANCELED, TERMINATED, TIMED_OUT. */
  readonly execution: string;
  readonly state?: string;
  readonly wave?: number;
  readonly hubs?: readonly string[];
  readonly requester?: string;
  readonly startedAt: string;
  readonly closedAt?: string;
}
