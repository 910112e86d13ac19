import { gapOf, type JobTimes } from '../../bench/engine/job-times';

const job = (jobId: string, createdAt: number, endedAt: number): JobTimes => ({ jobId, createdAt, endedAt });
const TIMES = [job('w1-b1', 0, 10), job('w2-b1', 40, 50), job('w2-b2', 55, 70), job('w2-b3', 79, 90)];
const inOneWave = (before: JobTimes, after: JobTimes): boolean => before.jobId.slice(0, 2) === after.jobId.slice(0, 2);

it('takes the middle of what lies between a job’s end and the next one’s beginning', () => {
  expect(gapOf(TIMES, inOneWave)).toBe(7);
  expect(gapOf(TIMES, (before, after) => !inOneWave(before, after))).toBe(30);
});

it('has no figure where no job follows another', () => expect(gapOf(TIMES.slice(0, 1), inOneWave)).toBeNaN());
