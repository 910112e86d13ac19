import type { RolloutId } from '../../domain/ids';
import type { Check } from '../../domain/spec';
import type { CheckInput, CheckResult } from '../contracts';
import { within } from './bound';

type TelemetryCheck = Extract<Check, { kind: 'telemetry' }>;

/** A wave's devices beside devices that were not touched. */
export interface TelemetryComparison {
  /** What the bound is asked of. */
  readonly value: number;
  /** Devices that the value is made from; without any of either kind there is nothing to compare. */
  readonly touchedCount: number;
  readonly untouchedCount: number;
}

/** Where devices' telemetry can be compared. */
export interface TelemetrySource {
  /** @returns the comparison, or undefined without data */
  compare(question: {
    readonly rolloutId: RolloutId;
    readonly wave: number;
    readonly metric: string;
    readonly since: string;
  }): Promise<TelemetryComparison | undefined>;
}

/** Without a source, or without data, the check is inconclusive. */
export async function askTelemetry(
  { metric, is }: TelemetryCheck,
  { rolloutId, wave, since }: CheckInput,
  source: TelemetrySource | undefined,
): Promise<CheckResult> {
  if (source === undefined)
    return { kind: 'inconclusive', reason: 'this worker has no telemetry source', inputs: { metric } };
  const found = await source.compare({ rolloutId, wave, metric, since });
  if (found === undefined || found.touchedCount === 0 || found.untouchedCount === 0 || Number.isNaN(found.value))
    return { kind: 'inconclusive', reason: `no telemetry of ${metric} to compare`, inputs: { metric } };
  const met = within(found.value, is);
  const reason = `${metric} is ${found.value}, ${met ? '' : 'not '}${is.op} ${is.value}`;
  return { kind: met ? 'passed' : 'failed', reason, inputs: { metric, ...found } };
}
