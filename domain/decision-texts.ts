import type { Finding } from './gate';
import type { Decision, GateMoment, Settings, Wait } from './progress';

/** Of which moment a gate speaks. */
export function momentText(after: GateMoment, wave: number): string {
  switch (after) {
    case 'wave':
      return `gate after wave ${wave}`;
    case 'soak':
      return `gate after the soak of wave ${wave}`;
    case 'lateShare':
      return `gate on a late zone of wave ${wave}`;
    case 'catchUp':
      return 'gate after the catch-up';
    case 'rollback':
      return `gate after undoing wave ${wave}`;
    case 'watch':
      return 'watch';
    case 'fault':
      return wave === 0 ? 'fault' : `fault in wave ${wave}`;
  }
}

const findingText = ({ name, kind, reason }: Finding): string => `check ${name} ${kind}: ${reason}`;

/** What a change sets, in brackets; nothing for other orders. */
export const settingsText = (settings: Partial<Settings> | undefined): string =>
  settings === undefined
    ? ''
    : ` (${Object.entries(settings)
        .map(([field, value]) => `${field} ${JSON.stringify(value)}`)
        .join(', ')})`;

/** A decision in a line: what, on what, by whom, why. */
export function decisionText(decision: Decision): string {
  if (decision.kind !== 'gate') {
    const { kind, wave, order, settings } = decision;
    return `${kind}${settingsText(settings)} at wave ${wave} by ${order.actor}: ${order.reason}`;
  }
  const { verdict, after, wave } = decision;
  const { kind, gate, reason, findings = [] } = verdict;
  const asked = gate === 'check' ? '' : findings.map((finding) => `; ${findingText(finding)}`).join('');
  return `${momentText(after, wave)}: ${kind} (${gate}: ${reason}${asked})`;
}

/** What a rollout waits for, in words. */
export const WAITED_FOR = {
  approval: 'an approval',
  window: 'its window to open',
  soak: 'the soak to end',
  person: 'a person',
  joiners: 'late joiners',
  stragglers: 'devices that were offline',
  watch: 'the watch to end',
  resume: 'a resume',
} as const satisfies Record<Wait['for'], string>;
