import { ApplicationFailure } from '@temporalio/common';
import { hubNameOf, type JobId } from '../../domain/ids';
import type { Command } from '../../domain/machine';
import type { ChangeOrder } from '../../domain/progress';
import type { ApprovalRule, Check, WindowRule } from '../../domain/spec';
import { rolloutState, STEER } from '../../workflows/messages';
import { eventually } from './eventually';
import {
  allSucceed,
  inWave,
  order,
  resultOf,
  type RolloutHandle,
  type RunShare,
  type Scenario,
  sizeOfWave,
  statusIs,
  untilStopped,
} from './rollouts';
import { gateOf, specOf } from './specs';

/** One shape of a rollout's life: what it is given, and what persons do to it. */
export interface Life extends Scenario {
  readonly during?: (handle: RolloutHandle) => Promise<unknown>;
  /** It does not end by itself. */
  readonly ends?: 'failed' | 'terminated';
  /** Has the server suggest continuing as new after so many events. */
  readonly continuesAfter?: number;
}

export const steer = (handle: RolloutHandle, command: Command, change: Partial<ChangeOrder> = {}) =>
  handle.executeUpdate(STEER[command], { args: [{ ...order, ...change }] });

/** Steers a rollout as soon as it is in a state. */
const when =
  (...steps: readonly (readonly [Parameters<typeof statusIs>[1], Command, Partial<ChangeOrder>?])[]) =>
  async (handle: RolloutHandle): Promise<void> => {
    for (const [status, command, change] of steps) {
      await statusIs(handle, status);
      await steer(handle, command, change);
    }
  };

export const HOUR = 3_600_000;
const DOORS: Check = {
  ...{ kind: 'telemetry', name: 'doors', measure: { kind: 'rejected' }, value: { op: '<=', value: 0.02 } },
  ...{ minimum: 5, graceMs: 0 },
};
export const soaking = gateOf({ soakMs: 24 * HOUR });
export const approvals: ApprovalRule = { before: [2], requesterMay: false, by: [], deadlineMs: 24 * HOUR };
export const windowRule: WindowRule = {
  opens: '0 2 * * *',
  forMs: HOUR,
  zone: { kind: 'fixed', timeZone: 'Europe/Berlin' },
  freeze: [],
  quorum: 1,
};

/** The second wave stays in flight for as long as nobody stops it the first time; then it goes on to its end. */
export const stoppedOnce = (): RunShare => {
  let stopped = false;
  return (input) => {
    if (input.wave !== 2 || input.pass !== 'wave' || stopped) return allSucceed(input);
    stopped = true;
    return untilStopped(input);
  };
};

export const bothHubs = { kind: 'query', hubs: ['west', 'east'].map(hubNameOf), where: '*' } as const;
/** Waits until the second wave is at work. */
export const runsWave2 = (handle: RolloutHandle) =>
  eventually(async () =>
    expect((await handle.query(rolloutState)).waves.map(({ status }) => status)).toEqual([
      'passed',
      'running',
      'pending',
    ]),
  );
/** A job of the second wave fails as a whole; once it is passed over, the rest goes on. */
const faultyOnce = (): RunShare => {
  const jobIds = ['lock-doors-w2-p1-b1-a1' as JobId];
  const fault = { code: 'GS_JOB_FAILED', message: 'GS_JOB_FAILED: bad query', jobIds };
  return (input) =>
    input.wave === 2 && input.passOver === undefined
      ? Promise.resolve({ ...resultOf({ succeeded: 3, pending: 17 }, 'fault'), fault })
      : allSucceed(input);
};
const breach = inWave(2, () => resultOf({ succeeded: 7, failed: 3, pending: 10 }, 'failureLimit'));
const straggling: RunShare = (input) => {
  if (input.pass === 'catchUp') return Promise.resolve(resultOf({ succeeded: 1, offline: 1 }, 'until'));
  return Promise.resolve(
    input.wave === 2 ? resultOf({ succeeded: 18, offline: 2 }) : resultOf({ succeeded: sizeOfWave(input) }),
  );
};

/** The lives whose histories are saved and replayed. */
export const LIVES: Readonly<Record<string, () => Life>> = {
  completed: () => ({ spec: specOf({ gate: gateOf({ soakMs: 10 }), target: bothHubs }) }),
  breached: () => ({ runShare: breach }),
  'held-then-proceeded': () => ({
    spec: specOf({ onBreach: 'hold' }),
    runShare: breach,
    during: when(['held', 'proceed']),
  }),
  'paused-and-resumed': () => ({
    runShare: stoppedOnce(),
    during: async (handle) => {
      await runsWave2(handle);
      await when(['running', 'pause'], ['paused', 'resume'])(handle);
    },
  }),
  changed: () => ({
    runShare: stoppedOnce(),
    during: async (handle) => {
      await runsWave2(handle);
      await steer(handle, 'change', { settings: { failureLimit: 0.5, parallel: 2 } });
    },
  }),
  approved: () => ({ spec: specOf({ approvals }), during: when(['awaitingApproval', 'approve']) }),
  'denied-by-deadline': () => ({ spec: specOf({ approvals: { ...approvals, deadlineMs: 10 } }) }),
  aborted: () => ({
    runShare: stoppedOnce(),
    during: async (handle) => {
      await runsWave2(handle);
      await steer(handle, 'abort');
    },
  }),
  'aborted-in-a-soak': () => ({ spec: specOf({ gate: soaking }), during: when(['soaking', 'abort']) }),
  'rolled-back': () => ({
    spec: specOf({ onBreach: 'rollback', rollback: { gate: gateOf() } }),
    runShare: breach,
  }),
  'caught-up': () => ({ spec: specOf({ offline: { quorum: 0.5, catchUpMs: HOUR } }), runShare: straggling }),
  watched: () => ({
    spec: specOf({
      gate: gateOf({ checks: [DOORS] }),
      watch: { forMs: 1_000, everyMs: 500, failing: { where: 'tags.broken = true', limit: 0.1 } },
    }),
  }),
  'soaked-for-telemetry': () => ({ spec: specOf({ gate: gateOf({ soakMs: 10, checks: [DOORS] }) }) }),
  'held-and-soaked': () => ({
    spec: specOf({ gate: soaking }),
    during: when(['soaking', 'hold'], ['held', 'proceed'], ['soaking', 'proceed'], ['soaking', 'proceed']),
  }),
  windowed: () => ({
    spec: specOf({ window: windowRule }),
    activities: {
      nextOpening: ({ after }) => {
        const opensAt = new Date(Math.ceil((Date.parse(after) + 1) / 300) * 300).toISOString();
        return Promise.resolve({ opensAt, shutsAt: new Date(Date.parse(opensAt) + HOUR).toISOString() });
      },
    },
  }),
  'continued-as-new': () => ({ spec: specOf({ gate: gateOf({ soakMs: 10 }) }), continuesAfter: 25 }),
  'taken-over': () => {
    let lost = false;
    return {
      runShare: (input) => {
        if (input.wave !== 2 || lost) return allSucceed(input);
        lost = true;
        return Promise.reject(ApplicationFailure.retryable('the hub went away'));
      },
    };
  },
  'faulty-then-proceeded': () => ({ runShare: faultyOnce(), during: when(['held', 'proceed']) }),
  failed: () => ({
    activities: {
      planRollout: () => Promise.reject(ApplicationFailure.nonRetryable('GS_QUERY_INVALID: =!', 'GS_QUERY_INVALID')),
    },
    ends: 'failed',
  }),
  terminated: () => ({
    spec: specOf({ gate: soaking }),
    during: async (handle) => {
      await statusIs(handle, 'soaking');
      await handle.terminate('the cluster is being moved');
    },
    ends: 'terminated',
  }),
};
