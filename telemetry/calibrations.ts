import { LRUCache } from 'lru-cache';
import type { Calibrations, CalibrationStore } from './ports';
import type { TelemetrySettings } from './settings';
import { type DeviceKey, keyText } from './state';

/** In an object, since the cache takes undefined for "not kept". */
interface Kept {
  readonly calibrations: Calibrations | undefined;
}

/**
 * Keeps what the store has said, that a device has none included, for `calibrationSeconds`; who asks while a read is on
 * its way waits for that one. A failed read is not kept.
 *
 * @param clock ms, rising; `performance` but in tests
 */
export function keptCalibrations(
  store: CalibrationStore,
  { calibrationSeconds, cachedCalibrations }: Pick<TelemetrySettings, 'calibrationSeconds' | 'cachedCalibrations'>,
  clock: { now(): number } = performance,
): CalibrationStore {
  const kept = new LRUCache<string, Kept, DeviceKey>({
    max: cachedCalibrations,
    ttl: calibrationSeconds * 1_000,
    perf: clock,
    ttlResolution: 0, // by default it keeps the time for 1 ms with a timer, which an injected clock knows nothing of
    fetchMethod: async (_text, _stale, { context: key }) => ({ calibrations: await store.read(key) }),
  });
  return { read: async (key) => (await kept.forceFetch(keyText(key), { context: key })).calibrations };
}
