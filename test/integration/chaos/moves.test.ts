import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moversOf } from '../../moves/fleet';
import { SCENARIOS } from '../../moves/scenarios';
import { MoveStand } from '../../moves/stand';

/** `npm run moves` runs all scenarios, on more devices. Each wait in here ends by itself long before. */
jest.setTimeout(600_000);

const DEVICES = 24;

it('moves real agents between hubs and back, as the scenario rollback wants it', async () => {
  const scenario = SCENARIOS.find(({ name }) => name === 'rollback');
  if (scenario === undefined) throw new Error('there is no scenario rollback');
  const folder = mkdtempSync(join(tmpdir(), 'groundswell-moves-'));
  const stand = await MoveStand.make({ folder, movers: moversOf(DEVICES), ...scenario.stand?.(DEVICES) });
  try {
    expect(await scenario.run(stand, 'move-rollback')).toEqual([]);
  } finally {
    await stand.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
