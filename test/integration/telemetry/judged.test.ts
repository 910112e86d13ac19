import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firmwareProblems } from '../../pipeline/firmware';
import { PipelineStand } from '../../pipeline/stand';

// The judged run `firmware` of `npm run telemetry`, small; hosts.test.ts has what `counts` judges.
it('stops new firmware by what its canaries send, though every method was answered with 200, and brings them back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'groundswell-pipeline-'));
  const stand = await PipelineStand.make({ folder, consumers: 1, settings: { windowMinutes: 0.05 } });
  try {
    const options = { devices: 60, canaries: 20, telemetryMs: 500, past: false };

    expect(await firmwareProblems(stand, options)).toEqual([]);
  } finally {
    await stand.stop();
    await rm(folder, { recursive: true });
  }
});
