import { hubNameOf } from '../../domain/ids';
import type { Action, RolloutSpec, WaveSize } from '../../domain/spec';

/** What a scenario's rollouts have in common: five waves by the `job` executor, which stop when 5 % fail. */
export interface BenchSpec {
  readonly name: string;
  readonly hubs: readonly string[];
  readonly where: string;
  readonly action: Action;
  readonly batchSize: number;
  readonly parallel?: number;
}

export const METHOD: Action = { kind: 'method', name: 'lockDoor', payload: { minutes: 5 }, responseTimeoutMs: 60_000 };

/** A twin update, which needs no connected devices. @param value tells one rollout's patch from another's */
export const tagging = (value: string): Action => ({ kind: 'twin', tags: { bench: value }, etag: '*' });

/** Parts of the fleet in the first four waves; the fifth has the rest. */
export const SHARES = [0.01, 0.09, 0.2, 0.3] as const;

const sizes = (...list: readonly WaveSize[]): RolloutSpec['waves'] => ({ kind: 'sizes', sizes: list });

/** So many may fail of those that have ended. */
export const FAILURE_LIMIT = 0.05;
export const JOB_TIMEOUT_MS = 3_600_000;

export const specOf = ({ name, hubs, where, action, batchSize, parallel = 1 }: BenchSpec): RolloutSpec => ({
  name,
  target: { kind: 'query', hubs: hubs.map(hubNameOf), where },
  action,
  executor: 'job',
  waves: sizes(...SHARES.map((share) => ({ kind: 'share' as const, share })), { kind: 'rest' }),
  gate: { failureLimit: FAILURE_LIMIT, limits: {}, minimum: 1, successTarget: 0.95, soakMs: 0, checks: [] },
  batch: { size: batchSize, parallel, timeoutMs: JOB_TIMEOUT_MS, startWithinMs: JOB_TIMEOUT_MS },
  retry: { attempts: 1, on: [], firstMs: 0, factor: 1, mostMs: 0 },
  onBreach: 'hold',
  notify: [],
  priority: 3,
});
