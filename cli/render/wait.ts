import { WAITED_FOR } from '../../domain/decision-texts';
import { type Command, commandsIn } from '../../domain/machine';
import type { RolloutState, Wait } from '../../domain/progress';
import { COMMAND } from '../output';
import { utc } from './format';

/** What a rollout waits for, since when, until when, from whom, and why. */
export const waitText = ({ for: what, since, until, whom, why }: Wait): string =>
  [
    `waits for ${WAITED_FOR[what]}`,
    ...(whom === undefined ? [] : [`(${whom})`]),
    `since ${utc(since)}`,
    ...(until === undefined ? [] : [`until ${utc(until)}`]),
  ].join(' ') + (why === undefined ? '' : `: ${why}`);

/** What a person would do about it, in the order of how likely that is. */
const ANSWERS = ['approve', 'deny', 'resume', 'proceed', 'rollback', 'abort'] as const satisfies readonly Command[];

const MEANING = {
  approve: 'to let it begin',
  deny: 'to end it here',
  resume: 'to go on',
  proceed: 'to go on',
  rollback: 'to undo it',
  abort: 'to end it',
} as const satisfies Record<(typeof ANSWERS)[number], string>;

/** States that a person ends. */
const PERSONAL: readonly RolloutState['status'][] = ['awaitingApproval', 'held', 'paused'];

export const waitsForPerson = ({ status }: Pick<RolloutState, 'status'>): boolean => PERSONAL.includes(status);

/** The commands that a person can answer with, as they would be typed; none where nobody is waited for. */
export function adviceOf({ rolloutId, status }: Pick<RolloutState, 'rolloutId' | 'status'>): string[] {
  if (!waitsForPerson({ status })) return [];
  const possible = ANSWERS.filter((command) => commandsIn(status).includes(command));
  const width = Math.max(...possible.map((command) => MEANING[command].length));
  return possible.map(
    (command) =>
      `  ${`${MEANING[command]}:`.padEnd(width + 1)} ${COMMAND} rollout ${command} ${rolloutId} --reason "..."`,
  );
}
