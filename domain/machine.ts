/** What a rollout is doing. docs/states.md has the diagram; a test holds it against TRANSITIONS. */
export const STATUSES = [
  'planning',
  'awaitingApproval',
  'waiting',
  'running',
  'soaking',
  'held',
  'paused',
  'catchingUp',
  'watching',
  'rollingBack',
  'aborting',
  'completed',
  'aborted',
  'denied',
  'rolledBack',
] as const;
export type RolloutStatus = (typeof STATUSES)[number];

/** What a person may ask of a rollout. */
export const COMMANDS = [
  'pause',
  'resume',
  'approve',
  'deny',
  'hold',
  'proceed',
  'abort',
  'rollback',
  'change',
] as const;
export type Command = (typeof COMMANDS)[number];

/**
 * Every change of status that can happen. `planning` has no way to `aborted` but through `aborting`; a gate's own abort has
 * nothing in flight any more and goes there at once.
 */
export const TRANSITIONS: Readonly<Record<RolloutStatus, readonly RolloutStatus[]>> = {
  planning: ['awaitingApproval', 'waiting', 'running', 'watching', 'completed', 'aborting'],
  awaitingApproval: ['waiting', 'running', 'held', 'denied', 'aborted', 'aborting', 'rollingBack'],
  waiting: [
    'awaitingApproval',
    'running',
    'soaking',
    'held',
    'paused',
    'catchingUp',
    'watching',
    'completed',
    'aborted',
    'aborting',
    'rollingBack',
  ],
  running: [
    'awaitingApproval',
    'waiting',
    'soaking',
    'held',
    'paused',
    'catchingUp',
    'watching',
    'completed',
    'aborted',
    'aborting',
    'rollingBack',
  ],
  soaking: [
    'awaitingApproval',
    'waiting',
    'running',
    'held',
    'paused',
    'catchingUp',
    'watching',
    'completed',
    'aborted',
    'aborting',
    'rollingBack',
  ],
  held: [
    'awaitingApproval',
    'waiting',
    'running',
    'soaking',
    'catchingUp',
    'watching',
    'completed',
    'aborting',
    'rollingBack',
    'rolledBack',
  ],
  paused: ['waiting', 'running', 'soaking', 'held', 'catchingUp', 'aborting', 'rollingBack'],
  catchingUp: ['held', 'paused', 'watching', 'completed', 'aborted', 'aborting', 'rollingBack'],
  watching: ['held', 'completed', 'aborting', 'rollingBack'],
  rollingBack: ['held', 'paused', 'rolledBack', 'aborting'],
  aborting: ['aborted'],
  completed: [],
  aborted: [],
  denied: [],
  rolledBack: [],
};

/** Nothing happens after these. */
export const isFinalStatus = (status: RolloutStatus): boolean => TRANSITIONS[status].length === 0;

export const mayGo = (from: RolloutStatus, to: RolloutStatus): boolean => TRANSITIONS[from].includes(to);

/** In which states each command is taken up. In every other it is refused, and nothing changes. */
export const ALLOWED: Readonly<Record<Command, readonly RolloutStatus[]>> = {
  pause: ['waiting', 'running', 'soaking', 'catchingUp', 'rollingBack'],
  resume: ['paused'],
  approve: ['awaitingApproval'],
  deny: ['awaitingApproval'],
  hold: ['waiting', 'running', 'soaking', 'paused', 'catchingUp'],
  proceed: ['held', 'soaking', 'waiting'],
  abort: [
    'planning',
    'awaitingApproval',
    'waiting',
    'running',
    'soaking',
    'held',
    'paused',
    'catchingUp',
    'watching',
    'rollingBack',
  ],
  rollback: ['awaitingApproval', 'waiting', 'running', 'soaking', 'held', 'paused', 'catchingUp', 'watching'],
  change: ['awaitingApproval', 'waiting', 'running', 'soaking', 'held', 'paused', 'catchingUp', 'rollingBack'],
};

/** Where a command asks for what is so already: it is answered with the state, and nothing changes. */
export const AGAIN: Readonly<Partial<Record<Command, readonly RolloutStatus[]>>> = {
  pause: ['paused'],
  deny: ['denied'],
  hold: ['held'],
  abort: ['aborting', 'aborted'],
  rollback: ['rollingBack', 'rolledBack'],
};

/** What a command does in a state: it is carried out, it is so already, or it is refused. */
export function effectOf(command: Command, status: RolloutStatus): 'done' | 'again' | 'refused' {
  if (ALLOWED[command].includes(status)) return 'done';
  return AGAIN[command]?.includes(status) === true ? 'again' : 'refused';
}

/** The commands that a state takes up. */
export const commandsIn = (status: RolloutStatus): Command[] =>
  COMMANDS.filter((command) => ALLOWED[command].includes(status));
