import { createHash } from 'node:crypto';

import type { BadFirmware } from './firmware';
import type { ProfileKind, Profiles } from './profiles';

/** What a simulated device does wrong, if anything. */
export interface Behaviour {
  /** Answers every direct method of its own with status 500 and a message. */
  readonly fails: boolean;
  /** Is registered but never connects. */
  readonly offline: boolean;
  /** How long it thinks before it answers. */
  readonly delayMs: number;
  /** Its connection is lost so long after it was made; 0 for one that holds. */
  readonly flapsEveryMs: number;
  /** What follows when it has said yes to `reprovision`. */
  readonly reprovision: 'obeys' | 'vanishes' | 'acksOnly';
  /** Firmware with which it reads nonsense; none when missing. */
  readonly badVersion?: string;
}

export interface Shares {
  /** 0 to 1 of all devices, rounded to whole devices. */
  readonly failShare: number;
  /** 0 to 1 of all devices, rounded to whole devices. */
  readonly offlineShare: number;
  /** Further shares, which count besides the two. */
  readonly profiles?: Profiles | undefined;
  /** Some that read nonsense on a version. */
  readonly badFirmware?: BadFirmware | undefined;
}

/** How long devices take and hold that only their name says are slow or flap. */
const [SLOW_MS, FLAP_MS] = [10_000, 30_000];

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
export function behavioursOf(
  deviceIds: readonly string[],
  { failShare, offlineShare, profiles = {}, badFirmware }: Shares,
): (deviceId: string) => Behaviour {
  const { slow, flapping, devices = {} } = profiles;
  const shares: Readonly<Record<ProfileKind, number>> = {
    ...{ offline: Math.max(offlineShare, profiles.offline ?? 0), failing: Math.max(failShare, profiles.failing ?? 0) },
    ...{ slow: slow?.share ?? 0, flapping: flapping?.share ?? 0 },
    ...{ vanishing: profiles.vanishing ?? 0, ackOnly: profiles.ackOnly ?? 0 },
  };
  const picked = new Map(
    Object.entries(shares).map(([kind, share]) => [kind, chosen(deviceIds, share, SALTS[kind] ?? kind)]),
  );
  const bad = badFirmware && chosen(deviceIds, badFirmware.share, `firmware ${badFirmware.version}`);
  return (deviceId) => {
    const own = Object.hasOwn(devices, deviceId) ? (devices[deviceId] ?? []) : [];
    const is = (kind: ProfileKind): boolean => own.includes(kind) || (picked.get(kind)?.has(deviceId) ?? false);
    return {
      fails: is('failing'),
      offline: is('offline'),
      delayMs: is('slow') ? (slow?.delayMs ?? SLOW_MS) : 0,
      flapsEveryMs: is('flapping') ? (flapping?.everyMs ?? FLAP_MS) : 0,
      reprovision: is('vanishing') ? 'vanishes' : is('ackOnly') ? 'acksOnly' : 'obeys',
      ...(badFirmware && bad?.has(deviceId) && { badVersion: badFirmware.version }),
    };
  };
}

/** Of shares that are older than their names. */
const SALTS: Readonly<Record<string, string>> = { failing: 'fail' };

/**
 * Names the devices of a simulated fleet.
 *
 * @example deviceIdsOf('door', 2) // => ['door-0001', 'door-0002']
 */
export const deviceIdsOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index + 1).padStart(4, '0')}`);
