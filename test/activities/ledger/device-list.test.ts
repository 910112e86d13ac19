import { createDeviceLists } from '../../../activities/ledger/device-list';
import type { Ledger } from '../../../activities/ports';
import {
  type DeviceCounts,
  type DevicePage,
  type DeviceQuery,
  type ListCursor,
  type ListedDevice,
  NOT_WELL,
} from '../../../domain/device-list';
import { activityContext } from '../../support/activity';
import { fakeHub } from '../../support/fake-hub';
import { directSpec, LOCK_DOOR, names, rolloutId, shareOf } from '../../support/shares';
import { batchOf, gateOf } from '../../support/specs';

const notWell: DeviceQuery = { rolloutId, outcomes: NOT_WELL };

const count = (ledger: Ledger, query = notWell): Promise<DeviceCounts> =>
  activityContext().run(createDeviceLists(ledger).countListed, query);

/** All pages. */
async function pagesOf(ledger: Ledger, query = notWell): Promise<DevicePage[]> {
  const { listDevices } = createDeviceLists(ledger);
  const pages: DevicePage[] = [];
  let cursor: ListCursor | undefined;
  do {
    const page: DevicePage = await activityContext().run(listDevices, { query, ...(cursor && { cursor }) });
    pages.push(page);
    cursor = page.next;
  } while (cursor !== undefined);
  return pages;
}

const listed = async (ledger: Ledger, query = notWell): Promise<ListedDevice[]> =>
  (await pagesOf(ledger, query)).flatMap(({ devices }) => devices);

const brief = (devices: readonly ListedDevice[]): string[] =>
  devices.map(({ deviceId, kind, pass, wave, attempt }) => `${deviceId} ${kind} ${pass}${wave} a${attempt}`);

it('lists each device that is not well once, by its last attempt', async () => {
  const retry = { attempts: 3, on: ['failed'], firstMs: 0, factor: 1, mostMs: 0 } as const;
  let tries = 0;
  const statusOf = (id: string): number => (id === 'door-05' || (id === 'door-02' && (tries += 1) < 2) ? 500 : 200);
  const { run, ledger } = await shareOf(
    fakeHub({ devices: names(8), offline: ['door-07'], statusOf }),
    directSpec({ retry }),
  );
  await run();

  const devices = await listed(ledger);

  expect(brief(devices).sort()).toEqual(['door-05 failed wave1 a3', 'door-07 offline wave1 a1']);
  expect(devices.find(({ kind }) => kind === 'failed')).toMatchObject({ hub: 'main', status: 500 });
  expect(await count(ledger)).toMatchObject({
    scope: { hubs: ['main'], waveCount: 1 },
    deviceCount: 2,
    byOutcome: { failed: 1, offline: 1, succeeded: 0 },
  });
});

it('goes on behind the last device of a page, within a batch and over batches, and counts the same', async () => {
  const devices = names(1_250);
  const { run, ledger } = await shareOf(
    fakeHub({ devices, statusOf: () => 500 }),
    directSpec({ batch: batchOf({ size: 300 }), executor: 'job' }),
  );
  await run();

  const pages = await pagesOf(ledger);

  expect(pages.map(({ devices: { length } }) => length)).toEqual([500, 500, 250]);
  expect(pages.flatMap((page) => page.devices.map(({ deviceId }) => String(deviceId))).sort()).toEqual(
    [...devices].sort(),
  );
  expect(await count(ledger)).toMatchObject({ deviceCount: 1_250, details: [{ kind: 'failed', deviceCount: 1_250 }] });
});

it('knows of who was offline what the catch-up made of it, and by which wave it was planned', async () => {
  const hub = fakeHub({ devices: names(6), offline: ['door-01', 'door-02', 'door-04'], statusOf: () => 200 });
  const { run, ledger, line } = await shareOf(hub, directSpec());
  await run();
  expect(brief(await listed(ledger))).toHaveLength(3);
  const invoke = hub.invokeMethod;
  hub.invokeMethod = async (deviceId, call) => {
    const answer = await invoke(deviceId, call);
    return String(deviceId) === 'door-02' && answer.kind === 'answered' ? { ...answer, status: 409 } : answer;
  };
  for (const back of ['door-01', 'door-02']) hub.offline.delete(back);
  line.onRest = () => (line.stop = true);
  await run({ pass: 'catchUp', wave: 0, part: 1 });

  expect(brief(await listed(ledger)).sort()).toEqual(['door-02 failed catchUp1 a1', 'door-04 offline wave1 a1']);
  expect(await listed(ledger, { ...notWell, wave: 2 })).toEqual([]);
  expect(brief(await listed(ledger, { ...notWell, wave: 1, outcomes: ['failed'] }))).toEqual([
    'door-02 failed catchUp1 a1',
  ]);
});

it('knows whom the way back has brought back, and whom not', async () => {
  const statuses = new Map([['door-01', 500]]);
  const hub = fakeHub({ devices: names(4), statusOf: (id) => statuses.get(id) ?? 200 });
  const rollback = { action: { ...LOCK_DOOR, name: 'unlockDoor' }, gate: gateOf({ failureLimit: 1 }) };
  const { run, ledger } = await shareOf(hub, directSpec({ rollback }));
  await run();
  expect(brief(await listed(ledger))).toEqual(['door-01 failed wave1 a1']);
  statuses.set('door-01', 200).set('door-03', 500);
  await run({ pass: 'rollback' });

  expect(brief(await listed(ledger))).toEqual(['door-03 failed rollback1 a1']);
});

it('refuses a rollout that the ledger has no plan of', async () => {
  const { ledger } = await shareOf(fakeHub({ devices: names(1) }), directSpec());

  await expect(count(ledger, { ...notWell, rolloutId: 'other' as typeof rolloutId })).rejects.toMatchObject({
    code: 'GS_LEDGER_MISSING',
  });
});
