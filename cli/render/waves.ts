import { type LiveWave, waveName } from '../../domain/live-waves';
import { type RolloutState, totalTally, type WaveState } from '../../domain/progress';
import type { Tally } from '../../domain/tally';
import { duration, OUTCOMES } from './format';
import { table } from './table';

const elapsed = ({ startedAt, endedAt }: Pick<WaveState, 'startedAt' | 'endedAt'>, now: number): string =>
  startedAt === undefined ? '-' : duration((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt));

/** The last line of the table: how the rollout as a whole stands. */
export interface Sum {
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt?: string;
}

/** All devices, those in flight included. */
function totalOf(waves: readonly LiveWave[]): Tally {
  const catchUp = waves.find(({ pass }) => pass === 'catchUp') as RolloutState['catchUp'];
  return totalTally({ waves: waves.filter(({ pass }) => pass === 'wave'), ...(catchUp && { catchUp }) });
}

/**
 * Waves by outcomes, with their durations and a line of sums. Outcomes that no device had are left out, but succeeded and
 * failed always show.
 *
 * @param now milliseconds since the epoch: how long a running wave runs already
 */
export function wavesTable(waves: readonly LiveWave[], sum: Sum, now: number): string {
  const all = totalOf(waves);
  const shown = OUTCOMES.filter(
    ([kind]) => waves.some(({ tally }) => tally[kind] > 0) || kind === 'succeeded' || kind === 'failed',
  );
  const cells = (tally: Tally): number[] => shown.map(([kind]) => tally[kind]);
  const rows = waves.map((wave) => [
    waveName(wave),
    wave.status,
    wave.deviceCount,
    ...cells(wave.tally),
    elapsed(wave, now),
  ]);
  const devices = waves
    .filter(({ pass }) => pass === 'wave')
    .reduce((total, { deviceCount }) => total + deviceCount, 0);
  const columns = ['wave', 'status', 'devices', ...shown.map(([, label]) => label), 'took'];
  return table(columns, [...rows, ['all', sum.status, devices, ...cells(all), elapsed(sum, now)]]);
}
