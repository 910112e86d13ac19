import type { ApprovalRule } from '../../domain/spec';
import { now, type WaveRef } from './journal';
import { askLateShares } from './late';
import type { Ending, Run } from './run';
import { until } from './waits';

const isAsked = ({ before }: ApprovalRule, wave: number): boolean => before === 'everyWave' || before.includes(wave);

/** Who may approve, in words. */
function whomOf({ by, requesterMay }: ApprovalRule, requester: string): string {
  const may = by.length === 0 ? 'anybody' : by.join(', ');
  return requesterMay ? may : `${may}, but not ${requester}`;
}

/** Asks, where the spec says so, whether a wave may begin. No answer by the deadline is a deny. */
export async function askApproval(run: Run, ref: WaveRef): Promise<Ending | undefined> {
  const { spec, journal, orders, crew } = run;
  const rule = spec.approvals;
  if (rule === undefined || !isAsked(rule, ref.index) || journal.find(ref).approvedBy !== undefined) return undefined;
  const whom = whomOf(rule, journal.state.startedBy.actor);
  const deadline = new Date(Date.now() + rule.deadlineMs).toISOString();
  run.notices.tell(run, 'approvalNeeded', `wave ${ref.index} waits for an approval by ${whom} until ${deadline}`);
  while (orders.approval === undefined) {
    journal.status('awaitingApproval', { for: 'approval', until: deadline, whom, why: `before wave ${ref.index}` });
    const ms = Math.max(1, Date.parse(deadline) - Date.now());
    const heard = () => orders.approval !== undefined || crew.alarmed;
    if (!(await until(heard, { ms, summary: `approval of wave ${ref.index}` }))) return denyByDeadline(run, ref);
    const ending = await askLateShares(run, ref.index);
    if (ending !== undefined) return ending;
  }
  const { kind, order } = orders.approval;
  delete orders.approval;
  if (kind === 'deny') return 'denied';
  journal.wave(ref, { approvedBy: order });
  return undefined;
}

function denyByDeadline({ journal }: Run, { index }: WaveRef): Ending {
  const order = { actor: 'the deadline', reason: 'nobody answered in time' };
  journal.decided({ kind: 'deny', at: now(), wave: index, order });
  return 'denied';
}
