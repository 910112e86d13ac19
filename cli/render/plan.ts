import { percent } from '../../domain/gate';
import { asksHubs } from '../../domain/move-scope';
import { namesText } from '../../domain/names';
import type { Conflict, HubUse, NamedDevices, PlannedWave, PlanSummary } from '../../domain/plan';
import type { RolloutSpec } from '../../domain/spec';
import { actionText, targetText } from '../rollout/describe';
import { count, duration } from './format';
import { moveHead, neighbourTexts, roomTexts, serviceTexts, stepTexts } from './move';
import { table } from './table';

const rowOf = ({ index, asked, deviceCount, shares, estimateMs }: PlannedWave): (string | number)[] => [
  index,
  asked,
  deviceCount,
  shares.map(({ hub, zone, deviceCount: devices }) => `${hub}${zone ? ` (${zone})` : ''}: ${devices}`).join(', '),
  shares.reduce((sum, { batchCount }) => sum + batchCount, 0),
  deviceCount === 0 ? '-' : duration(estimateMs),
];

const wavesTable = ({ waves }: PlanSummary): string =>
  table(['wave', 'size', 'devices', 'devices by hub', 'batches', 'at least'], waves.map(rowOf));

function emptyText({ waves, deviceCount }: PlanSummary): string[] {
  const empty = waves.filter((wave) => wave.deviceCount === 0).map(({ index, asked }) => `${index} (${asked})`);
  if (deviceCount === 0) return ['No wave has a device: nothing would run.'];
  if (empty.length === 0) return [];
  const [noun, verb] = empty.length === 1 ? ['Wave', 'is'] : ['Waves', 'are'];
  return [`${noun} ${empty.join(', ')} ${verb} empty: no device is left for it, so nothing runs there.`];
}

const namedText = (label: string, why: string, named: NamedDevices): string[] =>
  named.count === 0 ? [] : [`${label}${count(named.count, 'device')} ${why}: ${namesText(named)}`];

/** Devices of the target, in a wave or not. */
const targetCount = ({ deviceCount, skipped, leftOut }: PlanSummary): number =>
  deviceCount + skipped.count + leftOut.count;

function offlineText(plan: PlanSummary, spec: RolloutSpec): string {
  if (!asksHubs(spec)) return 'not known: the hubs of the target are not asked';
  const all = targetCount(plan);
  return `${plan.offlineCount} of ${all}${all === 0 ? '' : ` (${percent(plan.offlineCount / all)})`} when planned`;
}

const conflictText = ({ rolloutId, hub, deviceCount, devices }: Conflict): string =>
  `  rollout ${rolloutId} has ${count(deviceCount, 'device')} of this plan on hub ${hub}: ${namesText({ count: deviceCount, devices })}`;

function useText({ hub, sku, jobSlots, calls }: HubUse): string[] {
  const head = `  hub ${hub}: ${sku.name}, ${count(sku.units, 'unit')}, ${count(jobSlots, 'job')} at a time`;
  const lines = calls.map(({ what, count: least, most, perMinute }) => {
    const range = least === most ? String(least) : `${least} to ${most}`;
    const alone = least === 0 ? '' : `: ${duration((least / perMinute) * 60_000)} or more at the full rate`;
    return `    ${what}: ${range}, the hub allows ${perMinute} a minute${alone}`;
  });
  return [head, ...lines];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines];

/** When batches may begin, and what else holds a rollout up by intent. */
function pausesOf({ gate, window, approvals }: RolloutSpec): string[] {
  const zone =
    window?.zone.kind === 'fixed'
      ? window.zone.timeZone
      : `tag ${window?.zone.tag ?? ''}, else ${window?.zone.otherwise ?? ''}`;
  const before = approvals?.before === 'everyWave' ? 'every wave' : `wave ${approvals?.before.join(', ') ?? ''}`;
  return [
    ...(gate.soakMs > 0 ? [`  between two waves: soak ${duration(gate.soakMs)}`] : []),
    ...(window ? [`  window: ${window.opens} (${zone}), for ${duration(window.forMs)}`] : []),
    ...(approvals ? [`  approval before ${before}; none within ${duration(approvals.deadlineMs)} is a deny`] : []),
  ];
}

/** Everything that `rollout plan` says, for a person. */
export const planText = (plan: PlanSummary, spec: RolloutSpec): string =>
  [
    `${plan.rolloutId}: ${actionText(spec.action)}`,
    `target        ${count(targetCount(plan), 'device')}: ${targetText(spec.target)}`,
    ...namedText('skipped       ', 'in the target state already', plan.skipped),
    ...namedText('left out      ', 'in no ring or cohort', plan.leftOut),
    `offline       ${offlineText(plan, spec)}`,
    ...moveHead(plan),
    `blast radius  ${count(plan.blastRadius, 'device')} at the most still change after an abort`,
    `takes         at least ${duration(plan.estimateMs)}`,
    '',
    wavesTable(plan),
    ...emptyText(plan),
    ...section('Each device:', stepTexts(plan)),
    ...section('Hubs that devices go to:', roomTexts(plan)),
    ...section('Conflicts:', [...plan.conflicts.map(conflictText), ...neighbourTexts(plan)]),
    ...section('Gates:', [...plan.gates.map((gate) => `  ${gate}`), ...pausesOf(spec)]),
    ...section(
      "Calls against the hubs' quotas, at least and at most (tries in the catch-up and a rollback come on top):",
      plan.uses.flatMap(useText),
    ),
    ...section('Calls against what the provisioning service allows:', serviceTexts(plan)),
    '',
    `fingerprint   ${plan.fingerprint}`,
  ].join('\n');
