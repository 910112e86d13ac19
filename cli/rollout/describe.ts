import { moveText } from '../../domain/move-texts';
import type { RolloutInput } from '../../domain/progress';
import type { RolloutSpec, Target } from '../../domain/spec';
import { waveRuleText } from '../../domain/waves';

export function actionText(action: RolloutSpec['action']): string {
  switch (action.kind) {
    case 'method':
      return `method ${action.name}`;
    case 'twin':
      return `twin update of ${[action.tags && 'tags', action.desired && 'desired properties'].filter(Boolean).join(' and ')}`;
    case 'migrate':
      return moveText(action);
  }
}

export function targetText(target: Target): string {
  const hubs = target.hubs.join(', ');
  switch (target.kind) {
    case 'query':
      return `devices of ${hubs} where ${target.where}`;
    case 'devices':
      return `${target.devices.length} named devices of ${hubs}`;
    case 'registered':
      return `devices that provisioning has assigned to ${hubs}`;
  }
}

export const wavesText = ({ waves }: RolloutSpec): string => waveRuleText(waves);

/** One line that names a rollout wherever Temporal lists workflows. */
export const summaryOf = ({ action, target }: RolloutSpec): string => `${actionText(action)}: ${targetText(target)}`;

/** The same at length, in Temporal's markdown. */
export const detailsOf = ({ spec, startedBy }: Pick<RolloutInput, 'spec' | 'startedBy'>, specHash: string): string =>
  [
    `- **action**: ${actionText(spec.action)}`,
    `- **target**: ${targetText(spec.target)}`,
    `- **waves**: ${wavesText(spec)}`,
    `- **started by**: ${startedBy.actor}: ${startedBy.reason}`,
    `- **spec**: SHA-256 ${specHash}`,
  ].join('\n');
