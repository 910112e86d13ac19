import type { RolloutId } from '../../domain/ids';
import { snapshotOf, type TwinSections } from '../../domain/patches';
import type { Action } from '../../domain/spec';
import type { BatchDevice, Home, Results, SnapshotRecord } from '../ledger/results';
import { eachBounded } from '../pool';
import type { Hub } from '../ports';

/** Twins read at once; the hub's quota of reads paces them. */
const WIDTH = 32;

interface SnapshotInput {
  readonly action: Extract<Action, { kind: 'twin' }>;
  readonly devices: readonly BatchDevice[];
  /** Called for each twin. */
  readonly beat: () => void;
}

/** Keeps, before the first touch, what a batch's twins have where the patch touches them. Once: a repeat changes nothing. */
export async function keepSnapshots(
  results: Results,
  hub: Hub,
  at: Home & { readonly rolloutId: RolloutId },
  { action, devices, beat }: SnapshotInput,
): Promise<void> {
  if ((await results.snapshot(at)) !== undefined) return;
  const twins: Record<string, TwinSections | null> = {};
  for (const { deviceId } of devices) twins[deviceId] = null;
  await eachBounded(devices, WIDTH, async ({ deviceId }) => {
    const twin = await hub.twin(deviceId);
    beat();
    if (twin !== undefined) twins[deviceId] = snapshotOf(action, twin);
  });
  await results.keepSnapshot(at, { devices: twins });
}

/** Reads snapshots device by device; holds the record of one batch at a time, which is how devices come. */
export function snapshotReader(results: Results, rolloutId: RolloutId) {
  const held = new Map<string, Promise<SnapshotRecord | undefined>>();
  return async ({ deviceId, home }: BatchDevice): Promise<TwinSections | null | undefined> => {
    const key = `${home.wave}/${home.part}/${home.batch}`;
    const record = held.get(key) ?? results.snapshot({ rolloutId, ...home });
    if (!held.has(key) && held.size >= HELD) held.delete(held.keys().next().value ?? '');
    held.set(key, record);
    return (await record)?.devices[deviceId];
  };
}

/** Batches whose snapshots are held: a batch of the rollback comes from a few. */
const HELD = 8;
