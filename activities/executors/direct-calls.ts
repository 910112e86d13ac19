import { outcomeOfAnswer } from '../../domain/outcome';
import { restoring, type TwinSections } from '../../domain/patches';
import { operationIdOf } from '../../domain/share';
import type { Action, JsonObject } from '../../domain/spec';
import type { DeviceOutcome } from '../../domain/tally';
import type { BatchDevice } from '../ledger/results';
import type { DeviceTwin, Hub, Quota } from '../ports';
import type { Batch, Deed } from './executor';
import { payloadOf } from './operation';

/** How each device of a batch is called, and what a call takes of the hub's quota. */
export interface Calls {
  readonly quota: Extract<Quota, 'methods' | 'twinUpdates'>;
  readonly places: number;
  /** @throws GS_HUB_THROTTLED, GS_HUB_UNAVAILABLE, GS_HUB_UNAUTHORIZED */
  one(device: BatchDevice): Promise<DeviceOutcome>;
}

type Of<Kind extends Deed['kind']> = Batch<Extract<Deed, { kind: Kind }>>;

const DELETED = 'the hub has no such device: it was deleted after the plan was made';

/** @param meter bytes of payload that one place of the quota carries */
export function methodCalls({ target, deed, ...batch }: Of<'method'>, meter: number): Calls {
  const { name, responseTimeoutMs } = deed;
  const bytes = Buffer.byteLength(JSON.stringify(deed.payload));
  return {
    quota: 'methods',
    places: Math.max(1, Math.ceil(bytes / meter)),
    async one({ deviceId }) {
      const payload = payloadOf(deed, operationIdOf(batch, deviceId));
      const answer = await target.invokeMethod(deviceId, { name, payload, responseTimeoutMs });
      if (answer.kind === 'answered') return outcomeOfAnswer(deviceId, answer);
      if (answer.kind === 'gone') return { deviceId, kind: 'skipped', detail: DELETED };
      return { deviceId, kind: answer.kind, detail: answer.detail };
    },
  };
}

const sectionsOf = ({ tags, desired }: Extract<Action, { kind: 'twin' }>): TwinSections => ({
  ...(tags && { tags }),
  ...(desired && { desired }),
});

async function patched(
  target: Hub,
  { deviceId }: BatchDevice,
  patch: TwinSections,
  etag: string,
): Promise<DeviceOutcome | 'changed'> {
  const answer = await target.updateTwin(deviceId, patch, etag);
  if (answer.kind === 'changed') return 'changed';
  if (answer.kind === 'gone') return { deviceId, kind: 'skipped', detail: DELETED };
  if (answer.kind !== 'merged') return { deviceId, kind: 'failed', detail: answer.detail };
  return { deviceId, kind: 'succeeded', ...(patch.desired && { desiredVersion: answer.desiredVersion }) };
}

export const twinCalls = ({ target, deed }: Of<'twin'>): Calls => ({
  quota: 'twinUpdates',
  places: 1,
  async one(device) {
    const outcome = await patched(target, device, sectionsOf(deed), deed.etag);
    if (outcome !== 'changed') return outcome;
    return { deviceId: device.deviceId, kind: 'failed', detail: `the twin's etag is not ${deed.etag}: not changed` };
  },
});

/** Tries to write a twin that changes between reading and writing. */
const WRITES = 5;

type Way = { readonly patch: TwinSections } | { readonly changedAt: string };

/** The way of a whole twin back to its snapshot. */
function wayBack(applied: TwinSections, before: TwinSections, now: DeviceTwin): Way {
  const patch: { tags?: JsonObject; desired?: JsonObject } = {};
  for (const section of ['tags', 'desired'] as const) {
    const [own, was] = [applied[section], before[section]];
    if (own === undefined || was === undefined) continue;
    const way = restoring(own, was, now[section]);
    if ('changedAt' in way)
      return { changedAt: `${section === 'tags' ? 'tags' : 'properties.desired'}.${way.changedAt}` };
    if (Object.keys(way.patch).length > 0) patch[section] = way.patch;
  }
  return { patch };
}

/**
 * Brings each twin back to its snapshot. What somebody else has changed since at the same places is not overwritten: the
 * device fails, and the place is named. Where it is back already, nothing is written. A write goes against the etag that
 * was read, so nobody's change between the two is lost.
 */
export const restoreCalls = ({ target, deed }: Of<'restore'>): Calls => ({
  quota: 'twinUpdates',
  places: 1,
  async one(device) {
    const { deviceId } = device;
    const before = await deed.snapshotOf(device);
    if (!before) return { deviceId, kind: 'failed', detail: 'the ledger has no snapshot of this twin' };
    for (let tries = 0; tries < WRITES; tries += 1) {
      const twin = await target.twin(deviceId);
      if (twin === undefined) return { deviceId, kind: 'skipped', detail: DELETED };
      const way = wayBack(sectionsOf(deed.applied), before, twin);
      if ('changedAt' in way)
        return { deviceId, kind: 'failed', detail: `somebody has changed ${way.changedAt} since: not overwritten` };
      if (Object.keys(way.patch).length === 0) return { deviceId, kind: 'succeeded' };
      const outcome = await patched(target, device, way.patch, twin.etag);
      if (outcome !== 'changed') return outcome;
    }
    return { deviceId, kind: 'failed', detail: `the twin changed ${WRITES} times while it was written` };
  },
});
