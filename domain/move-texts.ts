import type { MigrateAction, MigrateTrigger } from './spec';
import { spanText } from './time';

function triggerText(trigger: MigrateTrigger): string {
  switch (trigger.kind) {
    case 'method':
      return `told by the method ${trigger.name} (${trigger.by === 'job' ? 'one job a batch' : 'direct calls'}), answered within ${spanText(trigger.responseTimeoutMs)}`;
    case 'disable':
      return 'told by disabling the identity on the old hub';
    case 'wait':
      return 'told nothing: each device asks by itself, such as at its next start';
  }
}

const destinationText = (to: MigrateAction['to']): string =>
  to === 'origin' ? 'the hub that each was taken from' : to;

const arrivalText = ({ to, arriveWithinMs, evacuate }: MigrateAction): string =>
  `connected on ${destinationText(to)} within ${spanText(arriveWithinMs)}, else ${evacuate ? 'timed out' : 'sent home'}`;

function compareText({ evacuate, compare }: MigrateAction): string {
  if (evacuate) return 'nothing compared: the old hub is not asked for anything';
  const parts = [
    ...(compare.tags ? ['tags'] : []),
    ...(compare.desired ? ['desired properties'] : []),
    ...(compare.reported === 'byPolicy' ? ['reported properties by policy'] : []),
    ...(compare.modules ? ['modules'] : []),
  ];
  const but = compare.ignore.length === 0 ? '' : `, but for ${compare.ignore.join(', ')}`;
  return parts.length === 0 ? 'nothing compared' : `compared there: ${parts.join(', ')}${but}`;
}

const OLD = {
  leave: 'an identity that provisioning leaves on the old hub stays there',
  disable: 'an identity that provisioning leaves on the old hub is disabled',
  delete: 'an identity that provisioning leaves on the old hub is deleted',
} as const;

const giftTexts = ({ payload, initialTwin }: MigrateAction): string[] => [
  ...(payload ? ['devices of groups get the payload of the spec with their registration'] : []),
  ...(initialTwin ? ['devices of groups whose policy resets start with the initial twin of the spec'] : []),
];

/** What a move does with each device, a step a line. */
export const moveTexts = (action: MigrateAction): string[] => [
  triggerText(action.trigger),
  arrivalText(action),
  compareText(action),
  OLD[action.oldIdentity],
  ...giftTexts(action),
];

/** Where a move goes, in a few words. */
export const moveText = ({ to, provisioning, evacuate }: MigrateAction): string =>
  `${evacuate ? 'evacuation' : 'move'} to ${destinationText(to)}${provisioning === undefined ? '' : ` (provisioning service ${provisioning})`}`;
