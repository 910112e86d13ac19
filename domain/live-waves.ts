import { type RolloutState, wavesOf, type WaveState } from './progress';
import type { Pass, ShareProgress } from './share';
import { endedOf, mergeTallies, type Tally } from './tally';

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

/** A rollout as it was seen: its state, and how far the shares in flight had come by their last heartbeats. */
interface Seen {
  readonly state?: RolloutState;
  readonly beats: readonly ShareProgress[];
}

/** The waves of a rollout as they stand, in-flight progress included: those of its waves, its catch-up, its way back. */
export const liveWaves = ({ state, beats }: Seen): LiveWave[] =>
  state === undefined ? [] : PASSES.flatMap((pass) => wavesOf(state, pass).map((wave) => liveWave(pass, wave, beats)));

/** How a wave is named: `3`, `catch-up`, `undo 3`. */
export const waveName = ({ pass, index }: Pick<LiveWave, 'pass' | 'index'>): string =>
  pass === 'wave' ? String(index) : pass === 'catchUp' ? 'catch-up' : `undo ${index}`;
