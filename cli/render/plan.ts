import { percent } from '../../domain/gate';
import type { PlannedWave, PlanSummary } from '../../domain/plan';
import type { RolloutSpec } from '../../domain/spec';
import { actionText, targetText } from '../rollout/describe';
import { count, duration } from './format';
import { table } from './table';

const rowOf = ({ index, asked, deviceCount, shares, estimateMs }: PlannedWave): (string | number)[] => [
  index,
  asked,
  deviceCount,
  shares.map((share) => `${share.hub}: ${share.deviceCount}`).join(', '),
  shares.reduce((sum, { batchCount }) => sum + batchCount, 0),
  deviceCount === 0 ? '-' : duration(estimateMs),
];

const wavesTable = ({ waves }: PlanSummary): string =>
  table(['wave', 'size', 'devices', 'devices by hub', 'batches', 'at least'], waves.map(rowOf));

function emptyText({ waves }: PlanSummary): string[] {
  const empty = waves.filter(({ deviceCount }) => deviceCount === 0).map(({ index }) => index);
  if (empty.length === 0) return [];
  const [noun, verb] = empty.length === 1 ? ['Wave', 'is'] : ['Waves', 'are'];
  return [`${noun} ${empty.join(', ')} ${verb} empty: earlier waves take every device, so nothing runs there.`];
}

const offlineText = ({ offlineCount, deviceCount }: PlanSummary): string =>
  `${offlineCount} of ${deviceCount}${deviceCount === 0 ? '' : ` (${percent(offlineCount / deviceCount)})`} when planned`;

/** Everything that `rollout plan` says, for a person. */
export const planText = (plan: PlanSummary, spec: RolloutSpec): string =>
  [
    `${plan.rolloutId}: ${actionText(spec.action)}`,
    `target        ${count(plan.deviceCount, 'device')}: ${targetText(spec.target)}`,
    `offline       ${offlineText(plan)}`,
    `blast radius  ${count(plan.blastRadius, 'device')} at the most still change after an abort`,
    `takes         at least ${duration(plan.estimateMs)}`,
    '',
    wavesTable(plan),
    ...emptyText(plan),
    '',
    'Gates:',
    ...plan.gates.map((gate) => `  ${gate}`),
    ...(spec.gate.soakMs > 0 ? [`  between two waves: soak ${duration(spec.gate.soakMs)}`] : []),
  ].join('\n');
