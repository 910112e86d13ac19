import { JobClient } from 'azure-iothub';
import { median } from '../measures';

/** When a job was made and when its last row was settled (ms since the epoch, by the hub's clock). */
export interface JobTimes {
  readonly jobId: string;
  readonly createdAt: number;
  readonly endedAt: number;
}

interface JobDocument {
  readonly jobId: string;
  readonly createdTime: string;
  readonly endTime: string;
}

/** All jobs of a rollout, in the order in which they were made. @param prefix of their ids */
export async function jobTimesOf(connectionString: string, prefix: string): Promise<JobTimes[]> {
  const query = JobClient.fromConnectionString(connectionString).createQuery();
  const times: JobTimes[] = [];
  for (let token: string | undefined; ;) {
    const page = await query.next(token as string);
    for (const { jobId, createdTime, endTime } of page.result as JobDocument[])
      if (jobId.startsWith(prefix))
        times.push({ jobId, createdAt: Date.parse(createdTime), endedAt: Date.parse(endTime) });
    if (!query.hasMoreResults) break;
    token = query.continuationToken;
  }
  return times.sort((a, b) => a.createdAt - b.createdAt);
}

/** The middle of what lay between a job's end and the next one's beginning, for jobs that ran one after the other. */
export const gapOf = (times: readonly JobTimes[], counts: (before: JobTimes, after: JobTimes) => boolean): number =>
  median(
    times.flatMap((after, index) => {
      const before = times[index - 1];
      return before !== undefined && counts(before, after) ? [after.createdAt - before.endedAt] : [];
    }),
  );
