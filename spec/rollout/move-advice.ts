import { moveOf } from '../../domain/move-scope';
import type { Rule } from './advice';

/** Devices that are told nothing mostly ask when they start again; few do that within the hour. */
const SHORT_WAIT_MS = 3_600_000;

const shortWait: Rule = (spec) => {
  const move = moveOf(spec);
  return (
    move?.trigger.kind === 'wait' &&
    move.arriveWithinMs < SHORT_WAIT_MS && {
      path: ['action', 'migrate', 'arriveWithin'],
      why: 'nothing tells the devices to ask where they belong: those that do not start again in this time count as timed out',
      write: 'arriveWithin: 7d, or a trigger',
    }
  );
};

const tenantStays: Rule = (spec) => {
  const move = moveOf(spec);
  return (
    move?.provisioning !== undefined &&
    move.oldIdentity === 'leave' && {
      path: ['action', 'migrate', 'oldIdentity'],
      why: 'another provisioning service does not remove the identity on the old hub: its keys go on working there',
      write: 'oldIdentity: disable',
    }
  );
};

const moveNotUndone: Rule = (spec) =>
  moveOf(spec)?.evacuate === false &&
  spec.rollback === undefined && {
    path: ['rollback'],
    why: 'nothing says how moved devices come home',
    write: 'rollback: true, which brings each home with the twin that it had',
  };

const comparesNothing: Rule = (spec) => {
  const move = moveOf(spec);
  if (move === undefined || move.evacuate) return false;
  const { tags, desired, reported, modules } = move.compare;
  return (
    !tags &&
    !desired &&
    !modules &&
    reported === 'ignore' && {
      path: ['action', 'migrate', 'compare'],
      why: 'nothing of the twins is compared: a device whose data was lost on the way counts as moved',
      write: 'compare without the parts that may differ, or ignore: with their paths',
    }
  );
};

/** Advice on moves, by the names of the rules. */
export const MOVE_ADVICE: Readonly<Record<string, Rule>> = {
  'short-wait': shortWait,
  'tenant-stays': tenantStays,
  'move-not-undone': moveNotUndone,
  'compares-nothing': comparesNothing,
};
