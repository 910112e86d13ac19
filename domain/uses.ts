import type { HubName } from './ids';
import {
  type HubSku,
  jobDevicesPerSecond,
  jobLooks,
  jobOperationsPerMinute,
  jobSlots,
  METHOD_METER,
  methodsPerSecond,
  queriesPerMinute,
  registryOperationsPerMinute,
  twinReadsPerSecond,
  twinUpdatesPerSecond,
} from './limits';
import { asksHubs } from './move-scope';
import type { HubUse } from './plan';
import type { MethodAction, MigrateAction, MigrateTrigger, RolloutSpec } from './spec';

type Call = HubUse['calls'][number];
/** How often a call is made at least, and at most. */
type Counted = Pick<Call, 'count' | 'most'>;

/** Devices or rows that one page of a query gives. Source: IoT Hub query language, "Query result pagination". */
const PAGE = 100;
/** Devices whose ids are asked in one query while planning: leaves room in its 8,192 characters for a ring's condition. */
export const LOOKUP = 50;
/** Devices whose connections are asked in one query of the catch-up. */
export const STRAGGLERS = 200;
/** Rests of the catch-up between looks at who has come back: the first, and what they grow to. */
const FIRST_CATCH_UP_REST_MS = 2_000;
const CATCH_UP_EVERY_MS = 30_000;
/** How many rests are shorter than the last: 2, 4, 8 and 16 s. */
const SHORT_RESTS = 4;
/** @param looks how many looks in vain came before: who was away for a moment need not wait for long, and the quota is spared */
export const catchUpRest = (looks: number): number => Math.min(CATCH_UP_EVERY_MS, FIRST_CATCH_UP_REST_MS * 2 ** looks);
/** Rest between two looks at what devices report. */
export const CONFIRM_EVERY_MS = 3_000;

/** Method calls that one call counts for: its payload goes by 4 KB. */
const metersOf = ({ payload }: Pick<MethodAction, 'payload'>): number =>
  Math.max(1, Math.ceil(JSON.stringify(payload).length / METHOD_METER));

/** Devices that a hub touches in a second at the most: its own pace, or the spec's where that is slower. */
export function devicesPerSecond({ action, batch, executor }: RolloutSpec, sku: HubSku): number {
  const own =
    action.kind === 'migrate'
      ? leavingPerSecond(action.trigger, sku)
      : executor === 'job'
        ? jobDevicesPerSecond(sku)
        : action.kind === 'method'
          ? methodsPerSecond(sku) / metersOf(action)
          : twinUpdatesPerSecond(sku);
  return Math.min(own, (batch.devicesPerMinute ?? Infinity) / 60);
}

/** Devices that a hub can tell to leave in a second. */
function leavingPerSecond(trigger: MigrateTrigger, sku: HubSku): number {
  switch (trigger.kind) {
    case 'method':
      return trigger.by === 'job' ? jobDevicesPerSecond(sku) : methodsPerSecond(sku) / metersOf(trigger);
    case 'disable':
      // Each identity is read and written.
      return registryOperationsPerMinute(sku) / 60 / 2;
    case 'wait':
      return twinReadsPerSecond(sku);
  }
}

/** What a rollout does on a hub. */
export interface HubWork {
  readonly hub: HubName;
  readonly sku: HubSku;
  readonly deviceCount: number;
  readonly batchCount: number;
  /** Devices of the target, those that are skipped counted. */
  readonly targetCount: number;
}

/** Looks at a device that comes home: the first after a second, at last each 10 s, for 5 minutes. */
const HOME_LOOKS = 45;

const NONE: Counted = { count: 0, most: 0 };
const pages = (rows: number): number => Math.max(1, Math.ceil(rows / PAGE));
const sum = (...parts: readonly Counted[]): Counted => ({
  count: parts.reduce((total, { count }) => total + count, 0),
  most: parts.reduce((total, { most }) => total + most, 0),
});
const times = ({ count, most }: Counted, least: number, atMost = least): Counted => ({
  count: count * least,
  most: most * atMost,
});

/** Attempts a device: without an outcome to try again on there is one. */
const attemptsOf = ({ retry }: RolloutSpec): number => (retry.on.length === 0 ? 1 : retry.attempts);

/** Pages of one question about all of the target: a page more than full ones, since the last may end full. */
const membership = (spec: RolloutSpec, rows: number): Counted => {
  if (!asksHubs(spec)) return NONE;
  if (spec.target.kind !== 'devices') return { count: pages(rows), most: pages(rows) + 1 };
  const lists = Math.ceil(spec.target.devices.length / LOOKUP);
  return { count: lists, most: lists };
};

/** Who is in the target, who is done, and who is in which ring: a question of its own each, with fewer rows maybe. */
function planning(spec: RolloutSpec, { targetCount }: HubWork): Counted {
  const all = membership(spec, targetCount);
  const part = { count: membership(spec, 0).count, most: all.most };
  const rings = spec.waves.kind === 'rings' ? spec.waves.rings.filter(({ where }) => typeof where === 'string') : [];
  return sum(all, times(part, rings.length + (spec.target.done === undefined ? 0 : 1)));
}

/** Looks for late joiners, each as planning; the first one comes right after the last wave. */
function joining(spec: RolloutSpec, work: HubWork): Counted {
  const rule = spec.target.kind === 'query' ? spec.target.joining : undefined;
  if (rule === undefined) return NONE;
  return times(planning(spec, work), 1, 1 + Math.ceil(rule.forMs / rule.everyMs));
}

/** Two counts a look; none where the rollout does not come to its watch. */
function watching({ target, watch }: RolloutSpec): Counted {
  if (watch?.failing === undefined) return NONE;
  const lists = target.kind === 'devices' ? Math.ceil(target.devices.length / LOOKUP) : 1;
  return { count: 0, most: 2 * lists * Math.ceil(watch.forMs / watch.everyMs) };
}

/** Who of the stragglers is connected: round after round, but never more than the hub allows in that time. */
function catchingUp({ offline }: RolloutSpec, { sku, deviceCount }: HubWork): Counted {
  if (offline === undefined) return NONE;
  const round = Math.ceil(deviceCount / STRAGGLERS) * (pages(STRAGGLERS) + 1);
  const rounds = 1 + SHORT_RESTS + Math.ceil(offline.catchUpMs / CATCH_UP_EVERY_MS) + deviceCount;
  const allowed = queriesPerMinute(sku) * (1 + Math.ceil(offline.catchUpMs / 60_000));
  return { count: 0, most: Math.min(round * rounds, allowed) };
}

/** Whether devices are reached by hub jobs. */
const usesJobs = ({ executor, action }: RolloutSpec): boolean =>
  executor === 'job' || (action.kind === 'migrate' && action.trigger.kind === 'method' && action.trigger.by === 'job');

/** Rows of jobs, a page at least a batch. */
function rows(spec: RolloutSpec, { batchCount, deviceCount }: HubWork): Counted {
  if (!usesJobs(spec)) return NONE;
  const most = 2 * batchCount + Math.ceil(deviceCount / PAGE);
  return { count: Math.max(batchCount, Math.ceil(deviceCount / PAGE)), most: most * attemptsOf(spec) };
}

/** Each batch is looked for, submitted, and looked at while it runs, at the hub's own pace. */
function jobOperations(spec: RolloutSpec, { sku, deviceCount, batchCount }: HubWork): Counted {
  const { timeoutMs, startWithinMs } = spec.batch;
  const runsMs = (1_000 * deviceCount) / Math.max(1, batchCount) / jobDevicesPerSecond(sku);
  return {
    count: batchCount * (2 + jobLooks(sku, runsMs)),
    most: batchCount * attemptsOf(spec) * (3 + jobLooks(sku, Math.max(runsMs, timeoutMs) + startWithinMs)),
  };
}

/** What is kept of a twin that leaves, and whether it has left; coming home, it is awaited and compared once more. */
function leavingReads(spec: RolloutSpec, { evacuate }: MigrateAction, deviceCount: number): Counted {
  return evacuate ? NONE : { count: 2 * deviceCount, most: deviceCount * attemptsOf(spec) * (2 + HOME_LOOKS) };
}

/** Who has which modules, before a move: some devices a query. */
function moduleQueries({ action, retry }: RolloutSpec, { deviceCount }: HubWork): Counted {
  if (action.kind !== 'migrate' || action.evacuate || !action.compare.modules) return NONE;
  return { count: pages(deviceCount), most: deviceCount * retry.attempts };
}

/** Identities that are disabled to make devices leave, and enabled again for those that come home. */
function registryCalls(spec: RolloutSpec, { deviceCount }: HubWork): Counted {
  const { action } = spec;
  if (action.kind !== 'migrate') return NONE;
  const told = action.trigger.kind === 'disable' ? 2 : 0;
  const old = { leave: 0, disable: 2, delete: 1 }[action.oldIdentity];
  return { count: deviceCount * told, most: deviceCount * (2 * told + old) * attemptsOf(spec) };
}

/** Snapshots, and looks at what devices report or which version the hub gave their desired properties. */
function twinReads(spec: RolloutSpec, { deviceCount }: HubWork): Counted {
  const { action, executor } = spec;
  if (action.kind === 'migrate') return leavingReads(spec, action, deviceCount);
  if (action.kind !== 'twin') return NONE;
  const { desired, confirmWithinMs } = action;
  const isRead = desired !== undefined && (executor === 'job' || confirmWithinMs !== undefined);
  const looks = isRead ? 1 + Math.ceil((confirmWithinMs ?? 0) / CONFIRM_EVERY_MS) : 0;
  return { count: deviceCount, most: deviceCount * (1 + looks * attemptsOf(spec)) };
}

/** Patches by direct calls, and the tags of the quarantine. */
function twinUpdates(spec: RolloutSpec, { deviceCount }: HubWork): Counted {
  const { action, executor, quarantine } = spec;
  const attempts = attemptsOf(spec);
  const tagged = quarantine === undefined ? 0 : Math.max(0, attempts - quarantine.after + 1);
  const patched =
    action.kind === 'twin' && executor === 'direct' ? { count: deviceCount, most: deviceCount * attempts } : NONE;
  // Of a device that comes home tags and desired properties are put right.
  const home = action.kind === 'migrate' && !action.evacuate ? deviceCount * attempts : 0;
  return sum(patched, { count: 0, most: deviceCount * tagged + home });
}

function methods(spec: RolloutSpec, { deviceCount }: HubWork): Counted {
  const { action, executor } = spec;
  const call = action.kind === 'migrate' ? action.trigger : action;
  const isDirect = call.kind === 'method' && ('by' in call ? call.by === 'direct' : executor === 'direct');
  if (call.kind !== 'method' || !isDirect) return NONE;
  const places = deviceCount * metersOf(call);
  return { count: places, most: places * attemptsOf(spec) };
}

function jobDevices(spec: RolloutSpec, { deviceCount }: HubWork): Counted {
  return usesJobs(spec) ? { count: deviceCount, most: deviceCount * attemptsOf(spec) } : NONE;
}

/**
 * Counts the calls that a rollout makes to a hub, planning included: `count` where each device succeeds at its first
 * attempt, `most` with every retry, look and query that the spec allows. Beyond `most` are tries in the catch-up, a
 * rollback, joiners' own waves, and what is asked again since the hub gave no answer.
 *
 * @returns queries first; then only what the rollout may make
 */
export function hubUse(spec: RolloutSpec, work: HubWork): HubUse {
  const { hub, sku } = work;
  const queries = sum(
    planning(spec, work),
    rows(spec, work),
    moduleQueries(spec, work),
    joining(spec, work),
    catchingUp(spec, work),
    watching(spec),
  );
  const operations = usesJobs(spec) ? jobOperations(spec, work) : NONE;
  const calls: Call[] = [
    { what: 'queries', ...queries, perMinute: queriesPerMinute(sku) },
    { what: 'job operations', ...operations, perMinute: jobOperationsPerMinute(sku) },
    { what: 'job device operations', ...jobDevices(spec, work), perMinute: 60 * jobDevicesPerSecond(sku) },
    { what: 'direct methods', ...methods(spec, work), perMinute: 60 * methodsPerSecond(sku) },
    { what: 'twin reads', ...twinReads(spec, work), perMinute: 60 * twinReadsPerSecond(sku) },
    { what: 'twin updates', ...twinUpdates(spec, work), perMinute: 60 * twinUpdatesPerSecond(sku) },
    { what: 'registry operations', ...registryCalls(spec, work), perMinute: registryOperationsPerMinute(sku) },
  ];
  return { hub, sku, jobSlots: jobSlots(sku), calls: calls.filter(({ most }) => most > 0) };
}
