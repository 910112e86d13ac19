import type { Store } from '../../world/store';
import type { JobStatus } from './job';
import type { KeptRow, Row } from './row';
import type { JobSpec } from './spec';

/** What is kept of a job; its rows are kept apart, as they change. Times are ms since the epoch. */
export interface KeptJob {
  readonly spec: JobSpec;
  /** Rises from job to job of a hub. */
  readonly order: number;
  readonly status: JobStatus;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly failureReason?: string;
}

/** The devices of a job that has started, in the order of their rows. */
export interface KeptTargets {
  /** Of the first row; positions rise by one. */
  readonly firstPosition: number;
  readonly devices: readonly (readonly [deviceId: string, generationId: string])[];
}

/** Where a hub's jobs are kept: one value for a job's targets, and one for each row once it is pending no more. */
export class JobRecords {
  constructor(
    private readonly store: Store,
    private readonly path: string,
  ) {}

  all(): KeptJob[] {
    return [...this.#jobs.entries()].map(([, job]) => job).sort((a, b) => a.order - b.order);
  }

  put(job: KeptJob): void {
    this.#jobs.put(job.spec.jobId, job);
  }

  putTargets(jobId: string, targets: KeptTargets): void {
    this.#targets.put(jobId, targets);
  }

  targetsOf(jobId: string): KeptTargets | undefined {
    return this.#targets.get(jobId);
  }

  putRow(jobId: string, row: Row): void {
    this.#rows(jobId).put(String(row.position), row.kept);
  }

  rowsOf(jobId: string): ReadonlyMap<number, KeptRow> {
    return new Map([...this.#rows(jobId).entries()].map(([position, row]) => [Number(position), row]));
  }

  delete(jobId: string): void {
    this.store.batch(() => {
      this.#jobs.delete(jobId);
      this.#targets.delete(jobId);
      this.store.drop(this.#pathOf(jobId));
    });
  }

  batch(work: () => void): void {
    this.store.batch(work);
  }

  get #jobs() {
    return this.store.collection<KeptJob>(`${this.path}/jobs`);
  }

  get #targets() {
    return this.store.collection<KeptTargets>(`${this.path}/jobTargets`);
  }

  readonly #rows = (jobId: string) => this.store.collection<KeptRow>(this.#pathOf(jobId));

  /** Ids of jobs have no slash. */
  readonly #pathOf = (jobId: string): string => `${this.path}/jobRows/${jobId}`;
}
