import type { WaveRule } from '../../domain/spec';
import { MOVE_RULES } from './move-rules';
import { complain, type Rule } from './rule';

/** How many waves there will be at most, where the spec itself says so. */
function wavesIn(rule: WaveRule): number | undefined {
  switch (rule.kind) {
    case 'sizes':
      return rule.sizes.length;
    case 'rings':
      return rule.rings.length;
    case 'cohorts':
      return rule.order.length + (rule.others === 'last' ? 1 : 0);
    case 'ramp':
      return undefined;
  }
}

const undoable: Rule = {
  reads: ['action', 'onBreach', 'rollback'],
  ask: ({ action, onBreach, rollback }) =>
    complain(
      action.kind === 'method' && (rollback !== undefined || onBreach === 'rollback') && rollback?.action === undefined,
      ['rollback', 'action'],
      'an action that undoes the method: unlike a twin, what a method did has no snapshot to go back to',
    ),
};

const quarantineReached: Rule = {
  reads: ['quarantine', 'retry'],
  ask: ({ quarantine, retry }) => {
    const attempts = retry?.attempts ?? 1;
    return complain(
      quarantine !== undefined && quarantine.after > attempts,
      ['quarantine', 'after'],
      `${attempts === 1 ? '1' : `1 to ${attempts}`}, since retry.attempts gives no device more`,
    );
  },
};

const approvedWavesExist: Rule = {
  reads: ['approvals', 'waves', 'target'],
  ask: ({ approvals, waves, target }) => {
    const most = wavesIn(waves);
    // Late joiners get waves of their own behind the planned ones.
    const open = target.kind === 'query' && target.joining !== undefined;
    if (most === undefined || open || approvals === undefined || approvals.before === 'everyWave') return [];
    return approvals.before.flatMap((wave, index) =>
      complain(wave > most, ['approvals', 'before', index], `a wave from 1 to ${most}: there are no more`),
    );
  },
};

const namesApprovers: Rule = {
  reads: ['approvals', 'notify'],
  ask: ({ approvals, notify }) =>
    (notify ?? []).flatMap(({ on }, index) =>
      complain(
        approvals === undefined && on.length === 1 && on[0] === 'approvalNeeded',
        ['notify', index, 'on'],
        'kinds of notices that this rollout sends: without approvals none is needed',
      ),
    ),
};

const telemetryOfStaying: Rule = {
  reads: ['action', 'gate'],
  ask: ({ action, gate }) =>
    gate.checks.flatMap(({ kind }, index) =>
      complain(
        kind === 'telemetry' && action.kind === 'migrate',
        ['gate', 'checks', index, 'telemetry'],
        'another kind of check with a move: telemetry keeps devices by their hubs',
      ),
    ),
};

export const RULES: readonly Rule[] = [
  undoable,
  quarantineReached,
  approvedWavesExist,
  namesApprovers,
  telemetryOfStaying,
  ...MOVE_RULES,
];
