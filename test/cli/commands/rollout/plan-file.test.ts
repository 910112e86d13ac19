import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlanFile, writePlanFile } from '../../../../cli/commands/rollout/plan-file';
import { hasBegunNothing } from '../../../../cli/rollout/planned';
import { hubNameOf, type RolloutId } from '../../../../domain/ids';
import { planOf } from '../../../support/plans';
import { specOf } from '../../../support/specs';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'groundswell-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const spec = specOf();
const skus = new Map([[hubNameOf('west'), { name: 'S1', units: 1 } as const]]);
const { summary } = planOf('lock-doors' as RolloutId, spec, [], skus);

async function saved(change: (text: string) => string = (text) => text): Promise<string> {
  const file = join(folder, 'plan.json');
  await writePlanFile(file, spec, { ...summary, fingerprint: 'f' });
  await writeFile(file, change(await readFile(file, 'utf8')));
  return file;
}

it('reads what was saved', async () => {
  await expect(readPlanFile(await saved())).resolves.toMatchObject({ spec, summary: { fingerprint: 'f' } });
});

it.each([
  {
    what: 'a spec that was edited',
    change: (text: string) => text.replace('lockDoor', 'openDoor'),
    says: 'was edited',
  },
  { what: 'another document', change: () => '{"kind":"Rollout"}', says: 'is not a plan' },
  { what: 'no JSON', change: () => 'name: lock-doors', says: 'cannot be read' },
])('refuses $what', async ({ change, says }) => {
  await expect(readPlanFile(await saved(change))).rejects.toThrow(says);
});

it.each([
  ['GS_PLAN_STALE: the fleet has changed', true],
  ['GS_TARGET_EMPTY: the target matches no device', true],
  ['GS_JOB_LOST: the hub no longer knows a job', false],
  ['something else, GS_PLAN_STALE', false],
])('frees the id after "%s": %s', (failure, free) => expect(hasBegunNothing(failure)).toBe(free));
