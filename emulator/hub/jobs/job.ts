import type { Clock } from '../../world/clock';
import type { Device, MethodAnswer } from '../hub-device';
import { HubError } from '../errors';
import type { JsonObject } from '../../world/json';
import { callNow, type MethodRequest } from '../methods';
import { stampOf } from '../../world/time';
import type { Pacer } from './pacer';
import { Row, type RowError, type RowStatus } from './row';
import type { JobSpec } from './spec';

export type JobStatus = 'queued' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';

/** What a job needs of its hub. */
export interface JobWorld {
  readonly clock: Clock;
  readonly pacer: Pacer;
  /** The devices that a condition matches now. @throws HubError for a condition that cannot be read */
  resolve(condition: string): Iterable<Device>;
  /** Whether the device is still registered under its id. */
  isPresent(device: Device): boolean;
  patchTwin(device: Device, patch: JsonObject, ifMatch: string | undefined): void;
  /** Positions of rows rise over all jobs of a hub. */
  nextPosition(): number;
}

const NOT_STARTED: RowError = {
  code: 'JobRunPreconditionFailed',
  description:
    'The job did not start within specified period: either device did not come online or invalid endTime specified.',
};
const GONE: RowError = { code: 'DeviceNotFound', description: 'The device is not registered any more.' };

/**
 * A job: queued or scheduled, then running over the devices that match at its start, then completed once each of them
 * has been dealt with (however that ended), or failed when its condition cannot be read.
 */
export class Job {
  status: JobStatus;
  readonly createdAt: number;
  endedAt: number | undefined;
  failureReason: string | undefined;
  rows: readonly Row[] = [];
  readonly #counts: Record<RowStatus, number> = { pending: 0, running: 0, completed: 0, failed: 0, canceled: 0 };
  #ready: Row[] = [];
  #taken = 0;
  #pumping = false;
  #cancelTimer: () => void;

  constructor(
    readonly spec: JobSpec,
    private readonly world: JobWorld,
  ) {
    const now = world.clock.now();
    this.createdAt = now;
    this.status = spec.startTime > now ? 'scheduled' : 'queued';
    this.#cancelTimer = world.clock.at(spec.startTime, () => this.#start());
  }

  get isActive(): boolean {
    return this.status === 'queued' || this.status === 'scheduled' || this.status === 'running';
  }

  /**
   * Ends a job that has not started.
   *
   * @throws HubError OperationNotAllowedInCurrentState once it runs or has ended (Azure/azure-iot-sdk-node issue 464)
   */
  cancel(): void {
    if (this.status !== 'queued' && this.status !== 'scheduled') {
      const shown = this.status.charAt(0).toUpperCase() + this.status.slice(1);
      throw new HubError('OperationNotAllowedInCurrentState', `Job cannot be cancelled in '${shown}' status.`);
    }
    this.#end('cancelled');
  }

  /** Stops without a trace; for a hub that closes. */
  drop(): void {
    this.#cancelTimer();
    this.#ready = [];
    for (const row of this.rows) row.stopWaiting?.();
  }

  /** A job as GET shows it. */
  view(): JsonObject {
    const { spec } = this;
    return {
      jobId: spec.jobId,
      type: spec.type,
      status: this.status,
      queryCondition: spec.queryCondition,
      createdTime: stampOf(this.createdAt),
      startTime: stampOf(spec.startTime),
      ...(this.endedAt !== undefined && { endTime: stampOf(this.endedAt) }),
      maxExecutionTimeInSeconds: spec.maxExecutionTimeInSeconds,
      ...spec.asked,
      ...(this.failureReason !== undefined && { failureReason: this.failureReason }),
      deviceJobStatistics: this.#statistics(),
    };
  }

  #statistics(): JsonObject {
    const { pending, running, completed, failed } = this.#counts;
    return {
      deviceCount: this.rows.length,
      failedCount: failed,
      succeededCount: completed,
      runningCount: running,
      pendingCount: pending,
    };
  }

  #start(): void {
    this.status = 'running';
    try {
      const now = this.world.clock.now();
      this.rows = Array.from(
        this.world.resolve(this.spec.queryCondition),
        (device) => new Row(this.world.nextPosition(), device, now),
      );
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.failureReason = error.message;
      this.#end('failed');
      return;
    }
    this.#counts.pending = this.rows.length;
    const end = this.spec.startTime + this.spec.maxExecutionTimeInSeconds * 1000;
    this.#cancelTimer = this.world.clock.at(end, () => this.#closeWindow());
    for (const row of this.rows) this.#line(row);
    this.#endWhenDone();
  }

  /** Lines a row up for its turn, or has it wait until its device can take a method. */
  #line(row: Row): void {
    row.stopWaiting = undefined;
    const waits = this.spec.action.kind === 'method' && !row.device.takesMethods && this.world.isPresent(row.device);
    if (waits) row.stopWaiting = row.device.onNextChance(() => this.#line(row));
    else this.#ready.push(row);
    this.#pump();
  }

  #pump(): void {
    if (this.#pumping || this.#taken === this.#ready.length) return;
    this.#pumping = true;
    this.world.pacer.whenAvailable(() => this.#turn());
  }

  #turn(): void {
    this.#pumping = false;
    const turns = Math.min(this.world.pacer.available(), this.#ready.length - this.#taken);
    const rows = this.#ready.slice(this.#taken, this.#taken + turns);
    this.#taken += turns;
    if (this.#taken === this.#ready.length) [this.#ready, this.#taken] = [[], 0];
    this.world.pacer.spend(turns);
    for (const row of rows) if (row.status === 'pending') this.#run(row);
    this.#pump();
  }

  #run(row: Row): void {
    const { action } = this.spec;
    if (!this.world.isPresent(row.device)) this.#settle(row, 'failed', { error: GONE });
    else if (action.kind === 'twin') this.#updateTwin(row, action.patch, action.ifMatch);
    else if (row.device.takesMethods) void this.#callMethod(row, action.request);
    else this.#line(row);
  }

  #updateTwin(row: Row, patch: JsonObject, ifMatch: string | undefined): void {
    try {
      this.world.patchTwin(row.device, patch, ifMatch);
      this.#settle(row, 'completed', {});
    } catch (error) {
      this.#settle(row, 'failed', { error: rowErrorOf(error) });
    }
  }

  async #callMethod(row: Row, request: MethodRequest): Promise<void> {
    this.#move(row, 'running');
    try {
      const { status, payload } = await callNow(this.world.clock, row.device, request);
      this.#settle(row, 'completed', { outcome: { status, payload } });
    } catch (error) {
      this.#settle(row, 'failed', { error: rowErrorOf(error) });
    }
  }

  /** The end of the window: what has not started never will; a method that is out keeps its own time-out. */
  #closeWindow(): void {
    for (const row of this.rows) {
      if (row.status !== 'pending') continue;
      row.stopWaiting?.();
      this.#settle(row, 'failed', { error: NOT_STARTED });
    }
  }

  #settle(row: Row, status: 'completed' | 'failed', result: { outcome?: MethodAnswer; error?: RowError }): void {
    row.outcome = result.outcome;
    row.error = result.error;
    this.#move(row, status);
    this.#endWhenDone();
  }

  #move(row: Row, status: RowStatus): void {
    this.#counts[row.status] -= 1;
    this.#counts[status] += 1;
    row.status = status;
    row.updatedAt = this.world.clock.now();
  }

  #endWhenDone(): void {
    if (this.status === 'running' && this.#counts.pending === 0 && this.#counts.running === 0) this.#end('completed');
  }

  #end(status: 'completed' | 'failed' | 'cancelled'): void {
    this.#cancelTimer();
    this.status = status;
    this.endedAt = this.world.clock.now();
  }
}

/** Anything but a refusal of ours is a fault of the emulator and is not hidden in a row. */
function rowErrorOf(error: unknown): RowError {
  if (!(error instanceof HubError)) throw error;
  return { code: error.errorName, description: error.message };
}
