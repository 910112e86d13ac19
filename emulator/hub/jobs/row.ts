import type { Device, MethodAnswer } from '../hub-device';
import type { HubErrorName } from '../errors';
import type { JsonObject } from '../../world/json';
import { stampOf } from '../../world/time';
import type { JobSpec } from './spec';

export type RowStatus = 'pending' | 'running' | 'completed' | 'failed' | 'canceled';

/** Why a device's part of a job failed: the service's names. */
export interface RowError {
  readonly code: HubErrorName | 'JobRunPreconditionFailed';
  readonly description: string;
}

/** One device's part in a job. */
export class Row {
  status: RowStatus = 'pending';
  outcome: MethodAnswer | undefined;
  error: RowError | undefined;
  updatedAt: number;
  /** Stops waiting for a device that is offline. */
  stopWaiting: (() => void) | undefined;

  /** @param device undefined when it was gone at a restart */
  constructor(
    readonly position: number,
    readonly deviceId: string,
    readonly device: Device | undefined,
    readonly createdAt: number,
  ) {
    this.updatedAt = createdAt;
  }

  get kept(): KeptRow {
    const { status, updatedAt, outcome, error } = this;
    return { status, updatedAt, ...(outcome && { outcome }), ...(error && { error }) };
  }

  /** Takes what was kept of it before a restart. */
  restore({ status, updatedAt, outcome, error }: KeptRow): void {
    this.status = status;
    this.updatedAt = updatedAt;
    this.outcome = outcome;
    this.error = error;
  }
}

/** What is kept of a row that is pending no more. */
export interface KeptRow {
  readonly status: RowStatus;
  readonly updatedAt: number;
  readonly outcome?: MethodAnswer;
  readonly error?: RowError;
}

/** A row as `SELECT * FROM devices.jobs` shows it. `endTimeUtc` is the end of the window, not of the work. */
export const rowView = ({ jobId, type, ...spec }: JobSpec, row: Row): JsonObject => ({
  deviceId: row.deviceId,
  jobId,
  jobType: type,
  status: row.status,
  startTimeUtc: stampOf(spec.startTime),
  endTimeUtc: stampOf(spec.startTime + spec.maxExecutionTimeInSeconds * 1000),
  createdDateTimeUtc: stampOf(row.createdAt),
  lastUpdatedDateTimeUtc: stampOf(row.updatedAt),
  outcome: row.outcome === undefined ? {} : { deviceMethodResponse: { ...row.outcome } },
  ...(row.error !== undefined && { error: { ...row.error } }),
});
