import { isObject, sameJson } from './json';
import { difference, type Restoring, type TwinSections } from './patches';
import type { CompareRule, Json, JsonObject } from './spec';

/** A twin's own values, without metadata. */
export interface TwinValues {
  readonly tags: JsonObject;
  readonly desired: JsonObject;
  readonly reported: JsonObject;
}

/** What a module's twin has; modules have no tags that moves look at. */
export interface ModuleValues extends Omit<TwinValues, 'tags'> {
  readonly moduleId: string;
}

/**
 * `along`: tags, desired and reported properties go along with the device. `anew`: the twin starts from the enrollment's
 * initial one. Source: iot-dps/concepts-device-reprovision.md.
 */
export type Policy = 'along' | 'anew';

/** What a device's agent reports of the move itself: never compared. docs/device-agent.md */
const OF_THE_MOVE = 'reported.provisioning';

/** The tag with which a quarantine says where a device came from, by which rollout, when and why. */
export function quarantineMark({ groundswell }: JsonObject): JsonObject | undefined {
  const mark = isObject(groundswell) ? groundswell['quarantine'] : undefined;
  return isObject(mark) ? mark : undefined;
}

/** What the twin must have on the new hub. @returns without `reported` where that is not asked */
export function expectedTwin(
  policy: Policy,
  was: TwinValues,
  initial: TwinSections | undefined,
): Pick<TwinValues, 'tags' | 'desired'> & { readonly reported?: JsonObject } {
  return policy === 'along' ? was : { tags: initial?.tags ?? {}, desired: initial?.desired ?? {} };
}

/** A place at which something is other than it should be. */
export interface Difference {
  /** Dotted, with its section: `desired.firmware.url`. */
  readonly path: string;
  readonly expected?: Json;
  readonly actual?: Json;
}

interface Looked {
  readonly ignored: (path: string) => boolean;
  /** Whether what is only in the actual value counts. */
  readonly exact: boolean;
}

function* differencesOf(
  path: string,
  expected: Json | undefined,
  actual: Json | undefined,
  look: Looked,
): Generator<Difference> {
  if (look.ignored(path)) return;
  if (isObject(expected) && isObject(actual)) {
    const keys = look.exact ? new Set([...Object.keys(expected), ...Object.keys(actual)]) : Object.keys(expected);
    for (const key of keys) yield* differencesOf(`${path}.${key}`, expected[key], actual[key], look);
  } else if (!sameJson(expected, actual)) {
    yield { path, ...(expected !== undefined && { expected }), ...(actual !== undefined && { actual }) };
  }
}

/**
 * Compares a twin with what it should be. Tags and desired properties must be the same; of the reported ones only what was
 * there before, since a device reports new things as it arrives.
 *
 * @returns every place that is other than it should be, in the order of the sections
 */
export function compareTwins(
  expected: ReturnType<typeof expectedTwin>,
  actual: TwinValues,
  rule: CompareRule,
): Difference[] {
  const places = [...rule.ignore, OF_THE_MOVE];
  const ignored = (path: string): boolean => places.includes(path);
  const isReportedAsked = rule.reported === 'byPolicy' && expected.reported !== undefined;
  return [
    ...(rule.tags ? differencesOf('tags', expected.tags, actual.tags, { ignored, exact: true }) : []),
    ...(rule.desired ? differencesOf('desired', expected.desired, actual.desired, { ignored, exact: true }) : []),
    ...(isReportedAsked
      ? differencesOf('reported', expected.reported, actual.reported, { ignored, exact: false })
      : []),
  ];
}

/** Compares the twins of modules as `compareTwins` does; paths begin with the module: `modules.camera.desired.fps`. */
export function compareModules(
  policy: Policy,
  was: readonly ModuleValues[],
  now: readonly ModuleValues[],
  rule: CompareRule,
): Difference[] {
  if (!rule.modules || policy === 'anew') return [];
  const ignored = (path: string): boolean => rule.ignore.includes(path);
  return was.flatMap(({ moduleId, desired, reported }) => {
    const path = `modules.${moduleId}`;
    const there = now.find((module) => module.moduleId === moduleId);
    if (ignored(path)) return [];
    if (there === undefined) return [{ path, expected: 'a module' }];
    return [
      ...differencesOf(`${path}.desired`, desired, there.desired, { ignored, exact: true }),
      ...(rule.reported === 'byPolicy'
        ? differencesOf(`${path}.reported`, reported, there.reported, { ignored, exact: false })
        : []),
    ];
  });
}

const shown = (value: Json | undefined): string => (value === undefined ? 'nothing' : JSON.stringify(value));
/** Differences that an outcome names. */
const NAMED = 3;

/** @example tellDifferences([{ path: 'tags.floor', expected: 3 }], 'east') // => 'tags.floor is nothing on east, should be 3' */
export function tellDifferences(differences: readonly Difference[], hub: string): string {
  const told = differences
    .slice(0, NAMED)
    .map(({ path, expected, actual }) => `${path} is ${shown(actual)} on ${hub}, should be ${shown(expected)}`);
  const more = differences.length - told.length;
  return told.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/**
 * Works out how to bring a section of a twin back to what it was before a move. A place that the move has not changed is
 * left as it is now, whoever has changed it; one that it has changed must be as the move has left it, or as it was before.
 *
 * @param left what the move has left, @param was what there was before, @param now the section as it is
 * @returns a merge patch, or the first place that somebody else has changed since
 */
export function wayBack(left: JsonObject, was: JsonObject, now: JsonObject, path = ''): Restoring {
  const patch: Record<string, Json> = {};
  for (const key of new Set([...Object.keys(left), ...Object.keys(was)])) {
    const [by, before, is] = [left[key] ?? null, was[key] ?? null, now[key] ?? null];
    const place = path === '' ? key : `${path}.${key}`;
    if (sameJson(is, before) || sameJson(by, before)) continue;
    if (isObject(by) && isObject(before) && isObject(is)) {
      const inner = wayBack(by, before, is, place);
      if ('changedAt' in inner) return inner;
      if (Object.keys(inner.patch).length > 0) patch[key] = inner.patch;
    } else if (sameJson(is, by)) {
      patch[key] = difference(is, before);
    } else {
      return { changedAt: place };
    }
  }
  return { patch };
}

/** The same for a twin's tags and desired properties. @returns a patch without sections that need none */
export function wayBackOfTwin(
  left: Required<TwinSections>,
  was: Required<TwinSections>,
  now: Required<TwinSections>,
): { readonly patch: TwinSections } | { readonly changedAt: string } {
  const patch: { tags?: JsonObject; desired?: JsonObject } = {};
  for (const section of ['tags', 'desired'] as const) {
    const way = wayBack(left[section], was[section], now[section]);
    if ('changedAt' in way) return { changedAt: `${section}.${way.changedAt}` };
    if (Object.keys(way.patch).length > 0) patch[section] = way.patch;
  }
  return { patch };
}
