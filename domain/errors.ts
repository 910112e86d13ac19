/** Every fault that Groundswell reports by code; docs/errors.md gives each one's cause and remedy. */
export const FAULTS = {
  GS_OUTPUTS_INVALID: { retry: 'never', text: 'the stack outputs do not have the shape that Groundswell reads' },
  GS_ROLLOUT_EXISTS: { retry: 'never', text: 'the ledger holds an earlier rollout with this id: choose another id' },
  GS_PLAN_STALE: {
    retry: 'never',
    text: 'the fleet or the quotas have changed since the plan was made: nothing was begun',
  },
  GS_PLAN_WAVES: { retry: 'never', text: 'the ramp would make more waves than a rollout may have' },
  GS_ORDER_REFUSED: { retry: 'never', text: 'the rollout cannot do this now' },
  GS_HUB_UNKNOWN: { retry: 'never', text: 'the rollout names a hub that the stack does not have' },
  GS_HUB_TIER: { retry: 'never', text: 'a hub of the Basic tier has no queries, twins, methods and jobs' },
  GS_QUERY_INVALID: { retry: 'never', text: 'the hub refused the target query' },
  GS_TARGET_EMPTY: { retry: 'never', text: 'the target matches no device' },
  GS_DEVICE_UNKNOWN: { retry: 'never', text: 'the target names devices that the hub does not have' },
  GS_HUB_UNAUTHORIZED: { retry: 'later', text: 'the hub refused the credential' },
  GS_HUB_THROTTLED: { retry: 'later', text: 'the hub refused the call: quota reached' },
  GS_HUB_UNAVAILABLE: { retry: 'later', text: 'the hub could not be reached or failed to answer' },
  GS_HUB_REFUSED: { retry: 'never', text: 'the hub refused the request' },
  GS_DPS_UNKNOWN: { retry: 'never', text: 'the stack has no provisioning service of that name' },
  GS_DPS_UNAUTHORIZED: { retry: 'later', text: 'the provisioning service refused the credential' },
  GS_DPS_THROTTLED: { retry: 'later', text: 'the provisioning service refused the call: quota reached' },
  GS_DPS_UNAVAILABLE: { retry: 'later', text: 'the provisioning service could not be reached or failed to answer' },
  GS_DPS_REFUSED: { retry: 'never', text: 'the provisioning service refused the request' },
  GS_MOVE_REFUSED: { retry: 'never', text: 'the move cannot work as it is: nothing was begun' },
  GS_JOB_FAILED: { retry: 'never', text: 'the hub could not run the job' },
  GS_JOB_LOST: { retry: 'never', text: 'the hub no longer knows a job that was submitted' },
  GS_NO_ROLLBACK: {
    retry: 'never',
    text: 'nothing says how to bring the devices back: a method needs an action for it',
  },
  GS_LEDGER_CONFLICT: { retry: 'never', text: 'the ledger already holds another record under this name' },
  GS_LEDGER_MISSING: { retry: 'never', text: 'the ledger lacks a record that the rollout refers to' },
  GS_LEDGER_UNAVAILABLE: { retry: 'later', text: 'the ledger could not be reached or failed to answer' },
  GS_CODEC_KEYS_INVALID: { retry: 'never', text: 'the keys for payloads cannot be used' },
  GS_CODEC_KEY_UNKNOWN: { retry: 'never', text: 'a payload is encrypted with a key that is not among those given' },
  GS_CODEC_KEY_WRONG: { retry: 'never', text: 'a payload does not decrypt with the key of its id' },
} as const satisfies Record<string, { retry: 'never' | 'later'; text: string }>;

export type FaultCode = keyof typeof FAULTS;

/** Named values that tell which thing failed; never secrets. */
export type FaultDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

const shown = (value: FaultDetails[string]): string => (typeof value === 'object' ? value.join(', ') : String(value));

/** The one error class. Match on `code`, not `instanceof`: errors cross process and package borders. */
export class GroundswellError extends Error {
  override readonly name = 'GroundswellError';

  constructor(
    readonly code: FaultCode,
    readonly details: FaultDetails = {},
    options?: ErrorOptions,
  ) {
    const facts = Object.entries(details).map(([key, value]) => `${key}=${shown(value)}`);
    super(`${code}: ${FAULTS[code].text}${facts.length > 0 ? ` (${facts.join(' ')})` : ''}`, options);
  }
}

/** @returns the fault code of an error, or undefined when it is not one of ours */
export function faultCodeOf(error: unknown): FaultCode | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && code in FAULTS ? (code as FaultCode) : undefined;
}
