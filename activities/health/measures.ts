import { DDSketch } from '@datadog/sketches-js';
import type { Side } from '../../domain/health';
import type { HealthMeasure } from '../../domain/spec';
import type { SendingDevice, SentWindow } from './source';

/** Which messages count, in ms since 1970. */
export interface Span {
  /** Windows that begin earlier do not count. */
  readonly fromMs: number;
  /** Windows that end later do not count. */
  readonly toMs: number;
}

/** Windows that lie wholly within a span. */
export const windowsWithin = ({ windows }: SendingDevice, { fromMs, toMs }: Span): SentWindow[] =>
  windows.filter(({ startMs, lengthMs }) => startMs >= fromMs && startMs + lengthMs <= toMs);

/** What one device comes to; `value` ranks it among the others. */
export interface Sample {
  readonly value: number;
  /** What the value is a share of: messages. */
  readonly weight: number;
}

/** @returns undefined for a device without data */
export function sampleOf(measure: HealthMeasure, windows: readonly SentWindow[]): Sample | undefined {
  switch (measure.kind) {
    case 'rejected': {
      const rejected = windows.reduce((sum, window) => sum + window.rejected, 0);
      const weight = windows.reduce((sum, window) => sum + window.accepted, rejected);
      return weight === 0 ? undefined : { value: rejected / weight, weight };
    }
    case 'mean':
    case 'quantile': {
      const sums = windows.flatMap(({ fields }) => fields[measure.field] ?? []);
      const count = sums.reduce((total, each) => total + each.count, 0);
      return count === 0 ? undefined : { value: sums.reduce((total, each) => total + each.sum, 0) / count, weight: 1 };
    }
    case 'missing':
      return undefined; // not of windows: see missingSample
  }
}

/**
 * Whether a device that had sent before the change has sent nothing since.
 *
 * @param before what counts as before: a device that was silent then already is not counted
 * @returns 1 for missing, 0 for there; undefined for a device that is not counted
 */
export function missingSample({ lastSeenMs }: SendingDevice, before: Span): Sample | undefined {
  if (lastSeenMs < before.fromMs) return undefined;
  return { value: lastSeenMs < before.toMs ? 1 : 0, weight: 1 };
}

/** Relative error of a quantile: below what the last decimal of a reading says. Memory grows with it, not with devices. */
const ACCURACY = 0.001;

/** Sums up one side, device by device. */
export class SideSum {
  #devices = 0;
  #weight = 0;
  #sum = 0;
  readonly #sketch: DDSketch | undefined;

  constructor(private readonly measure: HealthMeasure) {
    this.#sketch = measure.kind === 'quantile' ? new DDSketch({ relativeAccuracy: ACCURACY }) : undefined;
  }

  add({ value, weight }: Sample): void {
    this.#devices += 1;
    this.#weight += weight;
    this.#sum += value * weight;
    this.#sketch?.accept(value);
  }

  get side(): Side {
    if (this.#devices === 0) return { devices: 0 };
    const { measure } = this;
    const value = measure.kind === 'quantile' ? this.#sketch?.getValueAtQuantile(measure.at) : this.#sum / this.#weight;
    return { devices: this.#devices, ...(value !== undefined && { value }) };
  }
}

/** A device that stands out. */
export interface Example {
  readonly hub: string;
  readonly deviceId: string;
  readonly value: number;
}

/** The few with the highest and the lowest values. */
export class Examples {
  readonly #ends = { above: [] as Example[], below: [] as Example[] };

  constructor(private readonly most: number) {}

  add(example: Example): void {
    this.#keep('above', example, (a, b) => b.value - a.value);
    this.#keep('below', example, (a, b) => a.value - b.value);
  }

  /** The one that stands out most comes first. */
  at(end: 'above' | 'below'): readonly Example[] {
    return this.#ends[end];
  }

  #keep(end: 'above' | 'below', example: Example, order: (a: Example, b: Example) => number): void {
    const kept = this.#ends[end];
    const last = kept[this.most - 1];
    if (last !== undefined && order(example, last) >= 0) return;
    this.#ends[end] = [...kept, example].sort(order).slice(0, this.most);
  }
}
