import { createResults } from '../../../activities/ledger/results';
import { createStories } from '../../../activities/ledger/story';
import type { Ledger } from '../../../activities/ports';
import { batchesOf } from '../../../domain/batches';
import { type DeviceId, deviceIdOf, hubNameOf, type RolloutId } from '../../../domain/ids';
import type { BatchRef } from '../../../domain/share';
import type { Target } from '../../../domain/spec';
import type { DeviceStory } from '../../../domain/story';
import type { OutcomeKind } from '../../../domain/tally';
import { activityContext } from '../../support/activity';
import { fakeLedger } from '../../support/fake-hub';
import { fleetHub } from '../../support/fleet';
import { plannerOn, ROLLOUT } from '../../support/planner';
import { batchOf, count, REST, sizes, specOf } from '../../support/specs';

const west = hubNameOf('west');
const SIZE = 10;
const NOW = '2026-01-01T00:00:00.000Z';

const target: Target = { kind: 'query', hubs: [west], where: '*', done: 'done' };
const retry = { attempts: 3, on: ['failed', 'offline'] as const, firstMs: 0, factor: 1, mostMs: 0 };
const spec = specOf({ target, waves: sizes(count(10_000), REST), batch: batchOf({ size: SIZE }), retry });
const many = Array.from({ length: 25_000 }, (_, index) => ({ id: `door-${index}` }));

/** A plan of 25,000 devices, all of whose first batches have ended: the same kind for every device but some. */
async function ledgerOf(kindOf: (deviceId: DeviceId) => OutcomeKind = () => 'succeeded') {
  const ledger = fakeLedger();
  const hub = fleetHub([...many, { id: 'done-already', where: ['done'] }], { page: 5_000 });
  const planner = plannerOn({ west: hub }, { ledger });
  await planner.plan(spec);
  const results = createResults(ledger);
  const shares = await planner.frozen();
  const batchOfDevice = (deviceId: DeviceId): BatchRef => {
    const share = shares.find(({ deviceIds }) => deviceIds.includes(deviceId));
    const { wave = 0, part = 0 } = share ?? {};
    const batch = Math.floor((share?.deviceIds.indexOf(deviceId) ?? 0) / SIZE) + 1;
    return { rolloutId: ROLLOUT, pass: 'wave', wave, part, hub: west, attempt: 1, batch };
  };
  const settle = (ref: BatchRef, deviceIds: readonly DeviceId[], kind = kindOf) =>
    results.settle({
      ...ref,
      startedAt: NOW,
      endedAt: NOW,
      outcomes: deviceIds.map((deviceId) => ({ deviceId, kind: kind(deviceId) })),
    });
  for (const { wave, part, deviceIds } of shares) {
    for (const [index, batch] of batchesOf(deviceIds, SIZE).entries()) {
      await settle({ rolloutId: ROLLOUT, pass: 'wave', wave, part, hub: west, attempt: 1, batch: index + 1 }, batch);
    }
  }
  return { ledger, results, batchOfDevice, settle };
}

/** Tells a story, and counts what was read for it. */
async function tell(ledger: Ledger, deviceId: DeviceId): Promise<{ story: DeviceStory; read: string[] }> {
  const read: string[] = [];
  const counted: Ledger = {
    ...ledger,
    get: (path) => {
      read.push(path);
      return ledger.get(path);
    },
  };
  const { tellStory } = createStories(counted);
  const story = await activityContext().run<[{ deviceId: DeviceId }], DeviceStory, typeof tellStory>(tellStory, {
    deviceId,
  });
  return { story, read };
}

const DOOR = deviceIdOf('door-17');

it('finds a device in its one chunk and its one batch, and reads no other', async () => {
  const { ledger, batchOfDevice } = await ledgerOf();
  const { wave, part, batch } = batchOfDevice(DOOR);

  const { story, read } = await tell(ledger, DOOR);

  expect(story).toMatchObject({
    rolloutCount: 1,
    chapters: [
      {
        rolloutId: ROLLOUT,
        hub: west,
        place: { kind: 'wave', wave, part, batch },
        attempts: [{ pass: 'wave', attempt: 1, batch, outcome: { deviceId: DOOR, kind: 'succeeded' } }],
      },
    ],
  });
  const held = read.filter((path) => ledger.records.has(path));
  expect(held.filter((path) => /plan-\w+\/w/.test(path))).toHaveLength(1);
  expect(held.filter((path) => path.includes('/results/'))).toHaveLength(1);
  expect(held).toHaveLength(3); // and the manifest
});

it('follows its retries by batch numbers, and finds its snapshot and its way back', async () => {
  const { ledger, results, batchOfDevice, settle } = await ledgerOf((deviceId) =>
    deviceId === DOOR ? 'failed' : 'succeeded',
  );
  const first = batchOfDevice(DOOR);
  const home = { wave: first.wave, part: first.part, batch: first.batch };
  const devices = [{ deviceId: DOOR, home, failures: 1 }];
  const sources = { from: 1, to: 2_500 };
  const second = { ...first, attempt: 2, batch: 1 };
  await results.begin({ ...second, startedAt: NOW, devices, sources });
  await settle(second, [DOOR], () => 'succeeded');
  const back = { ...first, pass: 'rollback' as const, batch: 1 };
  await results.begin({ ...back, startedAt: NOW, devices });
  await settle(back, [DOOR], () => 'succeeded');
  await results.keepSnapshot({ rolloutId: ROLLOUT, ...home }, { devices: { [DOOR]: { tags: { floor: 1 } } } });

  const { story, read } = await tell(ledger, DOOR);

  const [chapter] = story.chapters;
  expect(chapter?.attempts.map(({ pass, attempt, outcome }) => [pass, attempt, outcome.kind])).toEqual([
    ['wave', 1, 'failed'],
    ['wave', 2, 'succeeded'],
    ['rollback', 1, 'succeeded'],
  ]);
  expect(chapter?.snapshot).toEqual({ tags: { floor: 1 } });
  expect(read.length).toBeLessThan(40);
});

it('says that a device was skipped, or that no rollout has it', async () => {
  const { ledger } = await ledgerOf();

  expect((await tell(ledger, deviceIdOf('done-already'))).story.chapters).toMatchObject([
    { place: { kind: 'skipped' }, attempts: [] },
  ]);
  const stranger = await tell(ledger, deviceIdOf('stranger'));
  expect(stranger.story).toMatchObject({ rolloutCount: 1, chapters: [] });
});

it('goes over all rollouts', async () => {
  const ledger = fakeLedger();
  const planner = plannerOn({ west: fleetHub([{ id: 'a' }]) }, { ledger });
  for (const id of ['one', 'two', 'three']) {
    await planner.plan(specOf({ name: id, waves: sizes(REST) }), { rolloutId: id as RolloutId });
  }

  const { story } = await tell(ledger, deviceIdOf('a'));

  expect(story.chapters.map(({ rolloutId }) => rolloutId).sort()).toEqual(['one', 'three', 'two']);
});
