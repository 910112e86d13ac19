import type { HubName, RolloutId } from '../../domain/ids';
import type { Conflict, NamedDevices } from '../../domain/plan';
import { SortedFiles } from './cut';
import type { Beat } from './gather';
import { Names } from './names';
import type { Member, Spill } from './spill';

/** Members that no wave takes, and why. */
export const ASIDES = ['skipped', 'leftOut'] as const;
export type Aside = (typeof ASIDES)[number];

/** The target set in the plan's order: a file a group of the wave rule, one for each kind of aside, and all counts. */
export interface SortedTarget {
  readonly files: SortedFiles;
  /** Devices in each group. */
  readonly groups: readonly number[];
  readonly asides: Readonly<Record<Aside, NamedDevices>>;
  readonly offlineCount: number;
  readonly targetCounts: ReadonlyMap<HubName, number>;
  readonly conflicts: readonly Conflict[];
}

/** Counts what a rollout has in common with others, by rollout and hub. */
class Conflicts {
  readonly #found = new Map<string, { readonly rollout: number; readonly hub: HubName; readonly names: Names }>();

  add({ hub, deviceId, others }: Member): void {
    for (const rollout of others) {
      const key = `${rollout}/${hub}`;
      const entry = this.#found.get(key) ?? { rollout, hub, names: new Names() };
      this.#found.set(key, entry);
      entry.names.add(deviceId);
    }
  }

  of(rollouts: readonly RolloutId[]): Conflict[] {
    return [...this.#found.values()].flatMap(({ rollout, hub, names: { named } }) => {
      const rolloutId = rollouts[rollout];
      return rolloutId === undefined ? [] : [{ rolloutId, hub, deviceCount: named.count, devices: named.devices }];
    });
  }
}

export interface Sorting {
  /** For files of its own. */
  readonly folder: string;
  /** How many groups there are, and which one a member is in; undefined where no wave takes it. */
  readonly groupCount: number;
  readonly groupOf: (member: Member) => number | undefined;
  /** The other rollouts, in the order of their marks. */
  readonly rollouts: readonly RolloutId[];
  readonly beat: Beat;
  /** Looks at those who are moved. */
  readonly check?: { isDone(member: Member): boolean; isGrouped(member: Member): boolean; take(member: Member): void };
  /** Whether one that a group would have is not taken all the same; who is so is in no file. */
  readonly turnsAway?: (member: Member) => boolean;
}

/** Puts every member where it belongs, in the plan's order. Those that the rollout knows already are passed over. */
export async function sortTarget(
  spill: Spill,
  { folder, groupCount, groupOf, rollouts, beat, check, turnsAway }: Sorting,
): Promise<SortedTarget> {
  const files = new SortedFiles(folder);
  const groups = Array.from({ length: groupCount }, () => 0);
  const asides = { skipped: new Names(), leftOut: new Names() };
  const targetCounts = new Map<HubName, number>();
  const conflicts = new Conflicts();
  let [offlineCount, devices] = [0, 0];

  const placeOf = (member: Member): number | Aside | undefined => {
    const group = member.done || check?.isDone(member) ? 'skipped' : (groupOf(member) ?? 'leftOut');
    if (typeof group === 'string') asides[group].add(member.deviceId);
    else if (turnsAway?.(member)) return undefined;
    else groups[group] = (groups[group] ?? 0) + 1;
    return group;
  };
  for await (const members of spill.members()) {
    for (const member of members) {
      if (member.known) continue;
      targetCounts.set(member.hub, (targetCounts.get(member.hub) ?? 0) + 1);
      if (!member.connected) offlineCount += 1;
      const place = placeOf(member);
      if (place === undefined) continue;
      // What no wave takes is not changed, so it stands in nobody's way.
      if (typeof place === 'number') {
        conflicts.add(member);
        check?.take(member);
      }
      files.add(String(place), member, check?.isGrouped(member));
    }
    devices += members.length;
    await files.relieve();
    await beat({ devices });
  }
  await files.flush();
  const named = { skipped: asides.skipped.named, leftOut: asides.leftOut.named };
  return { files, groups, asides: named, offlineCount, targetCounts, conflicts: conflicts.of(rollouts) };
}
