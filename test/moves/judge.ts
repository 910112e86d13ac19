import { sameJson } from '../../domain/json';
import type { Json } from '../../domain/spec';
import { AWAY, expectedTwin, HOME, type Mover } from './fleet';
import type { AgentLog, PlacedTwin, Reading } from './programs';

/** What is left of a move to judge. */
export interface Outcome {
  readonly movers: readonly Mover[];
  readonly twins: Readonly<Record<string, readonly PlacedTwin[]>>;
  /** Telemetry of all hubs, in the order of its time. */
  readonly readings: readonly Reading[];
  readonly logs: readonly AgentLog[];
  /** How often a device sends. */
  readonly telemetryEveryMs: number;
}

/** What a device's twin must be, and where. */
export type Expected = (mover: Mover) => { readonly hub: string; readonly tags: object; readonly desired: object };

export const moved: Expected = (mover) => ({ hub: AWAY, ...expectedTwin(mover) });
export const atHome: Expected = ({ tags, desired }) => ({ hub: HOME, tags, desired });

/** What is wrong, in words; nothing when all is as it should be. */
export const problemsOf = (outcome: Outcome, expected: Expected): string[] => [
  ...placeProblems(outcome, expected),
  ...outcome.movers.flatMap((mover) => twinProblems(outcome, mover, expected(mover))),
  ...telemetryProblems(outcome),
];

/** Every device is on one hub, connected, and nobody else is anywhere. */
function placeProblems({ twins, movers }: Outcome, expected: Expected): string[] {
  const wanted = new Map<string, string[]>(Object.keys(twins).map((hub) => [hub, []]));
  for (const mover of movers) wanted.get(expected(mover).hub)?.push(mover.deviceId);
  return Object.entries(twins).flatMap(([hub, found]) => {
    const ids = new Set(found.map(({ deviceId }) => deviceId));
    const should = new Set(wanted.get(hub));
    const missing = [...should].filter((id) => !ids.has(id));
    const strange = [...ids].filter((id) => !should.has(id));
    const away = found.filter(
      ({ deviceId, connectionState }) => should.has(deviceId) && connectionState !== 'Connected',
    );
    return [
      ...named(`not on ${hub}`, missing),
      ...named(`on ${hub}, and should not be`, strange),
      ...named(
        `on ${hub} without a connection`,
        away.map(({ deviceId }) => deviceId),
      ),
    ];
  });
}

const named = (what: string, ids: readonly string[]): string[] =>
  ids.length === 0 ? [] : [`${ids.length} ${what}: ${ids.slice(0, 10).join(', ')}`];

/** Property by property; what a device has been asked for it reports. */
function twinProblems({ twins }: Outcome, { deviceId }: Mover, { hub, tags, desired }: ReturnType<Expected>): string[] {
  const twin = twins[hub]?.find((each) => each.deviceId === deviceId);
  if (twin === undefined) return []; // told already
  const reported = Object.fromEntries(Object.keys(desired).map((name) => [name, twin.reported[name]]));
  return Object.entries({ tags: [twin.tags, tags], desired: [twin.desired, desired], reported: [reported, desired] })
    .filter(([, [found, wanted]]) => !sameJson(found as Json, wanted as Json))
    .map(
      ([section, pair]) => `${deviceId} ${section}: ${pair.map((each) => JSON.stringify(each)).join(' in place of ')}`,
    );
}

/** What a message may be late for reasons of its own: a busy machine, the hub's own batch. */
const SLACK_MS = 5_000;

/**
 * No message is lost, and none was later than the device's own way to its hub took: from its last message on one hub to
 * its first after a connection.
 */
function telemetryProblems({ readings, logs, telemetryEveryMs }: Outcome): string[] {
  const mostMs = Math.max(SLACK_MS, 2 * telemetryEveryMs);
  const byDevice = new Map<string, Reading[]>();
  for (const reading of readings) {
    const own = byDevice.get(reading.deviceId);
    if (own) own.push(reading);
    else byDevice.set(reading.deviceId, [reading]);
  }
  return logs.flatMap(({ deviceId, homes }) => {
    const own = byDevice.get(deviceId) ?? [];
    const counts = new Set(own.map(({ count }) => count));
    const last = Math.max(0, ...counts);
    const lost = Array.from({ length: last }, (_, index) => index + 1).filter((count) => !counts.has(count));
    const silent = silences(own, mostMs).filter(
      ({ from, to }) => !homes.some(({ at }) => at > from && at <= to + SLACK_MS),
    );
    return [
      ...(lost.length > 0
        ? [`${deviceId} has lost ${lost.length} of ${last} messages, the first ${lost[0] ?? 0}`]
        : []),
      ...silent.map(({ from, to }) => `${deviceId} was silent for ${to - from} ms, and had not gone anywhere`),
    ];
  });
}

interface Silence {
  readonly from: number;
  readonly to: number;
}

const silences = (readings: readonly Reading[], mostMs: number): Silence[] =>
  readings
    .map(({ at }) => at)
    .sort((a, b) => a - b)
    .flatMap((to, index, all) => {
      const from = all[index - 1] ?? to;
      return to - from > mostMs ? [{ from, to }] : [];
    });
