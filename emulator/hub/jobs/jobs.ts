import { HubError } from '../errors';
import type { JsonObject } from '../../world/json';
import type { Documents } from '../query/run';
import { Job } from './job';
import type { JobWorld } from './job-world';
import { rowView } from './row';
import type { JobSpec } from './spec';

/** How long a job that has ended is remembered (iot-hub/iot-hub-devguide-quotas-throttling.md, "Other limits"). */
const MEMORY_MS = 30 * 86_400_000;

/** Which jobs a listing shows; both compared without case. */
export interface JobFilter {
  readonly type: string | undefined;
  readonly status: string | undefined;
}

/** The jobs of a hub, in the order in which they were made. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();
  readonly #world: JobWorld;
  #position = 0;
  #order = 0;

  /** @param limit jobs that may be active at once, now */
  constructor(
    world: Omit<JobWorld, 'takePositions'>,
    private readonly limit: () => number,
  ) {
    this.#world = { ...world, takePositions: (count) => (this.#position += count) - count + 1 };
    for (const kept of world.records.all()) {
      const job = Job.restore(kept, this.#world);
      this.#jobs.set(kept.spec.jobId, job);
      this.#order = kept.order;
      this.#position = Math.max(this.#position, job.rows.at(-1)?.position ?? 0);
    }
  }

  /**
   * Takes a job on. Jobs that wait for a later start count as active too.
   *
   * @throws HubError JobAlreadyExists; ThrottlingMaxActiveJobCountExceeded
   */
  add(spec: JobSpec): Job {
    this.#forget();
    if (this.#jobs.has(spec.jobId))
      throw new HubError('JobAlreadyExists', `A job with ID '${spec.jobId}' already exists.`);
    const active = [...this.#jobs.values()].filter((job) => job.isActive).length;
    if (active >= this.limit()) {
      const text = `The maximum number of active jobs (${this.limit()}) has been reached.`;
      throw new HubError('ThrottlingMaxActiveJobCountExceeded', text);
    }
    const job = Job.create(spec, ++this.#order, this.#world);
    this.#jobs.set(spec.jobId, job);
    return job;
  }

  get(jobId: string): Job | undefined {
    return this.#jobs.get(jobId);
  }

  /** @throws HubError JobNotFound */
  require(jobId: string): Job {
    const job = this.get(jobId);
    if (job === undefined) throw new HubError('JobNotFound', `Job '${jobId}' was not found.`);
    return job;
  }

  list({ type, status }: JobFilter): Job[] {
    const matches = (wanted: string | undefined, is: string): boolean =>
      wanted === undefined || wanted.toLowerCase() === is.toLowerCase();
    return [...this.#jobs.values()].filter((job) => matches(type, job.spec.type) && matches(status, job.status));
  }

  /** Rows of all jobs after a position; `pinned` holds the only job ids wanted. */
  *rows(position: number, pinned: ReadonlySet<string> | undefined): Documents {
    const jobs = pinned === undefined ? [...this.#jobs.values()] : [...pinned].flatMap((id) => this.get(id) ?? []);
    for (const { spec, rows } of jobs.sort((a, b) => firstOf(a) - firstOf(b))) {
      // Positions within a job rise by one, so the first wanted row is found by counting.
      const skipped = Math.max(0, position + 1 - (rows[0]?.position ?? 0));
      for (let i = skipped; i < rows.length; i++) {
        const row = rows[i];
        if (row !== undefined) yield [row.position, rowView(spec, row) satisfies JsonObject];
      }
    }
  }

  close(): void {
    for (const job of this.#jobs.values()) job.drop();
    this.#jobs.clear();
  }

  #forget(): void {
    const oldest = this.#world.clock.now() - MEMORY_MS;
    for (const [id, job] of this.#jobs) {
      if (job.endedAt === undefined || job.endedAt >= oldest) continue;
      this.#jobs.delete(id);
      job.forget();
    }
  }
}

const firstOf = ({ rows }: Job): number => rows[0]?.position ?? Infinity;
