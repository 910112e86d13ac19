import {
  type EnrollmentKind,
  operationsPerDevice,
  OPERATIONS_PER_SLOT,
  REGISTRATIONS_PER_SLOT,
  SLOTS,
  slotsFor,
  slowestPerMinute,
} from './dps-limits';
import type { HubName } from './ids';
import type { MovePlan } from './plan';
import type { MigrateAction, RolloutSpec } from './spec';

/** What a provisioning service would do with a device, as far as a plan asks. */
export interface Enrolled {
  readonly kind: EnrollmentKind;
  readonly enabled: boolean;
  /** `never`: updateHubAssignment is false. `legacy`: none is stored, so that it goes by the device's SDK. */
  readonly policy: 'migrate' | 'reset' | 'never' | 'legacy';
  /** Host name of the hub that it has the device on. */
  readonly assignedHub?: string;
  /** Of a group: its name, how it chooses, and the host names that it may choose from; all linked ones when empty. */
  readonly group?: string;
  readonly allocation?: string;
  readonly hubs?: readonly string[];
}

/** A hub that devices go to. */
export interface Destination {
  readonly name: HubName;
  readonly host: string;
}

/** One device before a move. */
export interface Mover {
  readonly enrolled?: Enrolled;
  /** Where it goes; for `origin` none where its tag names no hub of the stack. */
  readonly to?: Destination;
  /** That hub has a device with its id. */
  readonly isThere: boolean;
}

/** What is the same for all devices of a move. */
export interface Moving {
  readonly action: MigrateAction;
  /** Name of the provisioning service that sends devices to their new hub. */
  readonly service: string;
  /** Host names of the hubs that they leave. */
  readonly homes: readonly string[];
}

/** Host names are case-insensitive. */
export const sameHost = (one: string | undefined, other: string): boolean => one?.toLowerCase() === other.toLowerCase();

function groupRefusal({ group = '', allocation = 'none of its own', hubs = [] }: Enrolled, to: Destination) {
  if (allocation !== 'custom')
    return `of group ${group}, whose allocation is ${allocation} and not custom: its policy would move all of them at once`;
  if (hubs.length > 0 && !hubs.some((host) => sameHost(host, to.host)))
    return `of group ${group}, which may not assign to hub ${to.name}`;
  return undefined;
}

function enrollmentRefusal(enrolled: Enrolled, to: Destination, { action, service, homes }: Moving) {
  const { kind, enabled, policy, assignedHub: at } = enrolled;
  const name = kind === 'group' ? `of group ${enrolled.group ?? ''}, which` : 'with an enrollment that';
  if (!enabled) return `${name} is disabled`;
  // An evacuation gives individual enrollments a policy of its own.
  if (policy === 'never' && !(action.evacuate && kind === 'individual'))
    return `${name} never lets them move (reprovision policy never: updateHubAssignment is false)`;
  if (kind === 'group') {
    const refusal = groupRefusal(enrolled, to);
    if (refusal !== undefined) return refusal;
  }
  const elsewhere =
    action.provisioning === undefined && at !== undefined && ![...homes, to.host].some((host) => sameHost(at, host));
  return elsewhere ? `which ${service} has on another hub (${at}) than the target names` : undefined;
}

/**
 * Why a device cannot be moved, in words that follow "3 devices".
 *
 * @returns undefined where nothing is in its way
 */
export function refusalOf({ enrolled, to, isThere }: Mover, moving: Moving): string | undefined {
  if (to === undefined)
    return 'whose tag groundswell.quarantine.from names no hub of the stack: where they are at home is not known';
  if (moving.homes.some((host) => sameHost(host, to.host))) return `at home on hub ${to.name}, which the target names`;
  if (enrolled === undefined) return `without enrollment at ${moving.service}`;
  const refusal = enrollmentRefusal(enrolled, to, moving);
  if (refusal !== undefined) return refusal;
  return isThere && !sameHost(enrolled.assignedHub, to.host)
    ? `whose ids hub ${to.name} has already, of other devices`
    : undefined;
}

/** SDKs that stay where they are without a stored policy. Source: the issue of this feature, after the SDKs' release notes. */
export const LEGACY_SDKS = 'C <= 1.2.8, Python <= 1.4.2, Node <= 1.7.3, Java <= 1.13.0, .NET <= 1.1.0';

/** What a plan warns of, in words that follow "3 devices". */
export const LEGACY_WARNING = `without a stored reprovision policy: with an old SDK (${LEGACY_SDKS}) they stay where they are`;

/** What a plan warns of where a spec says what its assignments bring, in words that follow "3 devices". */
export const GIFT_WARNINGS = {
  payload: 'with an enrollment of their own: they get no payload, which only the webhook of a group gives',
  ownStart:
    "with an enrollment of their own: action.migrate.initialTwin does not count for them, their enrollment's initial twin does where its policy resets",
  along: 'of groups whose policy takes data along: action.migrate.initialTwin does not count for them',
} as const;

/** Why a plan is refused whose spec says what no device would get. */
export const GIFT_REFUSALS = {
  payload: 'no device would get action.migrate.payload: none is of an enrollment group, whose webhook gives it',
  initialTwin:
    'no device would start with action.migrate.initialTwin: it counts in enrollment groups, under the policy that resets or at a first registration',
} as const;

/**
 * Whether a device starts with the initial twin that its assignment brings. Source:
 * iot-dps/concepts-custom-allocation.md, "Implementation details".
 */
export const startsAnew = ({ kind, policy, assignedHub }: Enrolled): boolean =>
  kind === 'group' && (policy === 'reset' || assignedHub === undefined);

/** How many devices of each kind move. */
export type Mix = Readonly<Record<EnrollmentKind, number>>;

/** What a plan lets a provisioning service do in a minute: the rest is left to others. */
const PER_MINUTE = { registrations: SLOTS * REGISTRATIONS_PER_SLOT, operations: SLOTS * OPERATIONS_PER_SLOT };

const operationsOf = ({ individual, group }: Mix): number =>
  individual * operationsPerDevice('individual') + group * operationsPerDevice('group');

/**
 * Time that the moves of one wave take at least on a hub of a rollout, at the pace that it begins them: its slots of the
 * provisioning service, whichever way the devices are enrolled.
 *
 * @param hubCount of the rollout's target
 * @returns        milliseconds
 */
export const shareMs = (deviceCount: number, hubCount: number): number =>
  Math.ceil((60_000 * deviceCount) / slowestPerMinute(slotsFor(deviceCount, hubCount)));

/**
 * Time that a provisioning service needs for so many moves at least, at nine tenths of its limits.
 *
 * @returns milliseconds
 */
export const serviceMs = (mix: Mix): number =>
  Math.ceil(
    60_000 *
      Math.max((mix.individual + mix.group) / PER_MINUTE.registrations, operationsOf(mix) / PER_MINUTE.operations),
  );

/**
 * Counts what a move asks of the provisioning service: at least, where each device arrives at its first attempt; at most, where
 * each attempt fails and the device is brought home.
 *
 * @param pages that the plan itself has read
 */
export function serviceCalls({ retry }: RolloutSpec, mix: Mix, pages: number): MovePlan['calls'] {
  const most = 2 * (retry.on.length === 0 ? 1 : retry.attempts);
  const devices = mix.individual + mix.group;
  const operations = Math.ceil(operationsOf(mix));
  return [
    { what: 'registrations', count: devices, most: devices * most, perMinute: PER_MINUTE.registrations },
    {
      what: 'operations',
      count: operations + pages,
      most: operations * most + pages,
      perMinute: PER_MINUTE.operations,
    },
  ];
}
