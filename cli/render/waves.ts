import { type RolloutState, totalTally, wavesOf, type WaveState } from '../../domain/progress';
import type { Pass, ShareProgress } from '../../domain/share';
import { endedOf, mergeTallies, type Tally } from '../../domain/tally';
import type { Look } from '../rollout/look';
import { duration, OUTCOMES } from './format';
import { table } from './table';

/**
 * The tally of a running wave: each share as it last reported, or as it was counted before. A share that goes on after a
 * pause or a hold has been counted once, and what is reported has to catch up with that.
 */
const liveTally = ({ shares }: WaveState, beats: readonly ShareProgress[]): Tally =>
  mergeTallies(
    shares.map(({ part, status, tally }) => {
      const reported = beats.find((beat) => beat.part === part)?.tally;
      const newer = status === 'running' && reported !== undefined && endedOf(reported) >= endedOf(tally);
      return newer ? reported : tally;
    }),
  );

/** A wave as it stands now. */
export interface LiveWave extends WaveState {
  readonly pass: Pass;
  /** Devices that are done: their attempt has ended, or the hub has heard their answer. */
  readonly doneCount: number;
  /** Why a share has no batch in flight just now. */
  readonly waitsFor: readonly string[];
}

const answeredOf = (beats: readonly ShareProgress[]): number => beats.reduce((sum, { answered }) => sum + answered, 0);

const PASSES = ['wave', 'catchUp', 'rollback'] as const satisfies readonly Pass[];

function liveWave(pass: Pass, wave: WaveState, beats: readonly ShareProgress[]): LiveWave {
  const own = beats.filter((beat) => beat.pass === pass && beat.wave === wave.index);
  const tally = liveTally(wave, own);
  return {
    ...wave,
    pass,
    tally,
    doneCount: endedOf(tally) + Math.min(answeredOf(own), tally.running),
    waitsFor: own.flatMap(({ hub, waitsFor }) => (waitsFor === undefined ? [] : [`${hub}: ${waitsFor}`])),
  };
}

/** The waves of a rollout as they stand, in-flight progress included: those of its waves, its catch-up, its way back. */
export const liveWaves = ({ state, beats }: Pick<Look, 'state' | 'beats'>): LiveWave[] =>
  state === undefined ? [] : PASSES.flatMap((pass) => wavesOf(state, pass).map((wave) => liveWave(pass, wave, beats)));

/** How a wave is named: `3`, `catch-up`, `undo 3`. */
export const waveName = ({ pass, index }: Pick<LiveWave, 'pass' | 'index'>): string =>
  pass === 'wave' ? String(index) : pass === 'catchUp' ? 'catch-up' : `undo ${index}`;

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
