import type { Device, MethodAnswer } from '../hub-device';
import { HubError } from '../errors';
import type { JsonObject } from '../../world/json';
import { callNow, type MethodRequest } from '../methods';
import { stampOf } from '../../world/time';
import type { JobWorld } from './job-world';
import type { KeptJob } from './records';
import { restoredRows } from './restore';
import { Row, type RowError, type RowStatus } from './row';
import type { JobSpec } from './spec';

export type JobStatus = 'queued' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled';

const NOT_STARTED: RowError = {
  code: 'JobRunPreconditionFailed',
  description:
    'The job did not start within specified period: either device did not come online or invalid endTime specified.',
};
/** The answer of a method that was out when the emulator ended will never come; asking again could do it twice. */
const INTERRUPTED: RowError = {
  code: 'GatewayTimeout',
  description: 'Timed out waiting for the response from device.',
};
const GONE: RowError = { code: 'DeviceNotFound', description: 'The device is not registered any more.' };

/**
 * A job: queued or scheduled, then running over the devices that match at its start, then completed once each of them
 * has been dealt with (however that ended), or failed when its condition cannot be read.
 */
export class Job {
  status: JobStatus;
  readonly createdAt: number;
  #startedAt: number | undefined;
  endedAt: number | undefined;
  failureReason: string | undefined;
  rows: readonly Row[] = [];
  readonly #counts: Record<RowStatus, number> = { pending: 0, running: 0, completed: 0, failed: 0, canceled: 0 };
  #ready: Row[] = [];
  #taken = 0;
  #pumping = false;
  #cancelTimer: () => void = () => undefined;

  private constructor(
    readonly spec: JobSpec,
    private readonly order: number,
    private readonly world: JobWorld,
    kept: Omit<KeptJob, 'spec' | 'order'>,
  ) {
    this.createdAt = kept.createdAt;
    this.status = kept.status;
    this.#startedAt = kept.startedAt;
    this.endedAt = kept.endedAt;
    this.failureReason = kept.failureReason;
  }

  /** A new one. @param order rises from job to job */
  static create(spec: JobSpec, order: number, world: JobWorld): Job {
    const now = world.clock.now();
    const job = new Job(spec, order, world, { createdAt: now, status: spec.startTime > now ? 'scheduled' : 'queued' });
    job.#keep();
    job.#await();
    return job;
  }

  /** One from before a restart: what had not begun goes on, a method that was out is not sent again. */
  static restore({ spec, order, ...kept }: KeptJob, world: JobWorld): Job {
    const job = new Job(spec, order, world, kept);
    job.#restoreRows();
    if (job.status === 'running') job.#go();
    else if (job.isActive) job.#await();
    return job;
  }

  /** Ends what is remembered of it. */
  forget(): void {
    this.world.records.delete(this.spec.jobId);
  }

  #await(): void {
    this.#cancelTimer = this.world.clock.at(this.spec.startTime, () => this.#start());
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
      this.#resolve();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.failureReason = error.message;
      this.#end('failed');
      return;
    }
    this.#go();
  }

  /** Fixes the devices, and keeps them together with the fact that the job has started. */
  #resolve(): void {
    const devices = [...this.world.resolve(this.spec.queryCondition)];
    const first = this.world.takePositions(devices.length);
    const now = (this.#startedAt = this.world.clock.now());
    this.rows = devices.map((device, i) => new Row(first + i, device.identity.deviceId, device, now));
    this.#counts.pending = this.rows.length;
    const targets = devices.map(({ identity }) => [identity.deviceId, identity.generationId] as const);
    this.world.records.batch(() => {
      this.world.records.putTargets(this.spec.jobId, { firstPosition: first, devices: targets });
      this.#keep();
    });
  }

  #restoreRows(): void {
    this.rows = restoredRows(this.spec.jobId, this.#startedAt ?? this.createdAt, this.world);
    for (const row of this.rows) this.#counts[row.status] += 1;
  }

  #go(): void {
    const end = this.spec.startTime + this.spec.maxExecutionTimeInSeconds * 1000;
    this.#cancelTimer = this.world.clock.at(end, () => this.#closeWindow());
    for (const row of this.rows) {
      if (row.status === 'pending') this.#line(row);
      else if (row.status === 'running') this.#settle(row, 'failed', { error: INTERRUPTED });
    }
    this.#endWhenDone();
  }

  /** Lines a row up for its turn, or has it wait until its device can take a method. */
  #line(row: Row): void {
    row.stopWaiting = undefined;
    const { device } = row;
    const waits = this.spec.action.kind === 'method' && device?.takesMethods === false && this.world.isPresent(device);
    if (waits) row.stopWaiting = device.onNextChance(() => this.#line(row));
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
    const calls: (() => void)[] = [];
    // A row is kept as done with its twin, and as running before its method goes out: none is done twice.
    this.world.records.batch(() => {
      for (const row of rows) if (row.status === 'pending') this.#run(row, calls);
    });
    for (const call of calls) call();
    this.#pump();
  }

  /** @param calls takes what is to be done once the rows are kept */
  #run(row: Row, calls: (() => void)[]): void {
    const { action } = this.spec;
    const { device } = row;
    if (this.world.isStalled(row.deviceId)) return; // until the window closes
    if (device === undefined || !this.world.isPresent(device)) this.#settle(row, 'failed', { error: GONE });
    else if (action.kind === 'twin') this.#updateTwin(row, device, action.patch, action.ifMatch);
    else if (device.takesMethods) {
      this.#move(row, 'running');
      calls.push(() => void this.#callMethod(row, device, action.request));
    } else this.#line(row);
  }

  #updateTwin(row: Row, device: Device, patch: JsonObject, ifMatch: string | undefined): void {
    try {
      this.world.patchTwin(device, patch, ifMatch);
      this.#settle(row, 'completed', {});
    } catch (error) {
      this.#settle(row, 'failed', { error: rowErrorOf(error) });
    }
  }

  async #callMethod(row: Row, device: Device, request: MethodRequest): Promise<void> {
    try {
      const { status, payload } = await callNow(this.world.clock, device, request);
      this.#settle(row, 'completed', { outcome: { status, payload } });
    } catch (error) {
      this.#settle(row, 'failed', { error: rowErrorOf(error) });
    }
  }

  /** The end of the window: what has not started never will; a method that is out keeps its own time-out. */
  #closeWindow(): void {
    this.world.records.batch(() => {
      for (const row of this.rows) {
        if (row.status !== 'pending') continue;
        row.stopWaiting?.();
        this.#settle(row, 'failed', { error: NOT_STARTED });
      }
    });
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
    this.world.records.putRow(this.spec.jobId, row);
    this.world.counters.add(`jobs.rows ${status}`);
  }

  #endWhenDone(): void {
    if (this.status === 'running' && this.#counts.pending === 0 && this.#counts.running === 0) this.#end('completed');
  }

  #end(status: 'completed' | 'failed' | 'cancelled'): void {
    this.#cancelTimer();
    this.status = status;
    this.endedAt = this.world.clock.now();
    this.#keep();
  }

  #keep(): void {
    const { spec, order, status, createdAt, endedAt, failureReason } = this;
    this.world.records.put({
      ...{ spec, order, status, createdAt },
      ...(this.#startedAt !== undefined && { startedAt: this.#startedAt }),
      ...(endedAt !== undefined && { endedAt }),
      ...(failureReason !== undefined && { failureReason }),
    });
  }
}

/** Anything but a refusal of ours is a fault of the emulator and is not hidden in a row. */
function rowErrorOf(error: unknown): RowError {
  if (!(error instanceof HubError)) throw error;
  return { code: error.errorName, description: error.message };
}
