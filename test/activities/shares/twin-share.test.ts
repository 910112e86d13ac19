import { tallyOf } from '../../../domain/tally';
import type { RolloutSpec } from '../../../domain/spec';
import { fakeHub } from '../../support/fake-hub';
import { names, rolloutId, shareOf, shareSpec } from '../../support/shares';
import { batchOf, gateOf } from '../../support/specs';

const twin = { kind: 'twin', etag: '*', desired: { floor: 3 }, confirmWithinMs: 1 } as const;
const executors = ['job', 'direct'] as const;
const specOf = (executor: RolloutSpec['executor'], change: Partial<RolloutSpec> = {}) =>
  shareSpec({ executor, action: twin, gate: gateOf({ failureLimit: 1 }), ...change });

it.each(executors)('counts a twin update only when the device reports it back (%s)', async (executor) => {
  const hub = fakeHub({ devices: names(3), offline: ['door-02'], reports: (id) => id !== 'door-01' });
  const { run, results } = await shareOf(hub, specOf(executor));

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 1, timedOut: 1, offline: 1 }) });

  const record = await results.find({
    rolloutId,
    pass: 'wave',
    wave: 1,
    part: 1,
    hub: 'main' as never,
    attempt: 1,
    batch: 1,
  });
  expect(record?.outcomes.map(({ desiredVersion }) => desiredVersion)).toEqual([2, 2, 2]);
});

it.each(executors)(
  'keeps before the first touch what the twins had at the places of the patch (%s)',
  async (executor) => {
    const hub = fakeHub({ devices: names(2) });
    hub.fleet.patch('door-00', { desired: { floor: 1, room: 7 } }, '*');
    const { run, ledger } = await shareOf(hub, specOf(executor));

    await run();

    expect(JSON.parse(ledger.records.get('rollouts/lock-doors/snapshots/w1-p1/b1.json') ?? '')).toEqual({
      devices: { 'door-00': { desired: { floor: 1 } }, 'door-01': { desired: { floor: null } } },
    });
  },
);

it('writes a snapshot once: what a repeat would read is the patch itself', async () => {
  const hub = fakeHub({ devices: names(2) });
  const { run, ledger } = await shareOf(hub, specOf('direct'));
  await run();
  const path = 'rollouts/lock-doors/snapshots/w1-p1/b1.json';
  const first = ledger.records.get(path);
  for (const each of ledger.records.keys()) if (each.includes('/results/')) ledger.records.delete(each);

  await run();

  expect(ledger.records.get(path)).toBe(first);
});

it('fails a twin whose etag is another than the spec expects', async () => {
  const hub = fakeHub({ devices: names(2) });
  hub.fleet.patch('door-00', { tags: { by: 'somebody' } }, '*');
  const { run } = await shareOf(hub, specOf('direct', { action: { ...twin, etag: '1' } }));

  await expect(run()).resolves.toMatchObject({ tally: tallyOf({ succeeded: 1, failed: 1 }) });
});

describe('rollback', () => {
  const rollback = (change: Partial<RolloutSpec> = {}) => specOf('job', change);

  it.each(executors)(
    'brings each twin back to its own snapshot (%s), also where the device had nothing',
    async (executor) => {
      const hub = fakeHub({ devices: names(12) });
      hub.fleet.patch('door-00', { desired: { floor: 1, room: 7 } }, '*');
      const { run } = await shareOf(hub, specOf(executor));
      await run();

      await expect(run({ pass: 'rollback' })).resolves.toMatchObject({ tally: tallyOf({ succeeded: 12 }) });

      expect(hub.fleet.twin('door-00')?.desired).toEqual({ floor: 1, room: 7 });
      expect(hub.fleet.twin('door-01')?.desired).toEqual({});
    },
  );

  it('touches no device that was not touched, and writes nothing when it runs twice', async () => {
    const hub = fakeHub({ devices: names(15) });
    const { run, line, ledger } = await shareOf(hub, rollback());
    line.onCheck = ({ cursor }) => void (line.stop = cursor.batches === 1);
    await run();
    line.onCheck = undefined;
    line.stop = false;
    const before = hub.fleet.patched.length;

    const undone = await run({ pass: 'rollback' });
    expect(undone).toMatchObject({ tally: tallyOf({ succeeded: 5 }) });
    expect(hub.fleet.patched).toHaveLength(before + 5);
    await expect(run({ pass: 'rollback' })).resolves.toEqual(undone);
    for (const path of ledger.records.keys()) if (path.includes('/rollback-')) ledger.records.delete(path);
    await expect(run({ pass: 'rollback' })).resolves.toMatchObject({ tally: undone.tally });

    expect(hub.fleet.patched).toHaveLength(before + 5);
  });

  it('does not overwrite what somebody else has changed since, and names the place', async () => {
    const hub = fakeHub({ devices: names(5) });
    const { run, ledger } = await shareOf(hub, rollback());
    await run();
    hub.fleet.patch('door-02', { desired: { floor: 99 } }, '*');
    hub.fleet.patch('door-03', { desired: { elsewhere: true } }, '*');

    await expect(run({ pass: 'rollback' })).resolves.toMatchObject({ tally: tallyOf({ succeeded: 4, failed: 1 }) });

    expect(hub.fleet.twin('door-02')?.desired).toEqual({ floor: 99 });
    expect(hub.fleet.twin('door-03')?.desired).toEqual({ elsewhere: true });
    expect(ledger.records.get('rollouts/lock-doors/results/rollback-w1-p1/a1-b1.json')).toContain(
      'somebody has changed properties.desired.floor since',
    );
  });

  it('restores devices that were offline when their twin was patched', async () => {
    const hub = fakeHub({ devices: names(3), offline: ['door-01'] });
    const { run } = await shareOf(hub, rollback());
    await expect(run()).resolves.toMatchObject({ tally: { offline: 1 } });

    await expect(run({ pass: 'rollback' })).resolves.toMatchObject({ tally: tallyOf({ succeeded: 3 }) });

    expect(hub.fleet.twin('door-01')?.desired).toEqual({});
  });

  it('comes to the same from whichever point another worker takes over', async () => {
    const spec = rollback({ batch: batchOf({ size: 5 }) });
    for (let at = 1; at < 12; at += 1) {
      const hub = fakeHub({ devices: names(15) });
      const { run, line } = await shareOf(hub, spec);
      await run();
      let left = at;
      line.onCheck = () => {
        if ((left -= 1) === 0) throw new Error('the worker is gone');
      };
      await run({ pass: 'rollback' }).catch(() => undefined);
      line.onCheck = undefined;

      await expect(run({ pass: 'rollback' })).resolves.toMatchObject({ tally: tallyOf({ succeeded: 15 }) });

      expect(names(15).every((id) => hub.fleet.twin(id)?.desired.floor === undefined)).toBe(true);
    }
  });

  const method = { kind: 'method', name: 'lockDoor', payload: null, responseTimeoutMs: 5_000 } as const;

  it('runs the action that the spec gives for it, by the same executor, on touched devices only', async () => {
    const unlock = { ...method, name: 'unlockDoor' } as const;
    const hub = fakeHub({ devices: names(10), offline: ['door-04'] });
    const spec = shareSpec({
      action: method,
      gate: gateOf({ failureLimit: 1 }),
      rollback: { action: unlock, gate: gateOf() },
    });
    const { run } = await shareOf(hub, spec);
    await run();

    await expect(run({ pass: 'rollback' })).resolves.toMatchObject({ tally: tallyOf({ succeeded: 9 }) });

    const undone = hub.scheduled.filter(({ action }) => action.kind === 'method' && action.name === 'unlockDoor');
    expect(undone.map(({ jobId }) => jobId)).toEqual(['lock-doors-r1-p1-b1-a1', 'lock-doors-r1-p1-b2-a1']);
    expect(undone.flatMap(({ deviceIds }) => deviceIds)).not.toContain('door-04');
  });

  it('refuses a method without such an action', async () => {
    const { run } = await shareOf(fakeHub({ devices: names(2) }), shareSpec({ action: method }));

    await expect(run({ pass: 'rollback' })).rejects.toMatchObject({ code: 'GS_NO_ROLLBACK' });
  });
});

it('puts devices that fail often enough under quarantine, and says so in their outcome', async () => {
  const hub = fakeHub({ devices: names(5), statusOf: (id) => (id === 'door-03' ? 500 : 200) });
  const retry = { attempts: 3, on: ['failed'], firstMs: 0, factor: 1, mostMs: 0 } as const;
  const quarantine = { after: 2, tags: { quarantined: true } };
  const { run, ledger } = await shareOf(hub, shareSpec({ retry, quarantine, gate: gateOf({ failureLimit: 1 }) }));

  await run();

  const told = (attempt: number) => ledger.records.get(`rollouts/lock-doors/results/wave-w1-p1/a${attempt}-b1.json`);
  expect(told(1)).not.toContain('quarantined');
  expect(told(2)).toContain('"quarantined":true');
  expect(hub.fleet.twin('door-03')?.tags).toEqual({ quarantined: true });
  expect(hub.fleet.twin('door-02')?.tags).toEqual({});
});
