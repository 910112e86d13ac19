import { namesText } from '../../domain/names';
import type { MovePlan, PlanSummary, TurnedAway } from '../../domain/plan';
import { count, duration } from './format';

const warningTexts = ({ warnings }: MovePlan): string[] =>
  warnings.map(({ why, devices }) => `warning       ${count(devices.count, 'device')} ${why}: ${namesText(devices)}`);

/** Late joiners in no wave, one text a reason. */
export const turnedAwayTexts = (turnedAway: readonly TurnedAway[]): string[] =>
  turnedAway.map(({ why, devices }) => `${count(devices.count, 'device')} ${why} (${namesText(devices)})`);

/** Where devices come from and go to, how they are enrolled, and what is to be thought of. */
export const moveHead = ({ move }: PlanSummary): string[] =>
  move === undefined
    ? []
    : [
        `enrolled      ${move.individual} by enrollments of their own, ${move.group} by groups, at ${move.service}`,
        ...warningTexts(move),
      ];

export const stepTexts = ({ move }: PlanSummary): string[] => (move?.steps ?? []).map((step) => `  ${step}`);

export const roomTexts = ({ move }: PlanSummary): string[] =>
  (move?.to ?? []).map(
    ({ hub, arriving, has, most }) =>
      `  hub ${hub}: ${count(arriving, 'device')} to come; it has ${has} now and takes ${most}`,
  );

/** What stands beside the conflicts of single devices. */
export const neighbourTexts = ({ move }: PlanSummary): string[] =>
  (move?.rolloutsThere ?? []).map((rolloutId) => `  rollout ${rolloutId} changes devices of a hub that these go to`);

export function serviceTexts({ move }: PlanSummary): string[] {
  if (move === undefined) return [];
  const lines = move.calls.map(({ what, count: least, most, perMinute }) => {
    const range = least === most ? String(least) : `${least} to ${most}`;
    return `    ${what}: ${range}, rollouts take at most ${perMinute} a minute`;
  });
  return [`  ${move.service}: ${duration(move.serviceMs)} or more for all devices`, ...lines];
}

/** The same in short, for a rollout that runs. */
export const moveSummary = ({ waves, move }: PlanSummary): string[] => {
  if (move === undefined) return [];
  const from = [...new Set(waves.flatMap(({ shares }) => shares.map(({ hub }) => hub)))];
  const to = move.to.map(({ hub }) => hub);
  return [
    `moves from ${from.join(', ')} to ${to.join(', ')} through ${move.service}: ${move.steps.slice(0, 3).join('; ')}`,
    ...move.warnings.map(({ why, devices }) => `warning: ${count(devices.count, 'device')} ${why}`),
  ];
};
