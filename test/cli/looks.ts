import { type Decision, type RolloutState, settingsOf, type WaveState } from '../../domain/progress';
import type { ShareProgress } from '../../domain/share';
import { EMPTY_TALLY, tallyOf } from '../../domain/tally';
import { specOf } from '../support/specs';
import { type HubName, hubNameOf, rolloutIdOf } from '../../domain/ids';
import type { Look } from '../../cli/rollout/look';

const id = rolloutIdOf('lock-doors');
if (id === undefined) throw new Error('the fixture has a bad id');
export const ROLLOUT_ID = id;

/** An instant on the day of the fixtures: at('05') is five seconds past eleven. */
export const at = (seconds: string): string => `2026-11-21T11:00:${seconds}.000Z`;

export const main = hubNameOf('main');

const shareStatus = ({ status }: Partial<WaveState>) => (status === 'running' ? 'running' : 'ended');

/** A wave on one hub, unless `shares` says otherwise. */
export function wave(index: number, deviceCount: number, change: Partial<WaveState> = {}): WaveState {
  const { tally = tallyOf({ pending: deviceCount }) } = change;
  return {
    index,
    deviceCount,
    status: 'pending',
    tally,
    shares: [{ part: 1, hub: main, status: shareStatus(change), tally }],
    ...change,
  };
}

export const passed = (waveIndex: number, seconds: string): Decision => ({
  kind: 'gate',
  at: at(seconds),
  wave: waveIndex,
  after: 'wave',
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
  settings: settingsOf(specOf()),
  waves: [],
  decisions: [],
  decisionCount: change.decisions?.length ?? 0,
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

/** What the share of wave 1 on a hub last told. */
export const beatOf = (part: number, hub: HubName, change: Partial<ShareProgress>): ShareProgress => ({
  pass: 'wave',
  wave: 1,
  part,
  hub,
  cursor: { batches: 0, retries: [], tally: EMPTY_TALLY },
  tally: EMPTY_TALLY,
  answered: 0,
  ...change,
});
