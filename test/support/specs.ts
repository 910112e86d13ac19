import { hubNameOf } from '../../domain/ids';
import type { BatchRule, Gate, RolloutSpec, WaveRule, WaveSize } from '../../domain/spec';

export const gateOf = (change: Partial<Gate> = {}): Gate => ({
  failureLimit: 0.1,
  limits: {},
  minimum: 1,
  successTarget: 0.9,
  soakMs: 0,
  checks: [],
  ...change,
});

export const batchOf = (change: Partial<BatchRule> = {}): BatchRule => ({
  size: 10,
  parallel: 1,
  timeoutMs: 60_000,
  startWithinMs: 60_000,
  ...change,
});

export const sizes = (...list: readonly WaveSize[]): WaveRule => ({ kind: 'sizes', sizes: list });
export const REST = { kind: 'rest' } as const;
export const count = (devices: number): WaveSize => ({ kind: 'count', count: devices });
export const share = (part: number): WaveSize => ({ kind: 'share', share: part });

/** A method whose payload names the operation. */
export const NAMED_METHOD = {
  kind: 'method',
  name: 'lockDoor',
  payload: { minutes: 5 },
  operationIdField: 'operation',
  responseTimeoutMs: 5_000,
} as const;

/** A spec with everything that may be left out left out: waves of 5, 20 % and the rest. */
export const specOf = (change: Partial<RolloutSpec> = {}): RolloutSpec => ({
  name: 'lock-doors',
  target: { kind: 'query', hubs: [hubNameOf('west')], where: '*' },
  action: { kind: 'method', name: 'lockDoor', payload: null, responseTimeoutMs: 30_000 },
  executor: 'job',
  waves: sizes(count(5), share(0.2), REST),
  gate: gateOf(),
  batch: batchOf(),
  retry: { attempts: 1, on: [], firstMs: 10, factor: 2, mostMs: 1_000 },
  onBreach: 'abort',
  notify: [],
  priority: 3,
  ...change,
});
