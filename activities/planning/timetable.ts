import type { PlannedWave } from '../../domain/plan';
import type { RolloutSpec } from '../../domain/spec';
import type { WindowActivities } from '../contracts';

/** Windows that are looked up for one wave: beyond them the rest is added as if they stayed open. */
const MOST_OPENINGS = 400;

type Calendar = Pick<WindowActivities, 'nextOpening'>;

/** @returns when work of a length that begins at a moment ends, if it may only be done while a window is open */
async function endWithin(
  calendar: Calendar,
  { window, zone }: { readonly window: NonNullable<RolloutSpec['window']>; readonly zone: string | undefined },
  { from, millis }: { readonly from: number; readonly millis: number },
): Promise<number> {
  let [at, left] = [from, millis];
  for (let looked = 0; looked < MOST_OPENINGS; looked += 1) {
    const after = new Date(at).toISOString();
    const { opensAt, shutsAt } = await calendar.nextOpening({ window, after, ...(zone !== undefined && { zone }) });
    const begins = Math.max(at, Date.parse(opensAt));
    const shuts = Date.parse(shutsAt);
    if (begins + left <= shuts) return begins + left;
    left -= shuts - begins;
    at = shuts;
  }
  return at + left;
}

/** A wave is over when its last zone is: each zone takes its part of the time, in its own windows. */
async function waveEnd(calendar: Calendar, spec: RolloutSpec, wave: PlannedWave, from: number): Promise<number> {
  const { window } = spec;
  if (window === undefined) return from + wave.estimateMs;
  const ends: number[] = [];
  for (const zone of new Set(wave.shares.map((share) => share.zone))) {
    const own = wave.shares.filter((share) => share.zone === zone);
    const devices = own.reduce((sum, { deviceCount }) => sum + deviceCount, 0);
    const millis = (wave.estimateMs * devices) / wave.deviceCount;
    ends.push(await endWithin(calendar, { window, zone }, { from, millis }));
  }
  return Math.max(...ends);
}

/**
 * Works out how long a rollout takes at least: its waves at the hubs' pace, the soaks between them, and the time while its
 * windows are shut.
 *
 * @param from milliseconds since 1970
 * @returns    milliseconds
 */
export async function estimateMs(
  calendar: Calendar,
  spec: RolloutSpec,
  waves: readonly PlannedWave[],
  from: number,
): Promise<number> {
  let at = from;
  for (const [position, wave] of waves.filter(({ deviceCount }) => deviceCount > 0).entries()) {
    if (position > 0) at += spec.gate.soakMs;
    at = await waveEnd(calendar, spec, wave, at);
  }
  return at - from;
}
