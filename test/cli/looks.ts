import { tallyOf } from '../../domain/tally';
import type { Decision, RolloutState, WaveState } from '../../domain/progress';
import { hubNameOf, rolloutIdOf } from '../../domain/ids';
import type { Look } from '../../cli/rollout/look';

const id = rolloutIdOf('lock-doors');
if (id === undefined) throw new Error('the fixture has a bad id');
export const ROLLOUT_ID = id;

/** An instant on the day of the fixtures: at('05') is five seconds past eleven. */
export const at = (seconds: string): string => `2026-11-21T11:00:${seconds}.000Z`;

export const main = hubNameOf('main');

/** A wave on one hub, unless `shares` says otherwise. */
export function wave(index: number, deviceCount: number, change: Partial<WaveState> = {}): WaveState {
  const { tally = tallyOf({ pending: deviceCount }) } = change;
  return { index, deviceCount, status: 'pending', tally, shares: [{ hub: main, tally }], ...change };
}

export const passed = (waveIndex: number, seconds: string): Decision => ({
  kind: 'gate',
  at: at(seconds),
  wave: waveIndex,
  verdict: {
    kind: 'proceed',
    gate: 'successTarget',
    reason: 'succeeded 5 of 5 (100%), target 95%',
    tally: tallyOf({ succeeded: 5 }),
  },
});

export const state = (change: Partial<RolloutState>): RolloutState => ({
  rolloutId: ROLLOUT_ID,
  name: 'lock-doors',
  status: 'running',
  startedBy: { actor: 'ana', reason: 'drill' },
  startedAt: at('00'),
  waves: [],
  decisions: [],
  ...change,
});

export const look = (change: Partial<RolloutState>, rest: Partial<Look> = {}): Look => ({
  rolloutId: ROLLOUT_ID,
  execution: 'RUNNING',
  startedAt: at('00'),
  state: state(change),
  beats: [],
  retries: [],
  ...rest,
});
