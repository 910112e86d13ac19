import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tallyOf } from '../../../domain/tally';
import { problemsOf } from '../../chaos/judge';
import { run, type Stand, standIn } from '../../chaos/run';
import { SCENARIOS } from '../../chaos/scenarios';

/** One stack for all, whose start takes most of the time; each wait in here ends by itself long before. */
jest.setTimeout(600_000);

/** Follows from the devices: 2 are away, and one in nine of the others jams. */
const UNDISTURBED = {
  method: tallyOf({ succeeded: 51, failed: 7, offline: 2 }),
  twin: tallyOf({ succeeded: 58, offline: 2 }),
};

let folder: string;
let stand: Stand;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'groundswell-chaos-'));
  stand = await standIn(join(folder, 'stack'));
});
afterAll(async () => {
  await stand.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('comes to the same though emulator, Temporal server and worker are killed one after the other', async () => {
  const [, scenario] = SCENARIOS;
  if (scenario === undefined) throw new Error('the list of scenarios is short');
  const kills = [
    { at: 1_500, part: 'emulator', downMs: 1_000 },
    { at: 4_000, part: 'worker', downMs: 500 },
    { at: 6_000, part: 'temporal', downMs: 1_000 },
  ] as const;

  const done = await run(stand, { seed: 1, scenario, schedule: { kills, control: { kind: 'none' } } });

  expect(problemsOf(done, scenario, UNDISTURBED[scenario.action])).toEqual([]);
});
