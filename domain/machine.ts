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
  rollback: ['waiting', 'running', 'soaking', 'held', 'paused', 'catchingUp', 'watching'],
  change: ['awaitingApproval', 'waiting', 'running', 'soaking', 'held', 'paused', 'catchingUp', 'rollingBack'],
};
