import type { JobWorld } from './job-world';
import { Row } from './row';

/** The rows of a job from before a restart: none when it had not started. @param startedAt ms since the epoch */
export function restoredRows(jobId: string, startedAt: number, world: JobWorld): Row[] {
  const { records } = world;
  const targets = records.targetsOf(jobId);
  if (targets === undefined) return [];
  const kept = records.rowsOf(jobId);
  return targets.devices.map(([deviceId, generationId], i) => {
    const row = new Row(targets.firstPosition + i, deviceId, world.find(deviceId, generationId), startedAt);
    const before = kept.get(row.position);
    if (before !== undefined) row.restore(before);
    return row;
  });
}
