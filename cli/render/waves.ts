import type { WaveProgress, WaveState } from '../../domain/progress';
import { mergeTallies, type Tally } from '../../domain/tally';
import type { Look } from '../rollout/look';
import { duration, endedOf, OUTCOMES } from './format';
import { table } from './table';

/**
 * The tally of a running wave: each hub as it last reported, or as it was counted before. A wave that goes on after a hold
 * has been counted once, and what is reported has to catch up with that.
 */
const liveTally = ({ shares }: WaveState, beats: readonly WaveProgress[]): Tally =>
  mergeTallies(
    shares.map(({ hub, tally }) => {
      const reported = beats.find((beat) => beat.hub === hub)?.tally;
      return reported !== undefined && endedOf(reported) >= endedOf(tally) ? reported : tally;
    }),
  );

/** A wave as it stands now. */
export interface LiveWave extends WaveState {
  /** Devices that are done: their attempt has ended, or the hub has heard their answer. */
  readonly doneCount: number;
}

const answeredOf = (beats: readonly WaveProgress[]): number => beats.reduce((sum, { answered }) => sum + answered, 0);

/** The waves of a rollout as they stand, in-flight progress included. */
export const liveWaves = ({ state, beats }: Pick<Look, 'state' | 'beats'>): LiveWave[] =>
  (state?.waves ?? []).map((wave) => {
    const own = beats.filter((beat) => beat.wave === wave.index);
    const tally = wave.status === 'running' ? liveTally(wave, own) : wave.tally;
    return { ...wave, tally, doneCount: endedOf(tally) + Math.min(answeredOf(own), tally.running) };
  });

const elapsed = ({ startedAt, endedAt }: Pick<WaveState, 'startedAt' | 'endedAt'>, now: number): string =>
  startedAt === undefined ? '-' : duration((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt));

/** The last line of the table: how the rollout as a whole stands. */
export interface Sum {
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt?: string;
}

/**
 * Waves by outcomes, with their durations and a line of sums. Outcomes that no device had are left out, but succeeded and
 * failed always show.
 *
 * @param now milliseconds since the epoch: how long a running wave runs already
 */
export function wavesTable(waves: readonly WaveState[], sum: Sum, now: number): string {
  const all = mergeTallies(waves.map(({ tally }) => tally));
  const shown = OUTCOMES.filter(([kind]) => all[kind] > 0 || kind === 'succeeded' || kind === 'failed');
  const cells = (tally: Tally): number[] => shown.map(([kind]) => tally[kind]);
  const rows = waves.map((wave) => [
    wave.index,
    wave.status,
    wave.deviceCount,
    ...cells(wave.tally),
    elapsed(wave, now),
  ]);
  const devices = waves.reduce((total, { deviceCount }) => total + deviceCount, 0);
  const columns = ['wave', 'status', 'devices', ...shown.map(([, label]) => label), 'took'];
  return table(columns, [...rows, ['all', sum.status, devices, ...cells(all), elapsed(sum, now)]]);
}
