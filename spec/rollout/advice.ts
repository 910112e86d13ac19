import { Cron } from 'croner';
import type { RolloutSpec } from '../../domain/spec';
import { MAX_WAVES, rampCounts } from '../../domain/waves';
import type { Path } from '../problems';
import { HEALTH_ADVICE } from './health-advice';
import { MOVE_ADVICE } from './move-advice';

/** What is allowed and most likely not meant, why, and what to write instead. */
export interface Advice {
  readonly path: Path;
  readonly why: string;
  readonly write: string;
}

/** Gives advice where it has some. */
export type Rule = (spec: RolloutSpec) => Advice | false | undefined;

const percent = (share: number): string => `${Number((share * 100).toFixed(2))}%`;

/** Devices in the first wave, where the spec says how many. */
function canary({ waves }: RolloutSpec): number | undefined {
  if (waves.kind === 'ramp') return waves.first;
  const first = waves.kind === 'sizes' ? waves.sizes[0] : undefined;
  return first?.kind === 'count' ? first.count : undefined;
}

const severalWaves = ({ waves }: RolloutSpec): boolean =>
  (waves.kind === 'sizes' && waves.sizes.length > 1) ||
  (waves.kind === 'rings' && waves.rings.length > 1) ||
  waves.kind === 'cohorts' ||
  waves.kind === 'ramp';

const firstPath = ({ waves }: RolloutSpec): Path => (waves.kind === 'ramp' ? ['waves', 'ramp', 'first'] : ['waves', 0]);

const noSoak: Rule = (spec) =>
  spec.gate.soakMs === 0 &&
  severalWaves(spec) && {
    path: ['gate', 'soak'],
    why: 'the next wave begins the moment one has passed: a fault that shows late is seen when every device has it',
    write: 'soak: 10m, or longer than a fault needs to show',
  };

const noLimit: Rule = ({ gate }) =>
  gate.failureLimit >= 0.5 && {
    path: ['gate', 'failureLimit'],
    why: `up to ${percent(gate.failureLimit)} of the devices may fail before anything stops`,
    write: 'failureLimit: 5%',
  };

const largeCanary: Rule = ({ waves }) => {
  const first = waves.kind === 'sizes' ? waves.sizes[0] : undefined;
  const large = first?.kind === 'rest' || (first?.kind === 'share' && first.share > 0.1);
  return (
    large && {
      path: ['waves', 0],
      why: `the first wave is ${first.kind === 'share' ? percent(first.share) : 'all'} of the target: it is what a bad change costs`,
      write: 'waves: [20, 10%, rest]',
    }
  );
};

const oneFailureTrips: Rule = (spec) => {
  const [size, { failureLimit, minimum }] = [canary(spec), spec.gate];
  return (
    size !== undefined &&
    minimum <= size &&
    failureLimit > 0 &&
    1 / size > failureLimit && {
      path: firstPath(spec),
      why: `one failed device of ${size} is ${percent(1 / size)}, above the failure limit of ${percent(failureLimit)}: a single broken device stops the rollout`,
      write: `${Math.ceil(1 / failureLimit)} devices or more; or failureLimit: 0%, where a single failure shall stop it`,
    }
  );
};

const limitNotAsked: Rule = (spec) => {
  const size = canary(spec);
  return (
    size !== undefined &&
    spec.gate.minimum > size && {
      path: ['gate', 'minimum'],
      why: `the first wave has ${size} devices and no limit is asked before ${spec.gate.minimum} have finished: there it can never trip`,
      write: `minimum: ${size}, or less`,
    }
  );
};

const limitBehindAnother: Rule = ({ gate: { failureLimit, limits } }) => {
  const kind = (['failed', 'timedOut'] as const).find(
    (name) => (limits[name] ?? 0) >= failureLimit && limits[name] !== undefined,
  );
  return (
    kind !== undefined && {
      path: ['gate', 'failureLimit', kind],
      why: `it can never trip first: the limit on all failures together is ${percent(failureLimit)}`,
      write: `a percentage below ${percent(failureLimit)}, or a higher any`,
    }
  );
};

const noOfflineRule: Rule = ({ offline, gate, action }) =>
  offline === undefined &&
  // Who is told nothing is never found offline.
  !(action.kind === 'migrate' && action.trigger.kind === 'wait') &&
  gate.successTarget > 0 && {
    path: ['offline'],
    why: `devices that are offline count as not succeeded: with more than ${percent(1 - gate.successTarget)} of them a wave holds, and nobody tries them again`,
    write: 'offline: true',
  };

const batchHoldsCanary: Rule = (spec) => {
  const size = canary(spec);
  return (
    size !== undefined &&
    size > 1 &&
    spec.batch.size >= size && {
      path: ['batch', 'size'],
      why: `all ${size} devices of the first wave are one batch: the failure limit is asked only when each of them was touched`,
      write: `size: ${Math.max(1, Math.floor(size / 2))}`,
    }
  );
};

const noTwinRollback: Rule = ({ action, rollback }) =>
  action.kind === 'twin' &&
  rollback === undefined && {
    path: ['rollback'],
    why: 'nothing says how to bring the twins back',
    write: 'rollback: true, which brings each back to what it held before',
  };

const notConfirmed: Rule = ({ action }) =>
  action.kind === 'twin' &&
  action.desired !== undefined &&
  action.confirmWithinMs === undefined && {
    path: ['action', 'twin', 'confirmWithin'],
    why: 'a device succeeds when the hub has merged the patch, whether or not the device ever takes it over',
    write: 'confirmWithin: 5m, for devices that report what was desired',
  };

const oneEtag: Rule = ({ action, target }) =>
  action.kind === 'twin' &&
  action.etag !== '*' &&
  (target.kind !== 'devices' || target.devices.length > 1) && {
    path: ['action', 'twin', 'etag'],
    why: 'an etag belongs to the twin of one device: the others fail',
    write: "etag: '*'",
  };

const doneTwice: Rule = ({ action, retry }) =>
  action.kind === 'method' &&
  action.operationIdField === undefined &&
  retry.on.includes('timedOut') && {
    path: ['retry', 'on'],
    why: 'a device whose answer was lost may have done what was asked: another attempt does it again',
    write: 'action.method.operationIdField, for devices that leave out what they have done; or on: [failed]',
  };

const shortBatch: Rule = ({ action, batch }) =>
  action.kind === 'method' &&
  batch.timeoutMs < action.responseTimeoutMs && {
    path: ['batch', 'timeout'],
    why: 'the batch ends before a device has had its time to answer',
    write: 'a timeout of several times action.method.responseTimeout',
  };

const nobodyHears: Rule = ({ approvals, notify }) =>
  approvals !== undefined &&
  !notify.some(({ on }) => on.includes('approvalNeeded')) && {
    path: ['notify'],
    why: 'the rollout waits for an approval, and nobody is told; without an answer it is denied',
    write: 'notify, with approvalNeeded in on',
  };

/** Whoever has the address of an incoming webhook of Slack can write to its channel. */
const secretInUrl: Rule = ({ notify }) => {
  const index = notify.findIndex(
    ({ url, format }) => url !== undefined && (format === 'slack' || new URL(url).hostname.endsWith('.slack.com')),
  );
  return (
    index >= 0 && {
      path: ['notify', index, 'url'],
      why: 'such an address is a secret itself, and the spec is kept in the history and in the ledger',
      write: "urlEnv: GROUNDSWELL_SECRET_SLACK, a variable of the worker's environment that holds the address",
    }
  );
};

const ringsLeaveOut: Rule = ({ waves }) =>
  waves.kind === 'rings' &&
  waves.rings.every(({ where }) => typeof where === 'string') && {
    path: ['waves', 'rings'],
    why: 'a device in no ring is left out, without a word after the plan',
    write: '- { name: others, rest: true }, as the last ring',
  };

/** Planning refuses more waves than MAX_WAVES; how many there are depends on the fleet. */
const manyWaves: Rule = ({ waves }) => {
  if (waves.kind !== 'ramp') return undefined;
  try {
    rampCounts(waves, 1_000_000);
    return undefined;
  } catch {
    return {
      path: ['waves', 'ramp'],
      why: `it makes more than ${MAX_WAVES} waves of a million devices, and planning refuses that`,
      write: 'a larger first or factor, or a smaller stepAfter, unless the fleet is small',
    };
  }
};

/** How many openings are looked at: enough for a year of months. */
const OPENINGS = 24;

const neverShuts: Rule = ({ window }) => {
  if (window === undefined || window.freeze.length > 0) return undefined;
  const runs = new Cron(window.opens, { timezone: 'UTC' }).nextRuns(OPENINGS).map((at) => at.getTime());
  const always =
    runs.length === OPENINGS && runs.slice(1).every((at, index) => at - (runs[index] ?? 0) <= window.forMs);
  return (
    always && {
      path: ['window', 'for'],
      why: 'the window opens again before it has shut: it is open always',
      write: 'a shorter time, or no window',
    }
  );
};

/** The rules by the names under which people look them up. */
export const ADVICE: Readonly<Record<string, Rule>> = {
  'no-soak': noSoak,
  'no-limit': noLimit,
  'large-canary': largeCanary,
  'one-failure-trips': oneFailureTrips,
  'limit-not-asked': limitNotAsked,
  'limit-behind-another': limitBehindAnother,
  'no-offline-rule': noOfflineRule,
  'batch-holds-canary': batchHoldsCanary,
  'no-rollback': noTwinRollback,
  'not-confirmed': notConfirmed,
  'one-etag': oneEtag,
  'done-twice': doneTwice,
  'short-batch': shortBatch,
  'nobody-hears': nobodyHears,
  'secret-in-url': secretInUrl,
  'rings-leave-out': ringsLeaveOut,
  'many-waves': manyWaves,
  'never-shuts': neverShuts,
  ...MOVE_ADVICE,
  ...HEALTH_ADVICE,
};
