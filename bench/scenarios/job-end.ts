import type { JobClient } from 'azure-iothub';
import { setTimeout as sleep } from 'node:timers/promises';

const JOB_POLL_MS = 25;

/** The client leaves the body without a type. */
interface JobStatus {
  readonly status: string;
  readonly createdTime: string;
  readonly endTime: string;
  readonly deviceJobStatistics: { readonly succeededCount: number };
}

/** Awaits the end of a job. @throws Error unless it has done so many rows */
export async function ended(jobs: JobClient, jobId: string, rows: number): Promise<JobStatus> {
  for (;;) {
    const job = (await jobs.getJob(jobId)).jobStatus as JobStatus;
    if (job.status === 'completed' && job.deviceJobStatistics.succeededCount === rows) return job;
    if (job.status === 'completed' || job.status === 'failed')
      throw new Error(`the job of ${rows} rows ended as ${job.status}`);
    await sleep(JOB_POLL_MS);
  }
}
