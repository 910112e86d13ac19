import { createHash } from 'node:crypto';

/** What a simulated device does wrong, if anything. */
export interface Behaviour {
  /** Answers every direct method with status 500 and a message. */
  readonly fails: boolean;
  /** Is registered but never connects. */
  readonly offline: boolean;
}

export interface Shares {
  /** 0 to 1 of all devices, rounded to whole devices. */
  readonly failShare: number;
  /** 0 to 1 of all devices, rounded to whole devices. */
  readonly offlineShare: number;
}

const rank = (salt: string, deviceId: string): string =>
  createHash('sha256').update(`${salt}:${deviceId}`).digest('hex');

/**
 * Picks a share of the devices, always the same ones for the same ids, wherever they stand in the list.
 *
 * @param share 0 to 1; round(share * n) devices are picked
 * @param salt  separates choices, so that two shares do not fall on the same devices
 */
export function chosen(deviceIds: readonly string[], share: number, salt: string): ReadonlySet<string> {
  const ranked = deviceIds.map((id) => ({ id, rank: rank(salt, id) })).sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return new Set(ranked.slice(0, Math.round(share * deviceIds.length)).map(({ id }) => id));
}

/** @returns a function from device id to what that device does */
export function behavioursOf(deviceIds: readonly string[], shares: Shares): (deviceId: string) => Behaviour {
  const failing = chosen(deviceIds, shares.failShare, 'fail');
  const offline = chosen(deviceIds, shares.offlineShare, 'offline');
  return (deviceId) => ({ fails: failing.has(deviceId), offline: offline.has(deviceId) });
}

/**
 * Names the devices of a simulated fleet.
 *
 * @example deviceIdsOf('door', 2) // => ['door-0001', 'door-0002']
 */
export const deviceIdsOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(4, '0')}`);
