import type { Device } from '../hub-device';
import type { HubErrorName } from '../errors';
import type { Json, JsonObject } from '../../world/json';
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
  outcome: { readonly status: number; readonly payload: Json } | undefined;
  error: RowError | undefined;
  updatedAt: number;
  /** Stops waiting for a device that is offline. */
  stopWaiting: (() => void) | undefined;

  constructor(
    readonly position: number,
    readonly device: Device,
    readonly createdAt: number,
  ) {
    this.updatedAt = createdAt;
  }
}

/** A row as `SELECT * FROM devices.jobs` shows it. `endTimeUtc` is the end of the window, not of the work. */
export const rowView = ({ jobId, type, ...spec }: JobSpec, row: Row): JsonObject => ({
  deviceId: row.device.identity.deviceId,
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
